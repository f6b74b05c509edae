"""Syntax errors in words: what a token that does not fit probably means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kvmplan.syntax.lexer import INVALID, NEWLINE_IN_STRING, UNCLOSED_COMMENT, UNCLOSED_HEREDOC, Token
from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Diagnostic, error


@dataclass(frozen=True, slots=True)
class Mistake:
    """``token`` does not fit after ``before``; ``accepted`` kinds would; ``open_tokens`` are those not yet reduced."""

    source: Source
    token: Token
    before: Token | None
    accepted: frozenset[str]
    open_tokens: Sequence[Any]
    too_deep: bool = False


_INVALID = {
    "'": ("Invalid character", 'Single quotes do not quote strings. Use double quotes (").'),
    "`": (
        "Invalid character",
        'The "`" character does not quote strings. Use double quotes ("), or <<EOT for many lines.',
    ),
    ";": ("Invalid character", 'The ";" character is not valid. Use newlines to separate arguments and blocks.'),
    "&": ("Unsupported operator", 'Bitwise operators are not supported. Did you mean boolean AND ("&&")?'),
    "|": ("Unsupported operator", 'Bitwise operators are not supported. Did you mean boolean OR ("||")?'),
    "^": ("Unsupported operator", "Bitwise operators are not supported. For powers, use the function pow."),
    "~": ("Unsupported operator", "Bitwise operators are not supported; ~ is a strip marker of templates only."),
}
_LEXICAL = {
    NEWLINE_IN_STRING: (
        "Invalid multi-line string",
        "A quoted string ends on its line. Write \\n for a line break, or use a heredoc (<<EOT).",
    ),
    UNCLOSED_COMMENT: ("Unclosed comment", "This comment is not closed before the end of the file. Close it with */."),
    UNCLOSED_HEREDOC: (
        "Unterminated heredoc",
        "The closing marker was not found on a line of its own before the end of the file.",
    ),
}
_PAIRS = {"LBRACE": "{", "LPAR": "(", "LSQB": "[", "INTERP_START": "${", "DIRECTIVE_START": "%{", "DBLQUOTE": '"'}
_CLOSERS = {"{": "}", "(": ")", "[": "]", "${": "}", "%{": "}", '"': '"'}


def describe(mistake: Mistake) -> Diagnostic:
    source, (kind, start, end) = mistake.source, mistake.token
    if mistake.too_deep:
        summary, detail = (
            "Nested too deeply",
            "Brackets or blocks are nested too deeply here. Split this, for example into locals.",
        )
    elif kind in _LEXICAL:
        summary, detail = _LEXICAL[kind]
    elif kind == INVALID:
        character = source.text[start:end]
        summary, detail = _INVALID.get(
            character, ("Invalid character", f"{character!r} is not used in the language here.")
        )
    elif kind == "$END" and (opener := _innermost(mistake.open_tokens)):
        word = _PAIRS[opener[0]]
        summary, detail = (
            f"Unclosed {word}",
            f"There is no {_CLOSERS[word]} for this {word} before the end of the file.",
        )
        start, end = opener[1], opener[2]
    else:
        summary, detail = _by_context(mistake)
    return error(summary, detail, source=source.range(start, max(end, start)))


def _innermost(tokens: Sequence[Any]) -> Token | None:
    for token in reversed(tokens):
        if len(token) == 3 and type(token[0]) is str and token[0] in _PAIRS:
            return (token[0], token[1], token[2])
    return None


def _found(mistake: Mistake) -> str:
    kind, start, end = mistake.token
    if kind == "NL_OR_COMMENT":
        return "the end of the line"
    if kind == "DBLQUOTE":
        return "a quotation mark"
    return "the end of the text" if kind == "$END" else f'"{mistake.source.text[start:end]}"'


def _by_context(mistake: Mistake) -> tuple[str, str]:
    accepted, found, kind = mistake.accepted, _found(mistake), mistake.token[0]
    opener = _innermost(mistake.open_tokens)
    before = mistake.before[0] if mistake.before else ""
    if {"LPAR", "LSQB", "MINUS"} <= accepted and "RBRACE" not in accepted - {"NL_OR_COMMENT"} and before != "NAME":
        return "Invalid expression", f"Expected the start of an expression, but found {found}."
    if opener and opener[0] == "LSQB" and "COMMA" in accepted:
        return "Missing item separator", f"Expected a comma to mark the beginning of the next item, but found {found}."
    if opener and opener[0] == "LPAR" and {"COMMA", "RPAR"} & accepted:
        return "Missing argument separator", f"Expected a comma or a closing parenthesis, but found {found}."
    if {"SEQUENCE_END"} & accepted:
        return (
            "Extra characters after interpolation expression",
            f'Expected a closing brace, but found {found}. Write "$${{" for a literal "${{" of another language.',
        )
    if "EQ" in accepted and "LBRACE" in accepted:
        return (
            "Argument or block definition required",
            f"A name begins an argument (name = value) or a block (name {{ ... }}), but it is followed by {found}.",
        )
    if "LBRACE" in accepted and "NL_OR_COMMENT" not in accepted:
        return (
            "Invalid block definition",
            f'Expected a quoted label or an opening brace "{{" on this line, but found {found}.',
        )
    if "NL_OR_COMMENT" in accepted and "COMMA" in accepted:
        return (
            "Missing attribute separator",
            f"Expected a newline or comma before the next attribute, but found {found}.",
        )
    if "NL_OR_COMMENT" in accepted:
        return "Missing newline", f"Each argument and each block ends with a newline, but here follows {found}."
    if "NAME" in accepted:
        hint = " Names of arguments and types of blocks are written without quotes." if kind == "DBLQUOTE" else ""
        return (
            "Argument or block definition required",
            f"An argument or block definition begins here, but found {found}.{hint}",
        )
    in_for = "IF" in accepted
    if accepted == {"EQ"} or ("RBRACE" in accepted and not in_for):
        return (
            "Invalid single-line block",
            f"A block on one line holds one argument and nothing else, but here is {found}. Write each argument, and "
            "each block inside of it, on lines of its own.",
        )
    return "Invalid syntax", f"This cannot be followed by {found}."
