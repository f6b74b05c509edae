"""Canonical formatting: what ``terraform fmt`` does, token by token, so that comments and blank lines stay.

White space is laid out anew: indentation by brackets, spaces by neighbours, and the equals signs and trailing comments
of consecutive lines aligned. Besides, block labels are quoted, ``"${x}"`` as a whole value becomes ``x``, and types in
the notation of old are written as they are today.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kvmplan.syntax.lexer import Lexer, Token
from kvmplan.syntax.nodes import Attribute, Block, Body, Expression, Literal, Parentheses, Traversal, Wrapped
from kvmplan.syntax.parse import parse_configuration
from kvmplan.syntax.source import graphemes
from kvmplan_sdk.diagnostics import Diagnostic

_OPENING = frozenset({"LBRACE", "LSQB", "LPAR", "INTERP_START", "DIRECTIVE_START"})
_CLOSING = frozenset({"RBRACE", "RSQB", "RPAR", "SEQUENCE_END"})
_IDENTIFIERS = frozenset({"NAME", "TRUE", "FALSE", "NULL", "FOR", "IN", "IF", "ELSE", "ENDIF", "ENDFOR"})
_NUMBERS = frozenset({"INT_LITERAL", "FLOAT_LITERAL"})
_BEFORE_NEGATION = frozenset(
    {
        "", "LPAR", "LBRACE", "LSQB", "EQ", "COLON", "COMMA", "QMARK", "PLUS", "ASTERISK", "SLASH", "PERCENT", "MINUS",
        "DOUBLE_EQ", "NEQ", "GT", "GEQ", "LT", "LEQ", "DOUBLE_AMP", "DOUBLE_PIPE", "NOT",
    }
)  # fmt: skip

_ESCAPED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_SEQUENCE = re.compile(r"([$%])\{")


class _Token:
    __slots__ = ("kind", "spaces", "text")

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text, self.spaces = kind, text, 0

    @property
    def change(self) -> int:
        """By how many brackets it goes in or out."""
        return 1 if self.kind in _OPENING else -1 if self.kind in _CLOSING else 0


_NOTHING = _Token("", "")


class _Line:
    """A line in up to three cells: ``assign`` from an equals sign on, ``comment`` a comment after other tokens."""

    __slots__ = ("assign", "comment", "lead")

    def __init__(self, tokens: list[_Token]) -> None:
        self.lead, self.assign, self.comment = tokens, list[_Token](), list[_Token]()
        if len(tokens) > 1 and tokens[-1].kind == "COMMENT":
            self.lead, self.comment = tokens[:-1], tokens[-1:]
        at = next((at for at, token in enumerate(self.lead) if at and token.kind == "EQ"), None)
        if at is not None and sum(token.change for token in self.lead[at:]) == 0:
            self.lead, self.assign = self.lead[:at], self.lead[at:]


def format_configuration(text: str, filename: str) -> tuple[str, list[Diagnostic]]:
    """``text`` in canonical form; as it is, with diagnostics, when it has syntax errors."""
    body, problems = parse_configuration(text, filename)
    if problems:
        return text, problems
    return layout(_rewritten(text.removeprefix("\ufeff"), body)), []


def layout(text: str) -> str:
    """``text`` with its white space, and nothing else, in canonical form."""
    lines = _lines(text)
    _indent(lines)
    for line in lines:
        _space(line.lead)
        if line.assign:
            line.assign[0].spaces = 1
            _space(line.assign)
    _align([(line, line.assign) for line in lines], _lead_width)
    _align([(line, line.comment) for line in lines], _code_width)
    tokens = (token for line in lines for token in (*line.lead, *line.assign, *line.comment))
    made = "".join(" " * token.spaces + token.text for token in tokens)
    return made if made.endswith("\n") else made + "\n"


def _lines(text: str) -> list[_Line]:
    lines, current = [], list[_Token]()
    for kind, start, end in Lexer(text, everything=True).scan(newlines=True)[:-1]:
        token = _Token(kind, text[start:end])
        current.append(token)
        if kind == "NEWLINE" or (kind == "COMMENT" and token.text.endswith("\n")):
            lines.append(_Line(current))
            current = []
    lines.append(_Line(current))
    return lines


def _indent(lines: Sequence[_Line]) -> None:
    levels: list[int] = []
    for line in lines:
        if not line.lead or line.lead[0].kind == "NEWLINE":
            continue
        net = sum(token.change for token in (*_before_heredoc(line.lead), *line.assign))
        closed = -net
        while closed > 0 and levels:
            if closed < levels[-1]:
                levels[-1] -= closed
                closed = 0
            else:
                closed = max(closed - levels.pop(), 0)
        first = line.lead[0]
        first.spaces = 2 * len(levels)
        if net > 0:
            levels.append(net)


def _before_heredoc(tokens: Sequence[_Token]) -> Sequence[_Token]:
    """What counts for the indentation of a line: what is in a heredoc stands where it stands."""
    return tokens[: next((at for at, token in enumerate(tokens) if token.kind == "HEREDOC_START"), len(tokens))]


def _space(tokens: Sequence[_Token]) -> None:
    for at, token in enumerate(tokens[:-1]):
        before = tokens[at - 1] if at else _NOTHING
        tokens[at + 1].spaces = int(_spaced(token, before, tokens[at + 1]))


def _spaced(token: _Token, before: _Token, after: _Token) -> bool:
    """Whether a blank goes between ``token`` and ``after``."""
    kind, following = token.kind, after.kind
    if following in ("NEWLINE", "COMMA", "ELLIPSIS", "DOT") or kind == "DOT" or _joined(kind, following):
        return False
    if kind == "COMMA":
        return True
    if token.text == "in" and before.kind in _IDENTIFIERS:
        return True
    if (kind, following) in (("INTERP_START", "LBRACE"), ("RBRACE", "SEQUENCE_END")):
        return True
    if following == "LSQB" and (kind in _IDENTIFIERS or kind in _NUMBERS or token.change < 0):
        return False
    if kind == "NOT":
        return False
    if kind == "MINUS":
        return before.kind not in _BEFORE_NEGATION
    if kind == "LBRACE" or following == "RBRACE":
        return not (kind == "LBRACE" and following == "RBRACE")
    return token.change <= 0 and after.change >= 0


def _joined(kind: str, following: str) -> bool:
    """Whether the two belong together: call and parenthesis, the parts of a name, everything inside of a template."""
    if kind in _IDENTIFIERS and following in ("LPAR", "COLONS"):
        return True
    if kind == "COLONS" and following in _IDENTIFIERS:
        return True
    if kind == "SEQUENCE_END" and following in ("INTERP_START", "DIRECTIVE_START"):
        return True
    inside = {"STRING_CHARS", "HEREDOC_START", "QUOTE_START"}
    return kind in inside or following in {"STRING_CHARS", "QUOTE_END", "HEREDOC_END"}


def _width(tokens: Sequence[_Token]) -> int:
    return sum(token.spaces + graphemes(token.text) for token in tokens)


def _lead_width(line: _Line) -> int:
    return _width(line.lead)


def _code_width(line: _Line) -> int:
    return _width(line.lead) + _width(line.assign)


def _align(cells: list[tuple[_Line, list[_Token]]], width_of: object) -> None:
    """Begin the cells of consecutive lines in one column."""
    chain: list[tuple[int, _Token]] = []
    for line, cell in [*cells, (None, [])]:
        if cell:
            assert line is not None
            chain.append((width_of(line), cell[0]))  # type: ignore[operator]
            continue
        widest = max((width for width, _ in chain), default=0)
        for width, token in chain:
            token.spaces = widest - width + 1
        chain = []


# Beyond white space

_Edit = tuple[int, int, str]


def _rewritten(text: str, body: Body) -> str:
    made, at = [], 0
    for start, end, replacement in sorted(_edits(body, ())):
        made += [text[at:start], replacement]
        at = end
    return "".join([*made, text[at:]])


def _edits(body: Body, inside: tuple[str, ...]) -> Iterator[_Edit]:
    for attribute in body.attributes.values():
        new = _type(attribute) if inside == ("variable",) and attribute.name == "type" else _value(attribute.expression)
        if new is not None:
            yield attribute.expression.start, attribute.expression.end, new
    for block in body.blocks:
        yield from _labels(block)
        yield from _edits(block.body, (*inside, block.type))


def _labels(block: Block) -> Iterator[_Edit]:
    for (start, end), label in zip(block.label_spans, block.labels, strict=True):
        quoted = quoted_string(label)
        if block.source.text[start:end] != quoted:
            yield start, end, quoted


def quoted_string(text: str) -> str:
    """``text`` as a string of the language."""
    escaped = "".join(_ESCAPED.get(char) or (char if char.isprintable() else _by_number(char)) for char in text)
    return '"' + _SEQUENCE.sub(r"\1\1{", escaped) + '"'


def _by_number(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _type(attribute: Attribute) -> str | None:
    node = attribute.expression
    if isinstance(node, Traversal) and node.text in ("list", "map", "set"):
        return f"{node.text}(any)"
    if isinstance(node, Literal) and isinstance(node.value, str) and node.text.startswith('"'):
        return {"string": "string", "list": "list(string)", "map": "map(string)"}.get(node.value)
    return None


def _value(node: Expression) -> str | None:
    """The inside of ``"${...}"``, however deep, in parentheses when it goes over several lines."""
    if not _isquoted_string(node):
        return None
    text, base = node.text, node.start
    tokens = Lexer(text, everything=True).scan(newlines=False)[:-1]
    heads, tails = list[str](), list[str]()
    while _isquoted_string(node) and (tokens := _inside(tokens)):
        assert isinstance(node, Wrapped)
        node = node.inner
        start, end = node.start - base, node.end - base
        head, tail = text[tokens[0][1] : start], text[end : tokens[-1][2]]
        whole = isinstance(node, Parentheses) and not head and not tail
        many_lines = any(text[stop - 1] == "\n" for kind, _, stop in tokens if kind in ("NEWLINE", "COMMENT"))
        wrap = many_lines and not whole
        heads.append(f"({head}" if wrap else head)
        tails.append(f"{tail})" if wrap else tail)
        tokens = [token for token in tokens if start <= token[1] and token[2] <= end]
    return "".join([*heads, node.text, *reversed(tails)]) if heads else None


def _isquoted_string(node: Expression) -> bool:
    return isinstance(node, Wrapped) and node.source.text[node.start] == '"'


def _inside(tokens: list[Token]) -> list[Token]:
    """What ``"${`` and ``}"`` are around, without newlines at its ends; empty when they cannot go."""
    tokens = tokens[2:-2]
    quotes = heredocs = 0
    for kind, _, _ in tokens:
        quotes += (kind == "QUOTE_START") - (kind == "QUOTE_END")
        heredocs += (kind == "HEREDOC_START") - (kind == "HEREDOC_END")
        if not quotes and (kind in ("INTERP_START", "SEQUENCE_END") or (kind == "STRING_CHARS" and not heredocs)):
            return []
    while tokens and tokens[0][0] == "NEWLINE":
        tokens.pop(0)
    while tokens and tokens[-1][0] == "NEWLINE":
        tokens.pop()
    # Nothing else may stand on the line of a heredoc's marker; what follows the string would.
    return [] if tokens[-1][0] == "HEREDOC_END" else tokens
