"""Impacts with names: which running guests each change reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.entry.tables import DHCP_HOST, DNS_HOST, ENTRY_KINDS
from kvmplan_libvirt.interface.changes import impact_between as interface_impact
from kvmplan_libvirt.interface.plan import called_alike
from kvmplan_libvirt.interface.xml import values_of as nic_values
from kvmplan_libvirt.inventory import nic_with
from kvmplan_libvirt.mechanism import DEFINED, DHCP_SWITCHED, HOTPLUG, REPLACE, UNPLUG, Mechanism
from kvmplan_libvirt.network.impact import FILTERED, impact_between, rules_reloaded
from kvmplan_libvirt.network.model import OWN_BRIDGE
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import NO_IMPACT, Change, Impact, ImpactLevel, Object, worst


def impacts(scene: Scene) -> Mapping[str, Impact]:
    found = {change.address: _of_network(scene, change) for change in scene.of("libvirt_network") if change.verb}
    found |= {change.address: _of_interface(scene, change) for change in scene.of("libvirt_interface") if change.verb}
    return found | dict(_of_entries(scene))


def _of_entries(scene: Scene) -> Iterator[tuple[str, Impact]]:
    """Whoever is on the network is served by what an entry changes."""
    of_network = cache(lambda name: _mechanisms(scene, name))
    guests = cache(lambda name: frozenset(nic.domain for nic in scene.inventory.running_nics_on(name)))
    for type_, kind in ENTRY_KINDS.items():
        for change in scene.of(type_):
            sides = [side for side in (change.before, change.after) if side is not None]
            names = sorted({name for side in sides if (name := text(side, "network")) is not None})
            hit = tuple(sorted(frozenset[str]().union(*map(guests, names))))
            if change.verb is not None:
                worst_ones = [_impact(of_network(name)[kind.what], hit) for name in names]
                yield change.address, worst(worst_ones) if hit else NO_IMPACT


def _mechanisms(scene: Scene, name: str) -> Mapping[str, Mechanism]:
    """How an entry of each kind changes in a network. Its first reservation begins DHCP there, its last one ends it."""
    record = scene.inventory.network_named(name)
    reservation, record_of_dns = DHCP_HOST.element.change, DNS_HOST.element.change
    if record is not None and record.live is not None:
        there = len(record.live.findall("ip/dhcp/*"))
        going = sum(1 for change in scene.of("libvirt_dhcp_host") if change.after is None and _is_in(change, name))
        if there == going:
            reservation = DHCP_SWITCHED
        elif text(values_of(record.live), "mode") in FILTERED:
            reservation = rules_reloaded(reservation)
    return {DHCP_HOST.what: reservation, DNS_HOST.what: record_of_dns}


def _is_in(change: Change, network: str) -> bool:
    return change.before is not None and text(change.before, "network") == network


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
        return _of_plugging(scene, after, running)
    if change.after is None or change.replaced:
        return _impact(UNPLUG, running)
    as_called = called_alike(change.before, change.after, scene.inventory)
    return interface_impact(as_called, change.after, scene.reach.version, running)


def _of_plugging(scene: Scene, after: Object, guests: tuple[str, ...]) -> Impact:
    """Where only the definition has lost it, the running guest keeps the NIC that it has."""
    record = scene.domain(after)
    nic = None if record is None else nic_with(text(after, "mac") or "", record.name, record.live)
    if nic is None:
        return _impact(HOTPLUG, guests)
    in_guest = interface_impact(nic_values(nic, after), after, scene.reach.version, guests)
    return worst([in_guest, _impact(DEFINED, ())])


def _impact(mechanism: Mechanism, guests: tuple[str, ...]) -> Impact:
    return Impact(mechanism.level, guests, mechanism.why, (mechanism.call,))
