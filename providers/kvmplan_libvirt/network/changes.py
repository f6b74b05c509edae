"""From what a network is to what it shall be: the calls to make, the least disturbing that do it. Pure.

What runs and what is defined are compared with the wish separately, so that drift of either is repaired, and a run
that was cut short is taken up where it stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import or_

from kvmplan_libvirt.api import Affect, Command, Label, Section
from kvmplan_libvirt.document import Node, render
from kvmplan_libvirt.mechanism import LABEL
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.plain import block, blocks, is_on, text
from kvmplan_libvirt.spelling import frozen, same
from kvmplan_sdk import Nesting, Object, Value


@dataclass(frozen=True, slots=True)
class Now:
    """A network as it is: ``live`` while it runs, ``config`` as it is defined; each None where there is none.
    ``adrift``: libvirt takes it to run, but somebody has removed its bridge.
    """

    live: Object | None
    config: Object | None
    autostart: bool
    adrift: bool = False


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


@dataclass(frozen=True, slots=True)
class Describe:
    """One ``virNetworkSetMetadata``; without ``text`` the label is removed."""

    label: Label
    text: str | None
    affect: Affect


Action = Update | Define | Stop | Start | Restart | Autostart | Describe


def actions(now: Now, wanted: Object) -> Iterator[Action]:
    runs, shall_run = now.live is not None, is_on(wanted, "active")
    if runs and not shall_run:
        yield Stop()
    wish = fold(wanted)
    live = None if now.live is None or not shall_run else fold(now.live)
    config = None if now.config is None else fold(now.config)
    restart = live is not None and (now.adrift or not _alike(live, wish))
    defines = config is None or not _alike(config, wish)
    live_updates = [] if live is None or restart else list(_updates(live, wish, Affect.LIVE))
    config_updates = [] if config is None or defines else list(_updates(config, wish, Affect.CONFIG))
    if defines:
        yield Define()
    yield from _joined(live_updates, config_updates)
    yield from _labels(None if restart else live, None if defines else config, wish)
    if restart:
        yield Restart()
    if shall_run and not runs:
        yield Start()
    if now.autostart != is_on(wanted, "autostart"):
        yield Autostart(is_on(wanted, "autostart"))


def _labels(live: Object | None, config: Object | None, wish: Object) -> Iterator[Describe]:
    for label in Label:
        name = label.name.lower()
        parts = [(live, Affect.LIVE), (config, Affect.CONFIG)]
        stale = [affect for part, affect in parts if part is not None and part.get(name) != wish.get(name)]
        if stale:
            yield Describe(label, text(wish, name), reduce(or_, stale))


def _alike(left: Object, right: Object) -> bool:
    """Whether two networks differ in nothing but what can be changed while they run."""
    return same(_fixed(NETWORK, left), _fixed(NETWORK, right))


def _fixed(node: Node, values: Object) -> dict[str, Value]:
    """``values`` without entries and labels, which can be changed in what runs, and without what no document has."""
    fields = (name for name, field in node.fields.items() if field.at and field.change is not LABEL)
    rest: dict[str, Value] = {name: values.get(name) for name in fields}
    for name, child in node.nodes.items():
        if not _holds_entries(child):
            inner = [_fixed(child, item) for item in _items(values, name)]
            rest[name] = inner if isinstance(values.get(name), list) else next(iter(inner), None)
    return rest


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of one section: of ``parent``, the index of an ``ip`` element, or of the whole network (-1)."""

    node: Node
    parent: int
    items: tuple[Object, ...]


def _entries(node: Node, values: Object, parent: int = -1) -> Iterator[_Entries]:
    """Every list that ``virNetworkUpdate`` can change, empty ones included, in the order of the table."""
    for name, child in node.nodes.items():
        if _holds_entries(child):
            yield _Entries(child, parent, tuple(_items(values, name)))
        elif child.nesting in {Nesting.SINGLE, Nesting.GROUP}:
            yield from _entries(child, block(values, name) or {}, parent)
        else:
            for index, item in enumerate(_items(values, name)):
                yield from _entries(child, item, index)


def _holds_entries(node: Node) -> bool:
    return node.change.section is not None and node.nesting in {Nesting.LIST, Nesting.SET}


def _items(values: Object, name: str) -> list[Object]:
    one = block(values, name)
    return blocks(values, name) if one is None else [one]


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
    for old, new in zip(_entries(NETWORK, now), _entries(NETWORK, wanted), strict=True):
        difference = _set_difference if new.node.nesting is Nesting.SET else _list_difference
        gone, come = difference(old.items, new.items)
        deletes += [_call(Command.DELETE, new, item, affect) for item in gone]
        adds += [_call(Command.ADD_LAST, new, item, affect) for item in come]
    yield from deletes
    yield from adds


def _call(command: Command, entries: _Entries, item: Object, affect: Affect) -> Update:
    section = entries.node.change.section
    assert section is not None
    xml = render(entries.node, identified(section, item) if command is Command.DELETE else item)
    return Update(command, section, entries.parent, xml, affect)


def identified(section: Section, item: Object) -> Object:
    """An entry to delete. libvirt takes any DNS record that shares an address or a name with it, and wants there to be
    one; two records may share a name, so it is told the address alone.
    """
    return {"ip": item.get("ip")} if section is Section.DNS_HOST else item


def _set_difference(before: Sequence[Object], after: Sequence[Object]) -> tuple[Sequence[Object], Sequence[Object]]:
    old, new = {frozen(item) for item in before}, {frozen(item) for item in after}
    gone = [item for item in before if frozen(item) not in new]
    come = [item for item in after if frozen(item) not in old]
    return gone, come


def _list_difference(before: Sequence[Object], after: Sequence[Object]) -> tuple[Sequence[Object], Sequence[Object]]:
    """A list has an order and entries can only be added last: from the first difference on, all are made anew."""
    kept = 0
    while kept < min(len(before), len(after)) and same(before[kept], after[kept]):
        kept += 1
    return before[kept:], after[kept:]
