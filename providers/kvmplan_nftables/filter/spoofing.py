"""Anti-spoofing: a guest sends frames in its own name alone.

Its MAC address stands in the frame, in ARP's sender (RFC 826) and in neighbour advertisements (RFC 4861, 4.4), its
addresses in IP, in ARP's sender, and as the target of an advertisement. nft 1.0.6 has no words for the parts of an
advertisement, so they are taken from their places in it: the target at byte 8, the first option at byte 24.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from kvmplan_nftables.parts import Network, braced, collapsed, spelled

_ADVERT = "icmpv6 type nd-neighbor-advert"
_SERVERS = (
    "udp sport 67 udp dport 68",
    "udp sport 547 udp dport 546",
    "icmpv6 type nd-router-advert",
    "icmpv6 type nd-redirect",
)
_DHCP = "udp sport 68 udp dport 67"
_UNSPECIFIED = "0.0.0.0"  # noqa: S104 - the sender of who has no address yet


@dataclass(frozen=True, slots=True)
class Spoofing:
    """Whose frames: the NIC's ``mac``. ``addresses``: its own, None for any; ``router``: it may give addresses."""

    mac: str
    addresses: tuple[Network, ...] | None
    router: bool


def lines(own: Spoofing) -> Iterator[str]:
    yield f"ether saddr != {own.mac} drop"
    yield f"arp saddr ether != {own.mac} drop"
    number = int(own.mac.replace(":", ""), 16)
    yield f"{_ADVERT} ip6 length > 24 @th,192,64 != {0x0201 << 48 | number:#x} drop"
    if not own.router:
        yield from (f"{match} drop" for match in _SERVERS)
    if own.addresses is not None:
        yield from _addresses(own.addresses, number)


def _addresses(addresses: Sequence[Network], mac: int) -> Iterator[str]:
    """The last rule drops whatever else there is. Tags go before: nft finds addresses behind them, too."""
    yield from (f"ether type {tag} drop" for tag in ("8021q", "8021ad"))
    four = [spelled(net) for net in collapsed(addresses, 4)]
    six = collapsed([*addresses, IPv6Network(link_local(mac))], 6)
    yield f"arp saddr ip {braced(dict.fromkeys([*four, _UNSPECIFIED]))} return"
    yield f"ip saddr {_UNSPECIFIED} {_DHCP} return"
    if four:
        yield f"ip saddr {braced(four)} return"
    targets = [f"{int(net[0]):#x}-{int(net[-1]):#x}" if net.num_addresses > 1 else f"{int(net[0]):#x}" for net in six]
    yield f"{_ADVERT} @th,64,128 != {braced(targets)} drop"
    yield f"ip6 saddr {braced(map(spelled, six))} return"
    yield "ip6 saddr :: icmpv6 type @fw_nd_unspecified return"
    yield "drop"


def link_local(mac: int) -> IPv6Address:
    """RFC 4291, appendix A."""
    high, low = mac >> 24 ^ 0x020000, mac & 0xFFFFFF
    return IPv6Address(0xFE80 << 112 | high << 40 | 0xFFFE << 24 | low)
