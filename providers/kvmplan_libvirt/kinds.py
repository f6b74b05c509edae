"""The kinds of resources and data sources, each with the functions that do its work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from kvmplan_libvirt.data import domains, interfaces, leases, networks, node
from kvmplan_libvirt.document import Node
from kvmplan_libvirt.entry import apply as entry_apply
from kvmplan_libvirt.entry import discovery as entry_discovery
from kvmplan_libvirt.entry import plan as entry_plan
from kvmplan_libvirt.entry import read as entry_read
from kvmplan_libvirt.entry.tables import ENTRY_KINDS
from kvmplan_libvirt.interface import apply as interface_apply
from kvmplan_libvirt.interface import discovery as interface_discovery
from kvmplan_libvirt.interface import plan as interface_plan
from kvmplan_libvirt.interface import read as interface_read
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.network import apply as network_apply
from kvmplan_libvirt.network import discovery as network_discovery
from kvmplan_libvirt.network import plan as network_plan
from kvmplan_libvirt.network import read as network_read
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.nwfilter import apply as nwfilter_apply
from kvmplan_libvirt.nwfilter import discovery as nwfilter_discovery
from kvmplan_libvirt.nwfilter import plan as nwfilter_plan
from kvmplan_libvirt.nwfilter import read as nwfilter_read
from kvmplan_libvirt.nwfilter.model import FILTER
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Discovered, Known, Object, ObjectSchema, Observed, Operation, Outcome, Planned, Proposal


def _nothing(_inventory: Inventory, _reach: Reach) -> Iterable[Discovered]:
    return ()


@dataclass(frozen=True, slots=True)
class Together:
    """``group``: operations that agree in it are carried out by one call."""

    group: Callable[[Operation], str]
    carry_out: Callable[[Reach, Sequence[Operation]], Iterator[Outcome]]


@dataclass(frozen=True, slots=True)
class Kind:
    """``put`` and ``delete`` carry out one operation; a kind without has ``together``, for several in a row.
    ``imported``: the object of an identifier, with errors as of `kvmplan_sdk.Imports`; ``discovered``: what there is
    of the kind; nothing where other objects have it inside.
    """

    node: Node
    read: Callable[[Inventory, Reach, Known], Observed | None]
    plan: Callable[[Proposal, Reach], Planned]
    put: Callable[[Reach, Operation], Object] | None = None
    delete: Callable[[Reach, Operation], None] | None = None
    imported: Callable[[Inventory, Reach, str], Observed] | None = None
    discovered: Callable[[Inventory, Reach], Iterable[Discovered]] = _nothing
    together: Together | None = None


@dataclass(frozen=True, slots=True)
class DataSource:
    schema: ObjectSchema
    read: Callable[[Reach, Inventory, Object], Object]


_ENTRY = Together(entry_apply.network_of, entry_apply.carry_out)

KINDS: Mapping[str, Kind] = {
    "libvirt_network": Kind(
        NETWORK,
        network_read.read,
        network_plan.plan,
        network_apply.put,
        network_apply.delete,
        network_discovery.imported,
        network_discovery.discovered,
    ),
    "libvirt_interface": Kind(
        INTERFACE,
        interface_read.read,
        interface_plan.plan,
        interface_apply.put,
        interface_apply.delete,
        interface_discovery.imported,
        interface_discovery.discovered,
    ),
    **{
        type_: Kind(
            kind.node,
            entry_read.read,
            entry_plan.plan,
            imported=partial(entry_discovery.imported, type_),
            discovered=partial(entry_discovery.discovered, type_),
            together=_ENTRY,
        )
        for type_, kind in ENTRY_KINDS.items()
    },
    "libvirt_nwfilter": Kind(
        FILTER,
        nwfilter_read.read,
        nwfilter_plan.plan,
        nwfilter_apply.put,
        nwfilter_apply.delete,
        nwfilter_discovery.imported,
        nwfilter_discovery.discovered,
    ),
}

DATA_SOURCES: Mapping[str, DataSource] = {
    "libvirt_dhcp_leases": DataSource(leases.LEASES, leases.read_leases),
    "libvirt_domain": DataSource(domains.DOMAIN, domains.read_domain),
    "libvirt_domains": DataSource(domains.DOMAINS, domains.read_domains),
    "libvirt_interfaces": DataSource(interfaces.INTERFACES, interfaces.read_interfaces),
    "libvirt_network": DataSource(networks.NETWORK, networks.read_network),
    "libvirt_networks": DataSource(networks.NETWORKS, networks.read_networks),
    "libvirt_node": DataSource(node.NODE, node.read_node),
}
