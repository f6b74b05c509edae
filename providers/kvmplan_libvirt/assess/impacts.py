"""Impacts with names: which running guests each change reaches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.entry.tables import DHCP_HOST, ENTRY_KINDS, EntryKind
from kvmplan_libvirt.interface.changes import impact_between as interface_impact
from kvmplan_libvirt.interface.plan import called_alike
from kvmplan_libvirt.inventory import NetworkRecord
from kvmplan_libvirt.mechanism import DHCP_BEGINS, HOTPLUG, REPLACE, UNPLUG, Mechanism
from kvmplan_libvirt.network.impact import impact_between
from kvmplan_libvirt.network.model import OWN_BRIDGE
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import NO_IMPACT, Change, Impact, ImpactLevel, Object


def impacts(scene: Scene) -> Mapping[str, Impact]:
    found = {change.address: _of_network(scene, change) for change in scene.of("libvirt_network") if change.verb}
    found |= {change.address: _of_interface(scene, change) for change in scene.of("libvirt_interface") if change.verb}
    return found | dict(_of_entries(scene))


def _of_entries(scene: Scene) -> Iterator[tuple[str, Impact]]:
    """Whoever is on the network is served by what an entry changes."""
    guests: dict[str, tuple[str, ...]] = {}
    for type_, kind in ENTRY_KINDS.items():
        for change in scene.of(type_):
            sides = [side for side in (change.before, change.after) if side is not None]
            names = [name for side in sides if (name := text(side, "network")) is not None]
            for name in names:
                if name not in guests:
                    guests[name] = tuple(sorted({nic.domain for nic in scene.inventory.running_nics_on(name)}))
            hit = tuple(sorted({guest for name in names for guest in guests[name]}))
            if change.verb is not None:
                yield change.address, _impact(_mechanism(scene, kind, names), hit) if hit else NO_IMPACT


def _mechanism(scene: Scene, kind: EntryKind, networks: Iterable[str]) -> Mechanism:
    """A network that serves no DHCP yet begins to with its first reservation."""
    if kind is DHCP_HOST and any(not _serves(scene.inventory.network_named(name)) for name in networks):
        return DHCP_BEGINS
    return kind.element.change


def _serves(record: NetworkRecord | None) -> bool:
    return record is None or record.live is None or record.live.find("ip/dhcp/*") is not None


def _of_network(scene: Scene, change: Change) -> Impact:
    if change.before is None:
        return NO_IMPACT
    guests = _on_network(scene, change.before)
    if not guests:
        return replace(change.impact, level=ImpactLevel.NONE, guests=(), why="No running guest is on it.")
    if change.after is None or change.replaced:
        return _impact(REPLACE, guests)
    return impact_between(change.before, change.after, guests)


def _on_network(scene: Scene, network: Object) -> tuple[str, ...]:
    """The running guests on it, also those that name its own bridge instead. A bridge of the host is another matter."""
    own = text(block(network, "bridge") or {}, "name") if network.get("mode") in OWN_BRIDGE else None
    nics = scene.inventory.running_nics_on(text(network, "name") or "", [own] if own else ())
    return tuple(sorted({nic.domain for nic in nics}))


def _of_interface(scene: Scene, change: Change) -> Impact:
    """Nobody notices what is done to the definition of a guest that does not run."""
    before, after = change.before or {}, change.after or {}
    named = [scene.domain(side) for side in (before, after)]
    running = tuple(sorted({record.name for record in named if record is not None and record.running}))
    if not running:
        return NO_IMPACT
    if change.before is None:
        return _impact(HOTPLUG, running)
    if change.after is None or change.replaced:
        return _impact(UNPLUG, running)
    as_called = called_alike(change.before, change.after, scene.inventory)
    return interface_impact(as_called, change.after, scene.reach.version, running)


def _impact(mechanism: Mechanism, guests: tuple[str, ...]) -> Impact:
    return Impact(mechanism.level, guests, mechanism.why, (mechanism.call,))
