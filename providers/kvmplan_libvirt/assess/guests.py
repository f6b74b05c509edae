"""Guests that would lose the network they are on without the plan saying so."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_sdk import Diagnostic, error


def check_guests(scene: Scene) -> Iterator[Diagnostic]:
    for change, name in scene.removed_networks():
        left = sorted({nic.domain for nic in scene.inventory.running_nics_on(name) if not scene.leaves(nic)})
        if left:
            yield error(
                f"Running guests are on network {name}",
                f"Removing it cuts off {', '.join(left)}. Move or remove their NICs in the same plan, or shut the "
                "guests down first.",
                address=change.address,
            )
