"""Judging forwards against the host as it is: will they work, and whom do they disturb?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Literal

from kvmplan_nftables.assess.filters import obstacles
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.assess.traffic import Traffic, judged
from kvmplan_nftables.assess.view import View
from kvmplan_nftables.nat.dnat import dnat_as_forward
from kvmplan_nftables.nat.forward import Forward, forward_of
from kvmplan_nftables.nat.match import nets
from kvmplan_nftables.standing import standing
from kvmplan_sdk import Change, Diagnostic, Object, SubnetClaim, Value, error, warning

_FEW = 3
_PRIORITY = -100
"""Of our chains that forward (`kvmplan_nftables.table.translation`)."""
_READ = {"nftables_port_forward": forward_of, "nftables_dnat": dnat_as_forward}


@dataclass(frozen=True, slots=True)
class Planned:
    """A forward as it will be. ``changed``: it is new or differs from what is there; ``through``: it takes what goes
    through the host to a subnet, not to the host itself.
    """

    address: str
    forward: Forward
    changed: bool
    through: bool = False


def forwards(changes: Sequence[Change]) -> list[Planned]:
    """The forwards after the plan, without those that are not known yet or go."""
    return list(standing(changes, _READ, _planned))


def _planned(change: Change, values: Object) -> Planned:
    through = _is_subnet(values.get("destination"))
    return Planned(change.address, _READ[change.type](values), change.verb is not None, through)


def judge_forwards(view: View, planned: Sequence[Planned], subnets: Sequence[SubnetClaim]) -> Iterator[Diagnostic]:
    """Everything that would keep a forward from working, or that it takes over."""
    claims, walking = Nets((claim.network, claim) for claim in subnets), []
    for one in planned:
        holding = claims.around(one.forward.target)
        claim = max(holding, key=lambda pair: pair[0].prefixlen)[1] if holding else None
        if claim is not None and claim.filtered_by:
            yield _filtered(one, claim)
        else:
            walking.append(_traffic(one, claim, view))
        if one.changed:
            if claim is None:
                yield from _elsewhere(one, view)
            if not one.through:
                yield from _taken(one, view)
                yield from _listening(one, view)
    yield from judged(chain.from_iterable(walking), view)


def _elsewhere(one: Planned, view: View) -> Iterator[Diagnostic]:
    """A target in no network that the plan or the host has: there a slip of the hand would show too late."""
    target = one.forward.target
    if not view.is_near(target):
        way = "sends it on by the default route" if view.interface_to(target) else "knows no way there"
        yield warning(
            "The target is in no network of this host",
            f"{target} is in no guest network of this plan, and the host {way}. Write the address of a guest. (A "
            "server elsewhere answers its clients directly, past this host, and they do not know it.)",
            address=one.address,
            path=("target",),
        )


def _filtered(one: Planned, claim: SubnetClaim) -> Diagnostic:
    return error(
        "Port forward into a filtered network",
        f"{one.forward.target} is in {claim.network} on {claim.interface}, where {claim.filtered_by} rejects new "
        'connections from outside; no rule in another table can open that. Write mode = "open" in that network, and '
        f'give it the way out with a nftables_masquerade of source = "{claim.network}".',
        address=one.address,
        path=("target",),
    )


def _traffic(one: Planned, claim: SubnetClaim | None, view: View) -> Iterator[Traffic]:
    forward = one.forward
    interface = claim.interface if claim else view.interface_to(forward.target)
    if interface is None:
        return
    for protocol, port in _asked(forward, "targets"):
        packet = Packet(
            version=forward.target.version,
            protocol=protocol,
            target=forward.target,
            port=port,
            incoming=(forward.interface,) if forward.interface else view.outside(forward.target.version),
            perhaps=() if forward.interface else view.sides_but(interface),
            outgoing=interface,
            translated=True,
        )
        yield Traffic(
            address=one.address,
            path=("target",),
            what=f"new connections to {forward.target}{f' port {port}' if port else ''} on {interface}",
            packet=packet,
            vital=one.changed,
            known=claim is not None,
            sort=interface,
        )


def _asked(forward: Forward, side: Literal["ports", "targets"]) -> Iterator[tuple[str, int]]:
    """A protocol and the first of its ports, of each mapping; "" and 0 for whatever is asked."""
    if forward.is_whole:
        yield "", 0
        return
    for protocol, mapping in product(forward.protocols, forward.mappings):
        ports = mapping.ports if side == "ports" else mapping.targets
        yield protocol, 0 if ports == (1, 65535) else ports[0]


def _is_subnet(destination: Value) -> bool:
    return any(net.num_addresses > 1 for net in nets(destination))


def _taken(one: Planned, view: View) -> Iterator[Diagnostic]:
    """Somebody else's rule that gives the port to another, before ours is asked."""
    forward = one.forward
    told = set()
    for protocol, port in _asked(forward, "ports"):
        packet = Packet(
            version=forward.target.version,
            protocol=protocol,
            target=forward.address,
            port=port,
            incoming=(forward.interface,) if forward.interface else view.outside(forward.target.version),
            perhaps=() if forward.interface else view.sides_but(),
            kind="local",
        )
        for found in obstacles(view.ruleset, packet, ignore_libvirt=False, hook="prerouting"):
            if found in told or found.handle is None or found.priority > _PRIORITY:
                continue
            told.add(found)
            asked = f" to {protocol} port {port}" if port else ""
            yield warning(
                "Another rule forwards this port",
                f"The chain {' '.join(found.chain)} sends new connections{asked} elsewhere "
                f"by the rule {view.rule(found)}. Of two such rules the one that is asked first wins. Choose "
                "another port, or an address, or stop publishing the port there.",
                address=one.address,
                path=("port",),
            )


def _listening(one: Planned, view: View) -> Iterator[Diagnostic]:
    forward = one.forward
    found = sorted(
        (protocol, port, address)
        for protocol, mapping in product(forward.protocols, forward.mappings)
        for port, address in view.listening(protocol, mapping.ports)
        if (address == "" or forward.address is None or address == str(forward.address))
        and not address.startswith("127.")
    )
    if found:
        places = [f"{protocol} port {port} of {address or 'any address'}" for protocol, port, address in found]
        more = f" and {len(places) - _FEW} more" if len(places) > _FEW else ""
        login = " Port 22 is where you log in to the host." if any(place[:2] == ("tcp", 22) for place in found) else ""
        yield warning(
            "A forward takes over a port that the host answers on",
            f"Something listens on {', '.join(places[:_FEW])}{more} (`ss -ltunp`); once the forward is there, new "
            f"connections from outside go to {forward.target} instead.{login} Choose another port, or an address.",
            address=one.address,
            path=("port",),
        )
