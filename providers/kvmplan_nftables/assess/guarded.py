"""Forwards to guests that a firewall of ours guards: does it let anybody in there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network

from kvmplan_nftables import parts
from kvmplan_nftables.assess import firewalls, forwards
from kvmplan_nftables.parts import Address, Network, Ports
from kvmplan_sdk import Diagnostic, Object, Value, error


def judge_guarded(planned: Sequence[forwards.Planned], guards: Sequence[firewalls.Planned]) -> Iterator[Diagnostic]:
    """Who asks is not looked at: only that nobody may is certain."""
    guarded = _by_network(guards)
    sizes = {net.prefixlen for net in guarded}
    for one in planned:
        for guard in _guards(one.forward.target, sizes, guarded):
            shut = [
                f"{protocol} port {ports[0] if ports[0] == ports[1] else '{}-{}'.format(*ports)}"
                for protocol in one.forward.protocols
                for ports in dict.fromkeys(mapping.targets for mapping in one.forward.mappings)
                if not _lets(guard.values, protocol, ports)
            ]
            if shut:
                yield _shut(one, guard, ", ".join(shut))


def _shut(one: forwards.Planned, guard: firewalls.Planned, ports: str) -> Diagnostic:
    return error(
        "A forward that a firewall lets nobody through",
        f"{guard.address} guards {one.forward.target} and allows no connections to its {ports}. Give it an ingress "
        "rule that allows it: the firewall sees the guest's own port, not the host's.",
        address=one.address,
        path=("target",),
    )


def _by_network(guards: Sequence[firewalls.Planned]) -> Mapping[Network, Sequence[firewalls.Planned]]:
    """Firewalls of what is routed, by the subnets and addresses that they guard."""
    found: dict[Network, list[firewalls.Planned]] = {}
    for guard in guards:
        for key in guard.keys if not guard.bridges else ():
            if key.kind != "if":
                found.setdefault(ip_network(key.text), []).append(guard)
    return found


def _guards(
    target: Address, sizes: set[int], guarded: Mapping[Network, Sequence[firewalls.Planned]]
) -> Iterator[firewalls.Planned]:
    for size in sorted(sizes):
        if size <= target.max_prefixlen:
            yield from guarded.get(ip_network((target, size), strict=False), ())


def _lets(values: Object, protocol: str, ports: Ports) -> bool:
    """Whether some rule, or the default, may let somebody in to one of ``ports``."""
    found = [rule for rule in _items(values.get("ingress")) if isinstance(rule, Mapping)]
    rules = [rule for rule in found if rule["protocol"] in ("all", protocol)]
    sets = {block["name"]: block["ports"] for block in _items(values.get("port_set")) if isinstance(block, Mapping)}
    if any(rule["action"] != "allow" and _everything(rule, sets, ports) for rule in rules):
        return False
    allowing = (rule["action"] == "allow" and _meets(rule, sets, ports) for rule in rules)
    return values["ingress_default"] == "allow" or any(allowing)


def _everything(rule: Object, sets: Mapping[Value, Value], ports: Ports) -> bool:
    """Whether a rule meets whoever asks for one of ``ports``."""
    if any(rule.get(name) is not None for name in ("source", "destination", "source_ports")):
        return False
    asked = _asked(rule, sets)
    return not asked or any(low <= ports[0] and ports[1] <= high for low, high in asked)


def _meets(rule: Object, sets: Mapping[Value, Value], ports: Ports) -> bool:
    asked = _asked(rule, sets)
    return not asked or any(low <= ports[1] and ports[0] <= high for low, high in asked)


def _asked(rule: Object, sets: Mapping[Value, Value]) -> Sequence[Ports]:
    """The ports of a rule; none for all of them."""
    named = (port for name in _items(rule.get("port_sets")) for port in _items(sets[name]))
    return [parts.parse_ports(port) for port in (*_items(rule.get("ports")), *named)]


def _items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()
