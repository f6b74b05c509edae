"""Single entries that cannot be where they are planned: no such network, no subnet for them, or somebody has that
address, guest or name already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_libvirt.assess.networks import missing_network
from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.entry.apply import transient
from kvmplan_libvirt.entry.book import book_of
from kvmplan_libvirt.entry.tables import DHCP_HOST, DNS_HOST, ENTRY_KINDS, EntryKind
from kvmplan_libvirt.network.check_dhcp import Span, check_reserved, spans_of
from kvmplan_libvirt.network.model import OWN_BRIDGE
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import Address, Interface, block, blocks, parse_address, parse_interface, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Change, Diagnostic, Object, Value, error

Taken = dict[tuple[str, int, str, Value], str]
"""Who has a MAC address, DUID, name or address: by the kind of entry, the version of IP, the attribute, the value."""


@dataclass(frozen=True, slots=True)
class Served:
    """A subnet of a network; ``spans``: its DHCP ranges, None where it serves no DHCP."""

    interface: Interface
    spans: Sequence[Span] | None


def check_entries(scene: Scene) -> Iterator[Diagnostic]:
    by_network: dict[str, list[tuple[Change, Object]]] = defaultdict(list)
    for type_ in ENTRY_KINDS:
        for change, after in scene.planned(type_):
            if (name := text(after, "network")) is not None:
                by_network[name].append((change, after))
    networks = {text(after, "name"): (change, after) for change, after in scene.planned("libvirt_network")}
    for name, children in by_network.items():
        yield from _check_network(scene, name, networks.get(name), children)


def _check_network(
    scene: Scene, name: str, planned: tuple[Change, Object] | None, children: Sequence[tuple[Change, Object]]
) -> Iterator[Diagnostic]:
    record = scene.inventory.network_named(name)
    problem = missing_network(scene, name)
    if problem is None and planned is None and record is not None and record.config is None:
        problem = transient(name)
    if problem is not None:
        yield from (problem.about(change.address) for change, _ in children)
        return
    if planned is not None and planned[0].replaced:
        yield from _lost(name, planned[0], children)
    values, taken = _ground(scene, name, planned)
    served = _served(values)
    for change, after in children:
        kind = ENTRY_KINDS[change.type]
        found = _check_place if kind is DHCP_HOST else _check_dns
        yield from (one.about(change.address) for one in found(name, values, served, after))
        yield from _check_taken(kind, change, after, taken)


def _lost(name: str, network: Change, children: Sequence[tuple[Change, Object]]) -> Iterator[Diagnostic]:
    for change, _ in children:
        if change.before is not None and not change.replaced:
            yield error(
                f"Network {name} is made anew, and this entry would be lost",
                "Make it anew too: `lifecycle { replace_triggered_by = [" + network.address + ".uuid] }`.",
                address=change.address,
                path=("network",),
            )


def _ground(scene: Scene, name: str, planned: tuple[Change, Object] | None) -> tuple[Object, Taken]:
    """The network as it will be but for the entries of this plan, and what is taken in it."""
    record = scene.inventory.network_named(name)
    ours = {scene.reach.owner(change.tagged) for type_ in ENTRY_KINDS for change in scene.of(type_)}
    mine = {key for key, owner in record.entry_owners.items() if owner in ours} if record is not None else set()
    taken: Taken = {}
    if planned is None:
        assert record is not None
        there = values_of(record.any, mine)
        _take_all(taken, there, f"network {name}, where somebody else wrote it")
        return there, taken
    change, values = planned
    _take_all(taken, values, change.address)
    others = () if record is None else book_of(record).parts[0].values()
    for entry in others:
        owner = None if record is None else record.entry_owners.get(entry.key)
        if owner is not None and entry.key not in mine:
            _take(taken, entry.kind, entry.values, f"{owner.address} of another state")
    return values, taken


def _take_all(taken: Taken, network: Object, who: str) -> None:
    for ip in blocks(network, "ip"):
        for host in blocks(block(ip, "dhcp") or {}, "host"):
            _take(taken, DHCP_HOST, host, who)
    for host in blocks(block(network, "dns") or {}, "host"):
        _take(taken, DNS_HOST, host, who)


def _take(taken: Taken, kind: EntryKind, values: Object, who: str) -> dict[str, str]:
    """What somebody else has already, by the attribute that says it."""
    address = parse_address(values.get("ip"))
    version = address.version if address else 0
    clashes = {}
    for name in ("mac", "id", "name", "ip") if kind is DHCP_HOST else ("ip",):
        value = canonical(values.get(name))
        if isinstance(value, str):
            holder = taken.setdefault((kind.what, version, name, value), who)
            if holder != who:
                clashes[name] = holder
    return clashes


def _check_taken(kind: EntryKind, change: Change, after: Object, taken: Taken) -> Iterator[Diagnostic]:
    by_holder: dict[str, list[str]] = defaultdict(list)
    for name, holder in _take(taken, kind, after, change.address).items():
        by_holder[holder].append(name)
    for holder, names in by_holder.items():
        said = " and ".join(f"{name} {after.get(name)}" for name in names)
        yield error(
            f"There is already a {kind.what} of {said}",
            f"It is in {holder}. Write it in one place only, or import it.",
            address=change.address,
            path=(names[0],),
        )


def _served(network: Object) -> list[Served]:
    found = []
    for ip in blocks(network, "ip"):
        interface, dhcp = parse_interface(ip.get("address"), ip.get("prefix")), block(ip, "dhcp")
        if interface is not None:
            found.append(Served(interface, None if dhcp is None else spans_of(dhcp, interface)))
    return found


def _check_place(name: str, network: Object, served: Sequence[Served], after: Object) -> Iterator[Diagnostic]:
    address = parse_address(after.get("ip"))
    if text(network, "mode") not in {None, *OWN_BRIDGE}:
        yield _serves_nothing(name, network, "DHCP")
    elif address is not None:
        yield from _check_subnet(name, served, address)


def _check_subnet(name: str, served: Sequence[Served], address: Address) -> Iterator[Diagnostic]:
    family = [subnet for subnet in served if subnet.interface.version == address.version]
    holding = [subnet for subnet in family if address in subnet.interface.network]
    serving = [subnet for subnet in family if subnet.spans is not None]
    if not holding:
        there = ", ".join(str(subnet.interface.network) for subnet in served) or "none"
        yield error(
            f"{address} is outside of network {name}",
            f"A reservation is served in the subnet that holds its address. Subnets of the network: {there}.",
            path=("ip",),
        )
    elif serving and not any(subnet in serving for subnet in holding):
        yield error(
            f"Network {name} serves DHCP in another subnet",
            f"libvirt serves one IPv{address.version} subnet of a network, here {serving[0].interface.network}.",
            path=("ip",),
        )
    else:
        subnet = next((subnet for subnet in holding if subnet in serving), holding[0])
        yield from check_reserved(address, subnet.interface, subnet.spans or (), ("ip",))


def _check_dns(name: str, network: Object, _served: Sequence[Served], _after: Object) -> Iterator[Diagnostic]:
    if text(network, "mode") not in {None, *OWN_BRIDGE}:
        yield _serves_nothing(name, network, "DNS")
    elif (block(network, "dns") or {}).get("enable") is False:
        yield error(f"Network {name} has no DNS service", "It is switched off there: `dns.enable`.", path=("network",))


def _serves_nothing(name: str, network: Object, what: str) -> Diagnostic:
    return error(
        f"Network {name} serves no {what}",
        f'Its mode is "{text(network, "mode")}": its guests are on a network of the host, and libvirt serves nothing '
        "there.",
        path=("network",),
    )
