"""The indefinite article of what messages speak of."""

from __future__ import annotations


def with_article(noun: str) -> str:
    """``noun`` as the first of a sentence: "A host", "An output"."""
    return f"{'An' if noun[:1] in tuple('aeiou') else 'A'} {noun}"
