"""The scanner: source text to tokens, after HCL's native syntax specification.

Tokens are plain tuples ``(kind, start, end)``; kinds are terminals of python-hcl2's grammar. The scanner knows what a
context-free grammar cannot: where newlines count (not inside parentheses, brackets, interpolations and ``for``
expressions), where ``for``, ``in`` and ``if`` are keywords, and where a template's literal text ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

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
    | (?P<splat>\[[ \t\r\n]*\*[ \t\r\n]*\]|\.[ \t]*\*)
    | (?P<operator>==|!=|>=|<=|&&|\|\||::|\.\.\.|=>|~\}|[\[\](){}.,*/%+\-=<>!?:"])
    """,
    re.VERBOSE,
)
_QUOTED = re.compile(r'(?:[^"\\\r\n$%]|\\[^\r\n]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))+')
_BARE = re.compile(r"(?:[^\n$%]|\$\$\{|%%\{|\$(?!\{)|%(?!\{))*\n?")
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
_OPERAND_ENDS = frozenset({
    "NAME", "RPAR", "RSQB", "RBRACE", "DBLQUOTE", "QUOTE_END", "INT_LITERAL", "FLOAT_LITERAL", "TRUE", "FALSE",
    "NULL", "FULL_SPLAT_START", "ATTR_SPLAT", "HEREDOC_END", "ELLIPSIS",
})  # fmt: skip
"""Tokens that an operand, a block's name or a label can end in; with ``ELLIPSIS``, what an ``if`` clause can follow."""
_DIRECTIVES = {"if": "IF", "else": "ELSE", "endif": "ENDIF", "for": "FOR", "endfor": "ENDFOR"}

INVALID = "INVALID"
"""A token that no grammar accepts; the parser's message tells what it is."""
UNCLOSED_COMMENT = "UNCLOSED_COMMENT"
NEWLINE_IN_STRING = "NEWLINE_IN_STRING"
UNCLOSED_HEREDOC = "UNCLOSED_HEREDOC"


@dataclass(slots=True)
class _Level:
    """An open bracket, quote, heredoc or interpolation: ``opener`` is one of ``( [ { ${ %{ " <<``, or empty.

    ``body``: a brace that begins a block's body, since it follows a name or a label.
    """

    opener: str
    newlines: bool = False
    body: bool = False
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
                if word in _OPERATORS:
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
            case "splat" if self.everything and self.text[self.at] == "[":
                self._bracket("[", level)
            case "splat" if self.everything:
                self._emit("DOT", self.at + 1)
            case "line_comment":
                newline = self.text[stop - 1] == "\n"
                if newline and level.newlines and (not self.tokens or self.tokens[-1][0] != "NL_OR_COMMENT"):
                    self.tokens.append(("NL_OR_COMMENT", stop - 1, stop))
                self.at = stop
            case "number":
                self._emit("INT_LITERAL" if self.text[self.at : stop].isdigit() else "FLOAT_LITERAL", stop)
            case "splat":
                self._emit("ATTR_SPLAT" if self.text[self.at] == "." else "FULL_SPLAT_START", stop)
            case "heredoc":
                marker = self.text[self.at + 2 : stop].rstrip().removeprefix("-")
                self.levels.append(_Level("<<", marker=marker))
                self._emit("HEREDOC_START", stop)
                self.line_start = True

    def _name(self, level: _Level, at: int, stop: int) -> str:
        word = self.text[at:stop]
        if not word.isascii() and not word.replace("-", "_").isidentifier():
            return INVALID
        before = self.tokens[-1][0] if self.tokens else ""
        if before in ("DOT", "FOR") or (before == "COMMA" and level.keywords and not level.seen_in):
            return "NAME"
        if word in _LITERALS:
            return _LITERALS[word]
        if before == "DIRECTIVE_START" and word in _DIRECTIVES:
            level.keywords = word == "for"
            return _DIRECTIVES[word]
        if word == "for" and level.opener in ("[", "{") and before in ("LSQB", "LBRACE") and not level.body:
            level.keywords, level.newlines = True, False
            return "FOR"
        if level.keywords and word == "in" and not level.seen_in:
            level.seen_in = True
            return "IN"
        if level.keywords and word == "if" and level.seen_in and level.opener != "%{" and before in _OPERAND_ENDS:
            return "IF"
        return "NAME"

    def _bracket(self, word: str, level: _Level) -> None:
        if word == '"':
            self._emit("QUOTE_START" if self.everything else "DBLQUOTE", self.at + 1)
            self.levels.append(_Level('"'))
        elif word in _OPENERS:
            body = word == "{" and bool(self.tokens) and self.tokens[-1][0] in _OPERAND_ENDS
            self._emit(_OPENERS[word], self.at + 1)
            newlines = word == "{" and (body or not self._for_follows())
            self.levels.append(_Level(word, newlines=newlines, body=body))
        elif word in ("}", "~}") and level.opener in ("${", "%{"):
            self._emit("SEQUENCE_END", self.at + len(word))
            self.levels.pop()
        elif word == "~}":
            self._emit(INVALID, self.at + 2)
        else:
            self._emit(_CLOSERS[word], self.at + 1)
            if len(self.levels) > 1 and level.opener not in ("${", "%{"):
                self.levels.pop()

    def _for_follows(self) -> bool:
        return _FOR_FOLLOWS.match(self.text, self.at) is not None

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
        found = _BARE.match(self.text, self.at)
        assert found is not None
        chunk = found.group()
        if self.line_start and chunk.endswith("\n") and chunk.strip() == level.marker:
            self.levels.pop()
            self._emit("HEREDOC_END", found.end() - (2 if chunk.endswith("\r\n") else 1))
            self.line_start = False
        elif chunk:
            self.line_start = chunk.endswith("\n")
            self._emit("STRING_CHARS", found.end())
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


_FOR_FOLLOWS = re.compile(r"(?:[ \t\r\n]|(?:\#|//)[^\n]*\n|/\*(?s:.*?)\*/)*for(?![A-Za-z0-9_-]|[^\x00-\x7f])")
