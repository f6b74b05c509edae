"""From what a network is to what it shall be: the calls to make, the least disturbing that do it. Pure.

What runs and what is defined are compared with the wish separately, so that drift of either is repaired, and a run
that was cut short is taken up where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from kvmplan_libvirt.api import Affect, Command, Section
from kvmplan_libvirt.document import Node, render
from kvmplan_libvirt.network.model import HOST, RANGE
from kvmplan_libvirt.plain import block, blocks, is_on, thawed
from kvmplan_libvirt.spelling import canonical, same
from kvmplan_sdk import Object


@dataclass(frozen=True, slots=True)
class Now:
    """A network as it is: ``live`` while it runs, ``config`` as it is defined; each None where there is none."""

    live: Object | None
    config: Object | None
    autostart: bool


@dataclass(frozen=True, slots=True)
class Update:
    """One ``virNetworkUpdate``. ``parent`` is the index of the ``ip`` element."""

    command: Command
    section: Section
    parent: int
    xml: str
    affect: Affect


@dataclass(frozen=True, slots=True)
class Define:
    """The persistent definition is made anew; what runs stays as it is."""


@dataclass(frozen=True, slots=True)
class Stop:
    pass


@dataclass(frozen=True, slots=True)
class Start:
    pass


@dataclass(frozen=True, slots=True)
class Restart:
    """Stopped and started, with every running guest attached again."""


@dataclass(frozen=True, slots=True)
class Autostart:
    on: bool


Action = Update | Define | Stop | Start | Restart | Autostart


def actions(now: Now, wanted: Object) -> Iterator[Action]:
    runs, shall_run = now.live is not None, is_on(wanted, "active")
    if runs and not shall_run:
        yield Stop()
    live = now.live if shall_run else None
    restart = live is not None and not _alike(live, wanted)
    defines = now.config is None or not _alike(now.config, wanted)
    live_updates = [] if live is None or restart else list(_updates(live, wanted, Affect.LIVE))
    config_updates = [] if now.config is None or defines else list(_updates(now.config, wanted, Affect.CONFIG))
    if defines:
        yield Define()
    yield from _joined(live_updates, config_updates)
    if restart:
        yield Restart()
    if shall_run and not runs:
        yield Start()
    if now.autostart != is_on(wanted, "autostart"):
        yield Autostart(is_on(wanted, "autostart"))


def _alike(left: Object, right: Object) -> bool:
    """Whether two networks differ in nothing but what ``virNetworkUpdate`` can change."""
    return same(_fixed(left), _fixed(right))


def _fixed(values: Object) -> Any:
    rest = thawed({name: value for name, value in values.items() if name not in {"autostart", "active"}})
    for ip in rest["ip"]:
        ip["dhcp"] = None
    return rest


def _joined(live: list[Update], config: list[Update]) -> Iterator[Update]:
    """One call for both where they are the same; then neither can be forgotten."""
    if [replace(call, affect=Affect.CONFIG) for call in live] == config:
        yield from (replace(call, affect=Affect.LIVE | Affect.CONFIG) for call in live)
    else:
        yield from config
        yield from live


def _updates(now: Object, wanted: Object, affect: Affect) -> Iterator[Update]:
    """Deletes before adds, throughout: an entry is refused while another one has its MAC, name or address."""
    deletes: list[Update] = []
    adds: list[Update] = []
    for index, (old, new) in enumerate(zip(blocks(now, "ip"), blocks(wanted, "ip"), strict=True)):
        before, after = block(old, "dhcp") or {}, block(new, "dhcp") or {}
        hosts = _set_difference(blocks(before, "host"), blocks(after, "host"))
        ranges = _list_difference(blocks(before, "range"), blocks(after, "range"))
        for node, section, (gone, come) in (
            (HOST, Section.IP_DHCP_HOST, hosts),
            (RANGE, Section.IP_DHCP_RANGE, ranges),
        ):
            deletes += _calls(Command.DELETE, section, node, index, gone, affect)
            adds += _calls(Command.ADD_LAST, section, node, index, come, affect)
    yield from deletes
    yield from adds


def _calls(
    command: Command, section: Section, node: Node, parent: int, items: list[Object], affect: Affect
) -> Iterator[Update]:
    for item in items:
        yield Update(command, section, parent, render(node, item), affect)


def _set_difference(before: list[Object], after: list[Object]) -> tuple[list[Object], list[Object]]:
    old, new = [canonical(item) for item in before], [canonical(item) for item in after]
    gone = [item for item, value in zip(before, old, strict=True) if value not in new]
    come = [item for item, value in zip(after, new, strict=True) if value not in old]
    return gone, come


def _list_difference(before: list[Object], after: list[Object]) -> tuple[list[Object], list[Object]]:
    """A list has an order and entries can only be added last: from the first difference on, all are made anew."""
    kept = 0
    while kept < min(len(before), len(after)) and same(before[kept], after[kept]):
        kept += 1
    return before[kept:], after[kept:]
