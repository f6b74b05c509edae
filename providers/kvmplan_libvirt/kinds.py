"""The kinds of resources: for each, the functions that read, plan, put in place and remove one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.interface import apply as interface_apply
from kvmplan_libvirt.interface import plan as interface_plan
from kvmplan_libvirt.interface import read as interface_read
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.network import apply as network_apply
from kvmplan_libvirt.network import plan as network_plan
from kvmplan_libvirt.network import read as network_read
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Known, Object, Observed, Operation, Planned, Proposal


@dataclass(frozen=True, slots=True)
class Kind:
    node: Node
    read: Callable[[Inventory, Reach, Known], Observed | None]
    plan: Callable[[Proposal, Reach], Planned]
    put: Callable[[Reach, Operation], Object]
    delete: Callable[[Reach, Operation], None]


KINDS: Mapping[str, Kind] = {
    "libvirt_network": Kind(NETWORK, network_read.read, network_plan.plan, network_apply.put, network_apply.delete),
    "libvirt_interface": Kind(
        INTERFACE, interface_read.read, interface_plan.plan, interface_apply.put, interface_apply.delete
    ),
}
