"""Hypothesis strategies for texts that are well formed and badly laid out."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "bcd", "for", "in", "if", "null", "true", "x-1", "_", "日本", "variable", "e\u0301"])
GAPS = st.sampled_from(["", " ", "   ", "\t", " /* c */ ", "/* a\n b */"])
BREAKS = st.sampled_from(["", " ", "\n", "\n\n  ", " # c\n", "// c\r\n", "/**/"])
LITERALS = st.sampled_from(["1", "1.5e3", "true", "null", "var.x", '"s"', '"$${x} \\n é"', "[]", "{}", '""'])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "? a :"])
STEPS = st.sampled_from([".a", "[0]", "[*]", ".*", ".0", '["k"]', "[ b ]", " . c"])
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", " # c\n", " // c\r\n", "/* d */\n", "  \n"])


def _composed(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    listed = st.lists(st.builds("{}{}{}".format, BREAKS, inner, BREAKS), max_size=3)
    pairs = st.lists(st.builds("{}{}={}{}".format, NAMES, GAPS, GAPS, inner), max_size=3)
    return st.one_of(
        st.builds("({}{}{})".format, BREAKS, inner, BREAKS),
        st.builds("{}({})".format, NAMES, listed.map(",".join)),
        st.builds("[{}]".format, listed.map(",".join)),
        st.builds("{{{}{}}}".format, GAPS, pairs.map(",\n".join)),
        st.builds("{}{}{}{}{}".format, inner, GAPS, OPERATORS, GAPS, inner),
        st.builds("{}{}".format, st.sampled_from(["-", "!", "- ", "--"]), inner),
        st.builds("({}){}".format, inner, STEPS),
        st.builds('"x${{{}{}{}}}%{{ if {} ~}}y%{{endif}}"'.format, BREAKS, inner, BREAKS, inner),
        st.builds('"${{{}{}{}}}"'.format, BREAKS, inner, BREAKS),
        st.builds("[for {} in{} {}:{}{} if {}]".format, NAMES, BREAKS, inner, GAPS, inner, inner),
        st.builds("{{for k,v in {}:{}{}=>{}...}}".format, inner, GAPS, inner, inner),
        st.builds("f(<<-E\n  x ${{{}{}}}\n  E\n{},{})".format, BREAKS, inner, GAPS, inner),
    )


EXPRESSIONS = st.recursive(LITERALS | NAMES, _composed, max_leaves=6)
ATTRIBUTES = st.builds("{}{}{}={}{}".format, GAPS, NAMES, GAPS, GAPS, EXPRESSIONS)
HEREDOCS = st.builds("{}=<<E\n {}${{ {} }}\n E".format, NAMES, BREAKS, EXPRESSIONS)


def _body(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blocks = st.builds("{}{} {}{}{{\n{}{}}}".format, GAPS, NAMES, st.sampled_from(["", '"l"', "m"]), GAPS, inner, GAPS)
    items = st.builds("{}{}".format, ATTRIBUTES | blocks, ENDS) | st.builds("{}\n".format, HEREDOCS)
    return st.lists(items, max_size=4).map("".join)


SOURCES = st.recursive(st.sampled_from(["", "# c\n", "\n"]), _body, max_leaves=5)
