"""Interfaces of the host that a resource names and that are not there: a slip of the hand, for it does nothing then."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from kvmplan_nftables.assess.view import View
from kvmplan_nftables.nat.forward import items
from kvmplan_nftables.parts import parse_interface
from kvmplan_sdk import Change, Claim, ClaimedBy, Diagnostic, InterfaceClaim, SubnetClaim, Value, warning
from kvmplan_sdk.values import is_known

_NAMED = {
    "nftables_port_forward": ("interface",),
    "nftables_masquerade": ("out_interface",),
    "nftables_snat": ("out_interface",),
    "nftables_dnat": ("interface",),
    "nftables_redirect": ("interface",),
    "nftables_isolation": ("networks", "from"),
}
"""Those of the host. Guests' taps are there while the guests run."""
_FEW = 6
_TOLD = 3


def judge_interfaces(view: View, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Iterator[Diagnostic]:
    """A warning for what is new or changed: a tunnel, say, may be there later."""
    planned = {_made(claimed.claim) for claimed in claims}
    found: dict[str, list[tuple[str, str]]] = {}
    for change in changes:
        if change.verb is not None and change.after is not None and is_known(change.after):
            for attribute in _NAMED.get(change.type, ()):
                for name in _names(change.after.get(attribute)):
                    if name not in planned and name not in view.interfaces:
                        found.setdefault(name, []).append((change.address, attribute))
    for name in [*found][:_TOLD]:
        yield _told(name, found[name], len(found) - _TOLD, view)


def _made(claim: Claim) -> str:
    match claim:
        case InterfaceClaim(name=name) | SubnetClaim(interface=name):
            return name
        case _:
            return ""


def _names(value: Value) -> Iterator[str]:
    for item in items(value) or ([value] if isinstance(value, str) else []):
        if "/" not in str(item) and ":" not in str(item):
            with contextlib.suppress(ValueError):  # planning has said what is wrong with it
                name = parse_interface(item)
                if not name.replace(".", "").isdecimal():
                    yield name


def _told(name: str, named: Sequence[tuple[str, str]], further: int, view: View) -> Diagnostic:
    (address, attribute), *others = named
    there = sorted(view.interfaces - {"lo"})
    same = f" It is the same with {_first([other for other, _ in others])}." if others else ""
    more = f" There are {further} more names like that." if further > 0 else ""
    return warning(
        f"No interface {name} on the host",
        f"Nothing on the host or in this plan is called {name}. Until something is, {address} does nothing there."
        f"{same} The host has {_first(there) or 'none but lo'}.{more}",
        address=address,
        path=(attribute,),
    )


def _first(names: Sequence[str]) -> str:
    more = [f"{len(names) - _FEW} more"] if len(names) > _FEW else []
    *before, last = [*names[:_FEW], *more] or [""]
    return f"{', '.join(before)} and {last}" if before else last
