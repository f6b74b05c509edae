"""Claims: what an object takes of its host, in terms every provider understands.

A provider attaches claims to what it plans. The engine gathers those of all providers of a host, refuses contradictions
(overlapping subnets, one interface name or port taken twice), and shows them to every lane's assessment, so that one
provider can judge what another one builds without knowing it.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network


@dataclass(frozen=True, slots=True)
class SubnetClaim:
    """A subnet on ``interface``. ``filtered_by`` names what rejects new connections from outside into it, or is empty:
    a forward into a filtered subnet cannot work, whatever another table says (nft(8): every base chain must accept).
    """

    network: IPv4Network | IPv6Network
    interface: str
    filtered_by: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceClaim:
    """A network interface of the host that the object creates."""

    name: str


@dataclass(frozen=True, slots=True)
class PortClaim:
    """Ports of the host that the object answers on: ``port`` to ``last`` (0: the one port). ``address`` is empty for
    every address of the host, ``0.0.0.0`` or ``::`` for every one of a family; what has an address of its own may be
    beside what has every one. ``interface``: only what comes in by that. ``sources``: only from these clients, empty
    for anybody; whose are apart may have the same port.
    """

    protocol: str
    port: int
    address: str = ""
    last: int = 0
    interface: str = ""
    sources: tuple[IPv4Network | IPv6Network, ...] = ()

    @property
    def end(self) -> int:
        return max(self.port, self.last)


@dataclass(frozen=True, slots=True)
class MacClaim:
    """The MAC address of a NIC."""

    mac: str


Claim = SubnetClaim | InterfaceClaim | PortClaim | MacClaim
