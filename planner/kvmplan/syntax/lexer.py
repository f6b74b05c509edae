"""The scanner: source text to tokens, after HCL's native syntax specification.

Tokens are plain tuples ``(kind, start, end)``; kinds are terminals of python-hcl2's grammar. The scanner knows what a
context-free grammar cannot: where newlines count (not inside parentheses, brackets, interpolations and ``for``
expressions), where ``for``, ``in`` and ``if`` are keywords, and where a template's literal text ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from kvmplan.syntax.spaces import SPACES

Token = tuple[str, int, int]

_MAIN = re.compile(
    r"""
      (?P<space>[ \t]+)
    | (?P<NL_OR_COMMENT>\r?\n)
    | (?P<NAME>(?:[A-Za-z_]|[^\x00-\x7f])(?:[A-Za-z0-9_-]|[^\x00-\x7f])*)
    | (?P<line_comment>(?:\#|//)[^\n]*\n?)
    | (?P<block_comment>/\*(?s:.*?)\*/)
    | (?P<number>[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?)
    | (?P<heredoc><<-?(?:[A-Za-z_]|[^\x00-\x7f])(?:[A-Za-z0-9_-]|[^\x00-\x7f])*\r?\n)
    | (?P<operator>==|!=|>=|<=|&&|\|\||::|\.\.\.|=>|~\}|[\[\](){}.,*/%+\-=<>!?:"])
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r'(?:[^"\\\r\n$%]|\\[^\r\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))+')
_BARE = re.compile(r"(?:[^\n$%]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*\n?")
_HEREDOC_LINE = re.compile(r"(?:[^\r\n$%]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*(?:\r?\n)?")
_SEQUENCE = re.compile(r"[$%]\{~?")
_OPERATORS = {
    "==": "DOUBLE_EQ", "!=": "NEQ", ">=": "GEQ", "<=": "LEQ", "&&": "DOUBLE_AMP", "||": "DOUBLE_PIPE",
    "::": "COLONS", "...": "ELLIPSIS", "=>": "FOR_OBJECT_ARROW", ".": "DOT", ",": "COMMA", "*": "ASTERISK",
    "/": "SLASH", "%": "PERCENT", "+": "PLUS", "-": "MINUS", "=": "EQ", "<": "LT", ">": "GT", "!": "NOT",
    "?": "QMARK", ":": "COLON",
}  # fmt: skip
_OPENERS = {"(": "LPAR", "[": "LSQB", "{": "LBRACE"}
_CLOSERS = {")": "RPAR", "]": "RSQB", "}": "RBRACE"}
_LITERALS = {"true": "TRUE", "false": "FALSE", "null": "NULL"}
_DIRECTIVES = {"if": "IF", "else": "ELSE", "endif": "ENDIF", "for": "FOR", "endfor": "ENDFOR"}

INVALID = "INVALID"
"""A token that no grammar accepts; the parser's message tells what it is."""
UNCLOSED_COMMENT = "UNCLOSED_COMMENT"
NEWLINE_IN_STRING = "NEWLINE_IN_STRING"
UNCLOSED_HEREDOC = "UNCLOSED_HEREDOC"

_ENDS_OPERAND = frozenset(
    {
        "NAME", "TRUE", "FALSE", "NULL", "INT_LITERAL", "FLOAT_LITERAL", "DBLQUOTE", "QUOTE_END", "HEREDOC_END",
        "RPAR", "RSQB", "RBRACE", "ATTR_SPLAT", "FULL_SPLAT_START", "ELLIPSIS",
    }
)  # fmt: skip


_ENDS_HEADER = frozenset({"NAME", "TRUE", "FALSE", "NULL", "DBLQUOTE", "QUOTE_END"})
"""Before an opening brace, these tell that a block's body begins, no object."""


@dataclass(slots=True)
class _Level:
    """An open bracket, quote, heredoc or interpolation: ``opener`` is one of ``( [ { ${ %{ " <<``, or empty.

    ``loops``: it holds a ``for`` expression, of which ``keywords`` tells that it has begun.
    """

    opener: str
    newlines: bool = False
    loops: bool = False
    keywords: bool = False
    seen_in: bool = False
    marker: str = ""


@dataclass(slots=True)
class Lexer:
    """Scans ``text`` once; `tokens` afterwards ends in ``$END``.

    With ``everything``, comments and all newlines are tokens too (``COMMENT``, ``NEWLINE``), for the formatter.
    """

    text: str
    everything: bool = False
    tokens: list[Token] = field(default_factory=list)
    levels: list[_Level] = field(default_factory=list)
    at: int = 0
    line_start: bool = True

    def scan(self, *, newlines: bool, template: bool = False) -> list[Token]:
        """Tokens of a configuration (``newlines``), an expression, or a bare ``template``."""
        self.levels.append(_Level("template" if template else "", newlines=newlines))
        end = len(self.text)
        while self.at < end:
            opener = self.levels[-1].opener
            if opener == '"':
                self._quoted()
            elif opener == "<<":
                self._heredoc()
            elif opener == "template":
                self._template()
            else:
                self._main()
        for level in self.levels:
            if level.opener == "<<":
                self._emit(UNCLOSED_HEREDOC, end)
        self.tokens.append(("$END", end, end))
        return self.tokens

    def _emit(self, kind: str, end: int) -> None:
        self.tokens.append((kind, self.at, end))
        self.at = end

    # Outside of templates

    def _main(self) -> None:
        """Tokens up to where the kind of text changes."""
        text, tokens, match = self.text, self.tokens, _MAIN.match
        level = self.levels[-1]
        at, end = self.at, len(text)
        while at < end:
            found = match(text, at)
            if found is None:
                self.at = at
                self._invalid()
                return
            kind = found.lastgroup
            stop = found.end()
            if kind == "space" or (kind == "block_comment" and not self.everything):
                at = stop
            elif kind == "NAME":
                tokens.append((self._name(level, at, stop), at, stop))
                at = stop
            elif kind == "NL_OR_COMMENT":
                if self.everything:
                    tokens.append(("NEWLINE", at, stop))
                elif level.newlines and (not tokens or tokens[-1][0] != "NL_OR_COMMENT"):
                    tokens.append(("NL_OR_COMMENT", at, stop))
                at = stop
            elif kind == "operator":
                word = text[at:stop]
                if word in (".", "[") and not self.everything and (splat := self._splat(at, level)):
                    tokens.append(("ATTR_SPLAT" if word == "." else "FULL_SPLAT_START", at, splat))
                    at = splat
                elif word in _OPERATORS:
                    tokens.append((_OPERATORS[word], at, stop))
                    at = stop
                else:
                    self.at = at
                    self._bracket(word, level)
                    return
            else:
                self.at = at
                self._rare(kind or "", stop, level)
                return
        self.at = at

    def _rare(self, kind: str, stop: int, level: _Level) -> None:
        match kind:
            case "line_comment" | "block_comment" if self.everything:
                self._emit("COMMENT", stop)
            case "line_comment":
                newline = self.text[stop - 1] == "\n"
                if newline and level.newlines and (not self.tokens or self.tokens[-1][0] != "NL_OR_COMMENT"):
                    self.tokens.append(("NL_OR_COMMENT", stop - 1, stop))
                self.at = stop
            case "number":
                word = self.text[self.at : stop]
                legacy_index = self._before() == "DOT" and "." not in word
                self._emit("INT_LITERAL" if word.isdigit() or legacy_index else "FLOAT_LITERAL", stop)
            case "heredoc":
                marker = self.text[self.at + 2 : stop].removeprefix("-").rstrip("\r\n")
                if not _is_name(marker):
                    self._emit(INVALID, stop)
                    return
                self.levels.append(_Level("<<", marker=marker))
                self._emit("HEREDOC_START", stop)
                self.line_start = True

    def _before(self) -> str:
        return self.tokens[-1][0] if self.tokens else ""

    def _name(self, level: _Level, at: int, stop: int) -> str:
        word = self.text[at:stop]
        if not _is_name(word):
            return INVALID
        before = self._before()
        if before == "DOT":
            return "NAME"
        if before == "DIRECTIVE_START" and word in _DIRECTIVES:
            level.keywords = word == "for"
            return _DIRECTIVES[word]
        if level.loops and not level.keywords:
            level.keywords = True
            return "FOR"
        if level.keywords and not level.seen_in:
            level.seen_in = word == "in" and before == "NAME"
            return "IN" if level.seen_in else "NAME"
        if level.keywords and word == "if" and level.opener != "%{" and before in _ENDS_OPERAND:
            return "IF"
        return _LITERALS.get(word, "NAME")

    def _bracket(self, word: str, level: _Level) -> None:
        if word == '"':
            self._emit("QUOTE_START" if self.everything else "DBLQUOTE", self.at + 1)
            self.levels.append(_Level('"'))
        elif word in _OPENERS:
            loops = self._begins_collection(word, level) and _FOR_FOLLOWS.match(self.text, self.at + 1) is not None
            self._emit(_OPENERS[word], self.at + 1)
            self.levels.append(_Level(word, newlines=word == "{" and not loops, loops=loops))
        elif word in ("}", "~}") and level.opener in ("${", "%{"):
            self._emit("SEQUENCE_END", self.at + len(word))
            self.levels.pop()
        elif word == "~}":
            self._emit(INVALID, self.at + 2)
        else:
            self._emit(_CLOSERS[word], self.at + 1)
            if len(self.levels) > 1 and level.opener not in ("${", "%{"):
                self.levels.pop()

    def _begins_collection(self, opener: str, level: _Level) -> bool:
        """Whether a tuple or an object begins here, no index, body or parenthesis."""
        before = self._before()
        if opener == "{":
            return not (level.newlines and before in _ENDS_HEADER)
        return opener == "[" and before not in _ENDS_OPERAND

    def _splat(self, at: int, level: _Level) -> int:
        """The end of the splat operator at ``at``; 0 when there is none."""
        pattern = (_SPLAT if level.newlines else _SPLAT_OVER_LINES)[self.text[at]]
        found = pattern.match(self.text, at)
        return found.end() if found else 0

    def _invalid(self) -> None:
        if self.text.startswith("/*", self.at):
            self._emit(UNCLOSED_COMMENT, len(self.text))
        else:
            self._emit(INVALID, self.at + 1)

    # Inside of templates

    def _open_sequence(self, found: re.Match[str]) -> None:
        word = found.group()
        self._emit("INTERP_START" if word[0] == "$" else "DIRECTIVE_START", found.end())
        self.levels.append(_Level(word[:2]))
        self.line_start = False

    def _quoted(self) -> None:
        text, at = self.text, self.at
        if found := _QUOTED.match(text, at):
            self._emit("STRING_CHARS", found.end())
        elif text[at] == '"':
            self.levels.pop()
            self._emit("QUOTE_END" if self.everything else "DBLQUOTE", at + 1)
        elif found := _SEQUENCE.match(text, at):
            self._open_sequence(found)
        elif text[at] in "\r\n":
            # The string ends here for the scanner, so that one missing quote does not turn the rest inside out.
            self.levels.pop()
            self.tokens.append((NEWLINE_IN_STRING, at, at))
        else:
            self._emit(INVALID, at + 1)

    def _heredoc(self) -> None:
        level = self.levels[-1]
        found = _HEREDOC_LINE.match(self.text, self.at)
        assert found is not None
        chunk = found.group()
        if self.line_start and chunk.endswith("\n") and chunk.strip(SPACES) == level.marker:
            self.levels.pop()
            self._emit("HEREDOC_END", found.end() - (2 if chunk.endswith("\r\n") else 1))
            self.line_start = False
        elif chunk:
            self.line_start = chunk.endswith("\n")
            self._emit("STRING_CHARS", found.end())
        elif self.text[self.at] == "\r":
            self._emit(INVALID, self.at + 1)
        else:
            self._sequence_or_tail()

    def _template(self) -> None:
        found = _BARE.match(self.text, self.at)
        if found is not None and found.end() > self.at:
            self._emit("STRING_CHARS", found.end())
        else:
            self._sequence_or_tail()

    def _sequence_or_tail(self) -> None:
        if found := _SEQUENCE.match(self.text, self.at):
            self._open_sequence(found)
        else:
            self._emit("STRING_CHARS", self.at + 1)


def _is_name(word: str) -> bool:
    """Whether ``word``, which could be a name if it is ASCII, is one."""
    return word.isascii() or word.replace("-", "_").isidentifier()


_GAP = r"(?:[ \t]|/\*(?:[^*]|\*(?!/))*\*/)*"
_GAP_OVER_LINES = r"(?:[ \t]|\r?\n|(?:\#|//)[^\n]*\n|/\*(?:[^*]|\*(?!/))*\*/)*"
_FOR_FOLLOWS = re.compile(_GAP_OVER_LINES + r"for(?![A-Za-z0-9_-]|[^\x00-\x7f])")
_SPLAT, _SPLAT_OVER_LINES = (
    {".": re.compile(rf"\.{gap}\*"), "[": re.compile(rf"\[{gap}\*{gap}\]")} for gap in (_GAP, _GAP_OVER_LINES)
)
