"""Impacts with names: which running guests each change reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.impact import impact_between
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.mechanism import HOTPLUG, REPLACE, UNPLUG, Mechanism
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.plain import text
from kvmplan_sdk import NO_IMPACT, Change, Impact, ImpactLevel


def impacts(scene: Scene) -> Mapping[str, Impact]:
    found = {change.address: _of_network(scene, change) for change in scene.of("libvirt_network") if change.verb}
    return found | {
        change.address: _of_interface(scene, change) for change in scene.of("libvirt_interface") if change.verb
    }


def _of_network(scene: Scene, change: Change) -> Impact:
    if change.before is None:
        return NO_IMPACT
    name = text(change.before, "name")
    guests = tuple(sorted({nic.domain for nic in scene.inventory.running_nics_on(name or "")}))
    if not guests:
        return replace(change.impact, level=ImpactLevel.NONE, guests=(), why="No running guest is on it.")
    if change.after is None or change.replaced:
        return _impact(REPLACE, guests)
    return impact_between(NETWORK, change.before, change.after, guests)


def _of_interface(scene: Scene, change: Change) -> Impact:
    """Nobody notices what is done to the definition of a guest that does not run."""
    before, after = change.before or {}, change.after or {}
    names = {text(before, "domain"), text(after, "domain")} - {None}
    running = tuple(sorted(str(name) for name in names if name in _running(scene)))
    if not running:
        return NO_IMPACT
    if change.before is None:
        return _impact(HOTPLUG, running)
    if change.after is None or change.replaced:
        return _impact(UNPLUG, running)
    return impact_between(INTERFACE, change.before, change.after, running)


def _running(scene: Scene) -> set[str]:
    return {name for name, record in scene.inventory.domains.items() if record.running}


def _impact(mechanism: Mechanism, guests: tuple[str, ...]) -> Impact:
    return Impact(mechanism.level, guests, mechanism.why, (mechanism.call,))
