"""``nftables_flowtable``: packets of established connections skip the forward hook, and most of what NAT costs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import FAMILIES, parse_looked_up, parse_network, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule
from kvmplan_sdk import NO_IMPACT, Attribute, Change, Diagnostic, Host, Object, ObjectSchema, Value, error
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import SetType
from kvmplan_sdk.validators import cidr
from kvmplan_sdk.values import is_known

TYPE = "nftables_flowtable"
MEMBERS = "_devices"
"""After a flowtable's name: the set of the interfaces that it shall have, be they there or not."""
_PROTOCOLS = ("tcp", "udp")
PROBE = b"""add table inet kvmplan_probe
add flowtable inet kvmplan_probe probe { hook ingress priority 0 ; }
add chain inet kvmplan_probe probe { type filter hook forward priority 0 ; }
add rule inet kvmplan_probe probe flow add @probe
"""


def _devices(value: Value) -> str | None:
    names = cast("Collection[Value]", value)
    return valid(parse_looked_up)(list(names)) if names else "Name at least one interface."


def _protocols(value: Value) -> str | None:
    names = cast("Collection[str]", value)
    return None if names and set(names) <= set(_PROTOCOLS) else "It is one or both of tcp and udp."


def _subnets(value: Value) -> str | None:
    names = cast("Collection[str]", value)
    return next(filter(None, map(cidr, names)), None) if names else "Leave it out for all that is forwarded."


def _priority(value: Value) -> str | None:
    number = float(str(value))
    return None if number.is_integer() and abs(number) < 2**31 else "A priority is a whole number."


SCHEMA = ObjectSchema(
    doc=(
        "The fast path of forwarded connections: once one is established, its packets go from device to device without "
        "the forward hook, translated as before. An interface is in one flowtable of kvmplan's at most."
    ),
    attributes={
        "devices": Attribute(
            type=SetType(STRING),
            doc="The interfaces that packets come in by, of both directions: the guests' bridge and the uplink.",
            required=True,
            validators=(_devices,),
        ),
        "subnets": Attribute(
            type=SetType(STRING),
            doc="Only connections from these subnets and to them. Left out: all that is forwarded.",
            validators=(_subnets,),
        ),
        "protocols": Attribute(
            type=SetType(STRING), doc="Of `tcp` and `udp`.", default=list(_PROTOCOLS), validators=(_protocols,)
        ),
        "priority": Attribute(
            type=NUMBER, doc="Among what else hooks `ingress` of the devices.", default=0, validators=(_priority,)
        ),
        "hw_offload": Attribute(type=BOOL, doc="Whether network cards do it (`flags offload`).", default=False),
        "counter": Attribute(type=BOOL, doc="Whether conntrack goes on counting such packets.", default=False),
    },
)


def _pieces(values: Object, owner: Owner) -> Sequence[Piece]:
    counter, offload = bool(values["counter"]), bool(values["hw_offload"])
    # nft lists neither flag in JSON: the name tells them.
    name = owner.name(f"ft{'c' * counter}{'o' * offload}")
    devices = sorted(parse_looked_up(device) for device in cast("Collection[Value]", values["devices"]))
    priority = int(str(values["priority"]))
    body = (
        f"hook ingress priority {priority} ; devices = {{ {', '.join(devices)} }} ;"
        f"{' flags offload ;' * offload}{' counter ;' * counter}"
    )
    shape = {"hook": "ingress", "prio": priority, "dev": devices if len(devices) > 1 else devices[0]}
    protocols = sorted(set(map(str, cast("Collection[Value]", values["protocols"]))) & set(_PROTOCOLS))
    match = f"meta l4proto {{ {', '.join(protocols)} }}"
    return (
        Named("flowtable", name, body, shape),
        Named("set", name + MEMBERS, "type ifname ;", {"type": "ifname"}),
        *(Element(name + MEMBERS, device) for device in devices),
        *(Rule("fastpath", f"{match} {which}flow add @{name}") for which in _which(values.get("subnets"))),
    )


def _which(subnets: Value) -> Iterator[str]:
    if subnets is None:
        yield ""
        return
    nets = {parse_network(subnet) for subnet in cast("Collection[Value]", subnets)}
    for net in sorted(nets, key=lambda net: (net.version, net)):
        for side in ("saddr", "daddr"):
            yield f"{FAMILIES[net.version]} {side} {net} "


def judge_flowtables(host: Host, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """What the kernel lacks, and interfaces that are in two."""
    planned = [c for c in changes if c.type == TYPE and c.after is not None and is_known(c.after)]
    first: dict[object, str] = {}
    for change in planned:
        for device in sorted(map(str, cast("Mapping[str, Collection[Value]]", change.after)["devices"])):
            other = first.setdefault(device, change.address)
            if other != change.address:
                detail = f"{device} is in {other} already. An interface is in one flowtable only."
                yield error("An interface in two flowtables", detail, address=change.address, path=("devices",))
    if any(change.verb for change in planned) and not host.run(["nft", "-c", "-f", "-"], input=PROBE).ok:
        detail = (
            f"Kernel {host.facts().kernel} of {host.name} lacks nf_flow_table, nf_flow_table_inet or nft_flow_offload "
            "(`modprobe nft_flow_offload`), which distributions' kernels have."
        )
        for change in planned:
            yield error("The kernel has no flowtables", detail, address=change.address)


FLOWTABLE = Kind(schema=SCHEMA, pieces=_pieces, removed=NO_IMPACT)
