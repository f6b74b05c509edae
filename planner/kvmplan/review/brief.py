"""Much, said in a few lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from kvmplan.addresses import parse_address
from kvmplan_sdk.diagnostics import Diagnostic, Severity

MANY = 10


def summarised(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """``diagnostics`` sorted by address; what several objects have alike is said once, and of very many the rest in a
    line each.
    """
    alike: dict[tuple[Severity, str, str], list[Diagnostic]] = {}
    for diagnostic in sorted(diagnostics, key=_place):
        alike.setdefault((diagnostic.severity, diagnostic.summary, diagnostic.detail), []).append(diagnostic)
    found = [_once(group) for group in alike.values()]
    return [*found[:MANY], *_rest(found[MANY:])]


def _once(group: Sequence[Diagnostic]) -> Diagnostic:
    first = group[0]
    others = [address for one in group if (address := one.address) and address != first.address]
    if not others:
        return first
    return replace(
        first, detail=f"{first.detail}\n\nThe same is wrong with {listed(list(dict.fromkeys(others)))}.".lstrip()
    )


def _rest(diagnostics: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    for severity in Severity:
        some = [one for one in diagnostics if one.severity is severity]
        if some:
            lines = (f"{one.address}: {one.summary}" if one.address else one.summary for one in some)
            yield Diagnostic(severity, f"{len(some)} more", "\n".join(lines))


def _place(diagnostic: Diagnostic) -> tuple[object, ...]:
    address = parse_address(diagnostic.address or "")
    return (address is not None, address.sort_key if address else (), diagnostic.address or "")


def listed(names: Sequence[str]) -> str:
    """The first few of ``names``, and how many more there are."""
    shown = names if len(names) <= 4 else names[:3]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


__all__ = ["MANY", "listed", "summarised"]
