"""The taps of running guests on a network that is restarted: libvirt lets go of them, and does not take them back.

Each is made a port of the new bridge again, and the kernel is asked whether it is one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from kvmplan_libvirt.inventory import Inventory, NetworkRecord, Nic
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, error
from kvmplan_sdk.host import check


def attached_to(reach: Reach, record: NetworkRecord) -> list[Nic]:
    """The NICs of running guests on the network."""
    nics = Inventory(reach.connection).running_nics()
    return [nic for nic in nics if nic.target and (nic.network == record.name or nic.bridge in record.bridges)]


def attach_again(reach: Reach, record: NetworkRecord, nics: Sequence[Nic]) -> None:
    """Raises `DiagnosticError` naming the guests whose tap is not on the bridge afterwards."""
    bridge = next(iter(record.bridges), None)
    if bridge is None or not nics:
        return
    for nic in nics:
        reach.host.run(["ip", "link", "set", "dev", str(nic.target), "master", bridge])
        reach.host.run(["ip", "link", "set", "dev", str(nic.target), "up"])
    shown = check(reach.host.run(["ip", "-j", "link", "show", "master", bridge]), f"Listing the ports of {bridge}")
    ports = {port.get("ifname") for port in json.loads(shown or b"[]")}
    lost = [nic for nic in nics if nic.target not in ports]
    if lost:
        told = ", ".join(f"{nic.domain} ({nic.target})" for nic in lost)
        raise DiagnosticError(
            error(
                f"Guests are off network {record.name}",
                f"After its restart these could not be attached to {bridge} again: {told}. Attach each with "
                f"`ip link set dev TAP master {bridge}`.",
            )
        )
