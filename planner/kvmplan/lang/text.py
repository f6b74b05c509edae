"""Text as people see it: grapheme clusters, and how much of a string is certain before an unknown rest."""

from __future__ import annotations

_ENDING = frozenset("-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'")


def clusters(text: str) -> list[str]:
    """The grapheme clusters of ``text``."""
    if text.isascii() and "\r\n" not in text:
        return list(text)
    import regex  # type: ignore[import-untyped]

    found: list[str] = regex.findall(r"\X", text)
    return found


def safe_prefix(text: str) -> str:
    """The part of ``text`` that stays as it is whatever follows: its last character may yet combine with the next."""
    if not text or text[-1] in _ENDING:
        return text
    return "".join(clusters(text)[:-1])
