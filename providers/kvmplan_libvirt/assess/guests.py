"""Guests that would lose the network they are on without the plan saying so, or have lost it already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.interface.tap import bridge_meant, is_loose
from kvmplan_sdk import Change, Diagnostic, Object, error, warning


def check_guests(scene: Scene) -> Iterator[Diagnostic]:
    yield from _cut_off(scene)
    for change in scene.of("libvirt_network"):
        if change.before is not None and change.after is not None and not change.replaced:
            yield from _off_already(scene, change, str(change.before["name"]))
            yield from _keeping_mtu(scene, change, change.before, change.after)


def _off_already(scene: Scene, change: Change, name: str) -> Iterator[Diagnostic]:
    """A restart of the network by others, or one that was cut short, leaves guests' taps off its bridge. NICs with a
    resource of their own are put back by it.
    """
    off: dict[str, list[str]] = defaultdict(list)
    for nic in scene.inventory.running_nics_on(name):
        if is_loose(scene.inventory, nic) and not scene.holds(nic):
            off[bridge_meant(scene.inventory, nic) or ""].append(f"{nic.domain} ({nic.target})")
    for bridge, taps in off.items():
        yield warning(
            f"Running guests are off network {name}",
            f"For libvirt they are on it, but their taps are not on its bridge: {', '.join(sorted(taps))}. Attach each "
            f"with `ip link set dev TAP master {bridge} up`, or describe it as a `libvirt_interface`.",
            address=change.address,
        )


def _keeping_mtu(scene: Scene, change: Change, before: Object, after: Object) -> Iterator[Diagnostic]:
    """A tap gets the MTU of its network when it is plugged in, and a virtio device tells the guest of it only then. A
    tap with less than its guest believes in would drop frames without a word, so taps are left alone.
    """
    if before.get("mtu") == after.get("mtu"):
        return
    name = str(before["name"])
    staying = (
        nic for nic in scene.inventory.running_nics_on(name) if not scene.leaves(nic) and not scene.plugs_again(nic)
    )
    guests = sorted({nic.domain for nic in staying if nic.element.find("mtu") is None})
    if guests:
        yield warning(
            f"Running guests keep the MTU that they have on network {name}",
            f"A NIC gets its network's MTU when it is plugged in. {', '.join(guests)}: plug the NIC in again "
            "(`kvmplan apply --replace`), or start the guest anew.",
            address=change.address,
            path=("mtu",),
        )


def _cut_off(scene: Scene) -> Iterator[Diagnostic]:
    for change, name in scene.removed_networks():
        left = sorted({nic.domain for nic in scene.inventory.running_nics_on(name) if not scene.leaves(nic)})
        if left:
            yield error(
                f"Running guests are on network {name}",
                f"Removing it cuts off {', '.join(left)}. Move or remove their NICs in the same plan, or shut the "
                "guests down first.",
                address=change.address,
            )
