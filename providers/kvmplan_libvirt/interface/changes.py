"""How a NIC becomes another, the least disturbing way that does it. Pure.

The table says it of each attribute; here is what else it depends on: what the NIC is attached to, and the version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kvmplan_libvirt.impact import changes, impact_of
from kvmplan_libvirt.interface.model import INTERFACE, left_to_libvirt
from kvmplan_libvirt.interface.source import BRIDGE, DIRECT, NETWORK, ON_BRIDGE, USER, kind
from kvmplan_libvirt.mechanism import MOVE, NEXT_START, RECONNECT, REPLACE, REPLUG, TUNE, WATCH, Mechanism
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Impact, Object

_UPDATABLE = frozenset({NETWORK, BRIDGE, DIRECT, USER})
"""Kinds of which QEMU changes anything while the guest runs."""
AT_NEXT_START = tuple(name for name, field in INTERFACE.fields.items() if field.change is NEXT_START)
"""Attributes that a running guest keeps as they were when it started."""


def mechanisms(before: Object, after: Object, version: int) -> Iterator[Mechanism]:
    """How each change between ``before`` and ``after`` is carried out on a running guest, without repetition."""
    return iter(dict.fromkeys(_fitting(before, after, version)))


def _fitting(before: Object, after: Object, version: int) -> Iterator[Mechanism]:
    old, new = kind(before), kind(after)
    another = old not in {None, new} and not {old, new} <= ON_BRIDGE  # None: its tap is on no bridge, and put back
    for name, mechanism in changes(INTERFACE, before, after):
        if name in left_to_libvirt(new) and after.get(name) is None:
            continue
        if mechanism in {REPLACE, NEXT_START, WATCH}:
            yield mechanism
        elif another or new not in _UPDATABLE or (mechanism is RECONNECT and new not in ON_BRIDGE):
            yield REPLUG
        elif mechanism is MOVE and (before.get("virtualport") or after.get("virtualport")):
            yield RECONNECT.on(version)
        elif name == "vlan" and _on_open_vswitch(before) and _on_open_vswitch(after):
            yield TUNE
        else:
            yield mechanism.on(version)
    if another:
        yield REPLUG


def _on_open_vswitch(nic: Object) -> bool:
    return text(block(nic, "virtualport") or {}, "type") == "openvswitch"


def impact_between(before: Object, after: Object, version: int, guests: Iterable[str] = ()) -> Impact:
    """The impact of a change in place on ``guests``, those that run and have the NIC."""
    return impact_of(mechanisms(before, after, version), guests)
