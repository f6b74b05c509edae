"""Did you mean: the name closest to a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """A sentence to append to a detail, with a blank before it, or nothing."""
    import difflib

    found = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.7)
    return f' Did you mean "{found[0]}"?' if found else ""
