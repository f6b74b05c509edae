"""Judging the whole of a lane's plan against the host as it is: will the forwards work, and whom do they disturb?"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from itertools import product

from kvmplan_nftables.assess.filters import Chain, Obstacle, Ruleset, is_libvirts, obstacles, parse_ruleset
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.nat.forward import Forward, forward_of
from kvmplan_sdk import Change, ClaimedBy, Diagnostic, Host, SubnetClaim, error, warning
from kvmplan_sdk.host import check

_FORWARDING = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


@dataclass(frozen=True, slots=True)
class Planned:
    """A forward as it will be. ``changed``: it is new or differs from what is there."""

    address: str
    forward: Forward
    changed: bool


def forwards(changes: Sequence[Change]) -> list[Planned]:
    """The forwards after the plan, without those that are not known yet or go."""
    found = []
    for change in changes:
        if change.type == "nftables_port_forward" and change.after is not None:
            with contextlib.suppress(ValueError):  # planning has said what is wrong with it
                forward = forward_of(change.after)
                if forward is not None:
                    found.append(Planned(change.address, forward, change.verb is not None))
    return found


def judge(host: Host, planned: Sequence[Planned], claims: Sequence[ClaimedBy]) -> Iterator[Diagnostic]:
    """Everything that would keep a forward from working, or that it takes over."""
    if not planned:
        return
    host_view = _View.of(host)
    subnets = [claimed.claim for claimed in claims if isinstance(claimed.claim, SubnetClaim)]
    for one in planned:
        holding = [subnet for subnet in subnets if one.forward.target in subnet.network]
        claim = max(holding, key=lambda subnet: subnet.network.prefixlen, default=None)
        if claim is not None and claim.filtered_by:
            yield _filtered(one, claim)
        else:
            yield from _blocked(one, claim, host_view)
            yield from _not_forwarding(one, claim, host_view)
        if one.changed:
            yield from _listening(one, host_view)


def _filtered(one: Planned, claim: SubnetClaim) -> Diagnostic:
    return error(
        "Port forward into a filtered network",
        f"{one.forward.target} is in {claim.network} on {claim.interface}, where {claim.filtered_by} rejects new "
        'connections from outside; no rule in another table can open that. Write mode = "open" in that network, and '
        f'give it the way out with a nftables_masquerade of source = "{claim.network}".',
        address=one.address,
        path=("target",),
    )


@dataclass(frozen=True, slots=True)
class _View:
    """What the host says: foreign chains, routes, the IP versions that it does not forward, and listening sockets."""

    ruleset: Ruleset
    routes: Sequence[tuple[IPv4Network | IPv6Network, str]]
    off: frozenset[int]
    sockets: Sequence[tuple[str, str, int]]

    @classmethod
    def of(cls, host: Host) -> _View:
        listing = json.loads(check(host.run(["nft", "-j", "list", "ruleset"]), "Listing the host's ruleset"))
        off = [version for version, name in _FORWARDING.items() if _sysctl(host, name) == b"0"]
        sockets = check(host.run(["ss", "-H", "-ltun"]), "Listing listening sockets").decode()
        return cls(parse_ruleset(listing["nftables"]), _routes(host), frozenset(off), list(_sockets(sockets)))

    def interface_to(self, target: IPv4Address | IPv6Address) -> str | None:
        ways = [(network.prefixlen, device) for network, device in self.routes if target in network]
        return max(ways)[1] if ways else None

    def outside(self) -> tuple[str, ...]:
        """The interfaces of the default routes."""
        return tuple(sorted({device for network, device in self.routes if network.prefixlen == 0}))


def _sysctl(host: Host, name: str) -> bytes:
    return (host.read_file("/proc/sys/" + name.replace(".", "/")) or b"").strip()


def _routes(host: Host) -> list[tuple[IPv4Network | IPv6Network, str]]:
    routes: list[tuple[IPv4Network | IPv6Network, str]] = []
    for version, default in (("-4", "0.0.0.0/0"), ("-6", "::/0")):
        found = json.loads(check(host.run(["ip", version, "-j", "route"]), "Listing routes") or b"[]")
        for route in found:
            if "dev" in route:
                destination = default if route["dst"] == "default" else route["dst"]
                routes.append((ip_network(destination), route["dev"]))
    return routes


def _sockets(listing: str) -> Iterator[tuple[str, str, int]]:
    """Protocol, address ("" for any) and port of each line of ss(8)."""
    for line in listing.splitlines():
        protocol, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        address = address.partition("%")[0].strip("[]")
        if port.isdecimal():
            yield protocol, "" if address in ("0.0.0.0", "*", "::") else address, int(port)  # noqa: S104


def _blocked(one: Planned, claim: SubnetClaim | None, view: _View) -> Iterator[Diagnostic]:
    forward = one.forward
    interface = claim.interface if claim else view.interface_to(forward.target)
    if interface is None:
        return
    told = set()
    for protocol, mapping in product(forward.protocols, forward.mappings):
        port = mapping.targets[0]
        packet = Packet(protocol, forward.target, port, interface, view.outside())
        for found in obstacles(view.ruleset, packet, ignore_libvirt=claim is not None):
            if found not in told:
                told.add(found)
                yield _obstacle(one, found, interface, port)


def _obstacle(one: Planned, found: Obstacle, interface: str, port: int) -> Diagnostic:
    chain, where = " ".join(found.chain), f"{one.forward.target} port {port} on {interface}"
    accept = f"Accept them in that firewall: `{_accepting(found.chain, interface)}`"
    if found.policy:
        summary = "A foreign firewall may drop the forwarded connections"
        problem = f"The policy of the chain {chain} is drop, and no rule there surely lets connections to {where} pass"
        return warning(summary, f"{problem}. {accept}.", address=one.address, path=("target",))
    if is_libvirts(found.chain):
        accept = (
            "That is libvirt's own filter of the network: give it mode = \"open\" (virsh: <forward mode='open'/>), and "
            "its guests the way out with nftables_masquerade"
        )
    say, does = (error, "rejects") if found.certain else (warning, "seems to reject")
    return say(
        "A foreign firewall stops the forwarded connections",
        f"The chain {chain} {does} new connections to {where}, and no rule in another table can open that. {accept}.",
        address=one.address,
        path=("target",),
    )


def _accepting(chain: Chain, interface: str) -> str:
    family, _, name = chain
    if name.isupper() and family in ("ip", "ip6"):  # iptables owns it, and refuses chains that nft wrote into
        tool = "iptables" if family == "ip" else "ip6tables"
        return f"{tool} -I {name} -o {interface} -m conntrack --ctstate DNAT -j ACCEPT"
    return f'oifname "{interface}" ct status dnat accept'


def _not_forwarding(one: Planned, claim: SubnetClaim | None, view: _View) -> Iterator[Diagnostic]:
    version = one.forward.target.version
    if claim is None and version in view.off:
        name = _FORWARDING[version]
        yield warning(
            "The host does not forward packets",
            f"{name} is 0, so nothing gets from outside to {one.forward.target}. Run `sysctl -w {name}=1` and keep it "
            "in /etc/sysctl.d. (libvirt sets it when a routed network starts.)",
            address=one.address,
        )


def _listening(one: Planned, view: _View) -> Iterator[Diagnostic]:
    forward = one.forward
    for protocol, address, port in view.sockets:
        same = address == "" or forward.address is None or address == str(forward.address)
        if forward.takes(protocol, port) and same and not address.startswith("127."):
            where = address or "any address"
            yield warning(
                "A forward takes over a port that the host answers on",
                f"Something listens on {protocol} port {port} of {where} (`ss -ltunp`); once the forward is there, new "
                f"connections from outside go to {forward.target} instead. Choose another port, or an address.",
                address=one.address,
                path=("port",),
            )
            return
