"""What is wrong with a firewall by itself: what contradicts itself, or could never do anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby

from kvmplan_nftables import parts
from kvmplan_nftables.filter import services, terms, whom
from kvmplan_sdk import Diagnostic, Object, Value, error, warning

_STRENGTH = ("drop", "reject", "allow")


def check(values: Object) -> Iterator[Diagnostic]:
    yield from _whom(values)
    yield from _family(values)
    yield from _spoofing(values)
    yield from _sets(values)
    for direction in ("ingress", "egress"):
        for index, rule in enumerate(_blocks(values, direction)):
            yield from _rule(values, rule, (direction, index))
        yield from _contradictions(values, direction)


def _blocks(values: Object, name: str) -> list[Object]:
    found = values.get(name)
    return [block for block in found if isinstance(block, Mapping)] if isinstance(found, (list, tuple)) else []


def _whom(values: Object) -> Iterator[Diagnostic]:
    ways = whom.ways(values)
    if not ways:
        yield error("Nobody to guard", f"Write one of {', '.join(whom.WAYS)}.")
    elif len(ways) > 1:
        yield error("Guarded twice", f"{' and '.join(ways)} are written; keep one.", path=(ways[1],))
    elif (nobodys := _nobodys(values, "address")) is not None:
        yield error("No guest's address", f"No guest sends from {nobodys}.", path=("address",))
    elif values.get("address") == []:
        yield error("Nobody to guard", "The list of addresses is empty.", path=("address",))


def _family(values: Object) -> Iterator[Diagnostic]:
    if values["family"] == "bridge":
        yield from _bridge(values)
        return
    if values.get("mac") is not None:
        yield error(
            "A MAC address in the family inet",
            "What the host routes to a guest has no MAC address yet when it is judged. Write the guest's address, or "
            'family = "bridge".',
            path=("mac",),
        )
    if not values["stateful"]:
        detail = "The family inet always keeps state. Leave stateful out."
        yield error("Without state in the family inet", detail, path=("stateful",))


def _bridge(values: Object) -> Iterator[Diagnostic]:
    sent = "A bridge cannot reject what it is about to send out: the kernel rejects only what has just come in."
    if values["ingress_default"] == "reject":
        yield error("Rejected by a bridge", f"{sent} Write drop.", path=("ingress_default",))
    for index, rule in enumerate(_blocks(values, "ingress")):
        if rule["action"] == "reject":
            yield error("Rejected by a bridge", f"{sent} Write drop.", path=("ingress", index, "action"))


def _spoofing(values: Object) -> Iterator[Diagnostic]:
    block, path = values.get("anti_spoofing"), ("anti_spoofing",)
    said: Mapping[str, Value] = block if isinstance(block, Mapping) else {}
    if values["family"] != "bridge":
        if block is not None:
            detail = 'Only the family "bridge" sees frames. Write a second firewall for the guest\'s tap there.'
            yield error("Anti-spoofing in the family inet", detail, path=path)
        return
    if said.get("enabled") is False:
        return
    off = "or anti_spoofing { enabled = false }"
    if values.get("address") is not None or values.get("network") is not None:
        yield error(
            "Spoofing cannot be prevented",
            "Who is known by the address alone gets past the firewall with another one. Write the guest's interface "
            f"or mac, {off}.",
            path=path,
        )
    elif values.get("mac") is None and said.get("mac") is None:
        yield error("Anti-spoofing without a MAC address", f"Write anti_spoofing {{ mac = ... }}, {off}.", path=path)
    elif said.get("mac") and values.get("mac") and str(said["mac"]).lower() != str(values["mac"]).lower():
        detail = f"The firewall guards {values['mac']}, which cannot be {said['mac']}. Leave one out."
        yield error("Two MAC addresses", detail, path=(*path, "mac"))
    if (nobodys := _nobodys(said, "addresses")) is not None:
        yield error("No guest's address", f"No guest sends from {nobodys}.", path=(*path, "addresses"))
    if said.get("addresses") == []:
        detail = "The guest could send from no address at all. Leave addresses out for any."
        yield error("No addresses", detail, path=(*path, "addresses"))


def _nobodys(block: Object, name: str) -> str | None:
    """An address in the list that is nobody's."""
    for one in _listed(block, name):
        net = parts.parse_net(one)
        if net.is_multicast or net.is_loopback or net.is_unspecified:
            return one
    return None


def _sets(values: Object) -> Iterator[Diagnostic]:
    for kind in ("address_set", "port_set"):
        names = [str(block["name"]) for block in _blocks(values, kind)]
        for index, name in enumerate(names):
            if name in names[:index]:
                yield error("Two sets of one name", f"Another {kind} is named {name}.", path=(kind, index, "name"))
    for index, block in enumerate(_blocks(values, "port_set")):
        if not block["ports"]:
            yield error("An empty set", "A port_set needs a port.", path=("port_set", index, "ports"))
    names = _listed(values, "services")
    for name in names:
        service = services.SERVICES.get(name)
        if service is not None and values["family"] not in service.families:
            known = ", ".join(services.in_family(str(values["family"])))
            why = f"{name} is not seen in the family {values['family']}; there are {known}."
            yield error("A service of another family", why, path=("services",))


def _listed(block: Object, name: str) -> list[str]:
    value = block.get(name)
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _rule(values: Object, rule: Object, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    yield from _protocol(rule, path)
    yield from _references(values, rule, path)
    if rule.get("limit") is not None and rule["action"] != "allow":
        detail = "limit says how much an allow rule lets pass. To have fewer lines in the log, write rate in log."
        yield error(f"A limit of a {rule['action']} rule", detail, path=(*path, "limit"))


def _protocol(rule: Object, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    protocol = str(rule["protocol"])
    for name in ("ports", "port_sets", "source_ports"):
        if rule.get(name) is not None and protocol not in terms.WITH_PORTS:
            detail = f'protocol is {protocol}, which has no ports. Write protocol = "tcp", "udp" or "sctp".'
            yield error("Ports without a protocol", detail, path=(*path, name))
        elif rule.get(name) == []:
            yield error("No ports", f"{name} is empty. Leave it out for any port.", path=(*path, name))
    types, known = _listed(rule, "icmp_types"), terms.ICMP_TYPES.get(protocol)
    if types and known is None:
        detail = f'protocol is {protocol}. Write protocol = "icmp" or "icmpv6".'
        yield error("ICMP types of another protocol", detail, path=(*path, "icmp_types"))
    for one in types:
        if known is not None and one not in known:
            detail = f"{one!r} is no type of {protocol}. There are {', '.join(sorted(known))}."
            yield error("Unknown ICMP type", detail, path=(*path, "icmp_types"))


def _references(values: Object, rule: Object, path: tuple[str | int, ...]) -> Iterator[Diagnostic]:
    sets = {str(block["name"]): _listed(block, "addresses") for block in _blocks(values, "address_set")}
    ports = {str(block["name"]) for block in _blocks(values, "port_set")}
    for name in _listed(rule, "port_sets"):
        if name not in ports:
            yield error("Unknown port_set", f"There is no port_set {name} here.", path=(*path, "port_sets"))
    meant = {4, 6} - {{"icmp": 6, "icmpv6": 4}.get(str(rule["protocol"]), 0)}
    told = False
    for side in ("source", "destination"):
        peers = _listed(rule, side)
        if rule.get(side) == []:
            told = True
            yield error("Nobody", f"{side} is empty. Leave it out for everybody.", path=(*path, side))
        unknown = [peer[1:] for peer in peers if peer.startswith("$") and peer[1:] not in sets]
        if unknown:
            told = True
            yield error("Unknown address_set", f"There is no address_set {unknown[0]} here.", path=(*path, side))
        elif peers:
            named = [item for peer in peers for item in (sets[peer[1:]] if peer.startswith("$") else [peer])]
            # An empty set is one that addresses will come into.
            meant &= {parts.parse_net(item).version for item in named} or meant
    guarded = {int(key.kind[-1]) for key in _keys(values) if key.kind[-1].isdecimal()}
    if not told and not meant & (guarded or meant):
        detail = (
            "No packet is of IPv4 and of IPv6: protocol, source, destination and whom it guards do not go together."
        )
        yield error("A rule of two families", detail, path=path)


def _keys(values: Object) -> list[whom.Key]:
    return list(whom.keys(values)) if len(whom.ways(values)) == 1 else []


def _contradictions(values: Object, direction: str) -> Iterator[Diagnostic]:
    """Rules that meet the same packets: all but the strongest do nothing."""
    rules = sorted(
        (
            (_meets(rule), _STRENGTH.index(str(rule["action"])), index, rule)
            for index, rule in _numbered(values, direction)
        ),
        key=lambda one: one[:3],
    )
    for _, same in groupby(rules, key=lambda one: one[0]):
        (_, strength, _, strongest), *others = same
        for _, weaker, index, rule in others:
            if weaker != strength:
                detail = f"A rule that {strongest['action']}s the very same packets wins over it. Keep one of the two."
                yield warning(f"This {rule['action']} never does anything", detail, path=(direction, index))


def _numbered(values: Object, direction: str) -> Iterator[tuple[int, Object]]:
    yield from enumerate(_blocks(values, direction))


def _meets(rule: Object) -> str:
    named = ("protocol", "ports", "port_sets", "source_ports", "source", "destination", "icmp_types")
    return repr(
        [sorted(map(str, value)) if isinstance(value := rule.get(name), (list, tuple)) else value for name in named]
    )


__all__ = ["check"]
