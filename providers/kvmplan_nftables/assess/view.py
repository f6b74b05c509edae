"""What a host says of itself, asked once an assessment: rules, routes, sockets and kernel settings."""

from __future__ import annotations

import contextlib
import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property
from ipaddress import ip_network
from typing import Any

from kvmplan_nftables.assess.filters import Obstacle, Ruleset, has_iptables, parse_ruleset
from kvmplan_nftables.assess.foreseen import Accepts, foreseen
from kvmplan_nftables.assess.iptables import Saved, parse_save
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.listed import listed
from kvmplan_nftables.parts import Address, Network, Ports
from kvmplan_sdk import Host, HostError
from kvmplan_sdk.host import check

_SETTINGS = ("sysctl", "-e", "-a", "-r", r"^net\.ipv4\.conf\..*\.(forwarding|rp_filter)$")
_LEGACY = {"iptables-legacy-save": "/proc/net/ip_tables_names", "ip6tables-legacy-save": "/proc/net/ip6_tables_names"}
_LISTED = re.compile(
    r"^(?:table (?P<family>\w+) (?P<table>\S+) \{(?: # handle \d+ progname (?P<program>\S+))?"
    r"|\tflags (?P<flags>\S+)$|\t\t(?P<text>.+) # handle (?P<handle>\d+)$)",
    re.M,
)
"""nft names the program that owns a table (``flags owner``). Which flags there are it tells rightly only here."""


class View:
    """Each question is asked of the host when it first comes up, and once."""

    def __init__(self, host: Host, planned: Accepts) -> None:
        self._host = host
        self._planned = planned
        self._sysctls: dict[str, str | None] = {}
        self._others: dict[tuple[str, ...], tuple[str, ...]] = {}

    @cached_property
    def ruleset(self) -> Ruleset:
        """The live one, with what the plan does to Docker's."""
        listing = json.loads(check(listed(self._host, "list", "ruleset"), "Listing the host's ruleset"))
        items = listing["nftables"]
        flagged = any("flags" in item.get("table", {}) for item in items)
        iptables = self.iptables if self._planned or has_iptables(items) else {}
        found = parse_ruleset(items, iptables, self._asleep if flagged else ())
        return foreseen(found, self._planned) if self._planned else found

    @cached_property
    def iptables(self) -> Mapping[str, Saved]:
        """What iptables-save says, by family. Where it is not there, or refuses what others wrote into its tables, its
        matches stay unknown.
        """
        found = {}
        for family, tool in (("ip", "iptables-save"), ("ip6", "ip6tables-save")):
            with contextlib.suppress(HostError):
                told = check(self._host.run([tool]), "Listing the rules of iptables")
                found[family] = parse_save(told.decode(errors="replace"))
        return found

    @cached_property
    def legacy(self) -> Sequence[str]:
        """The commands that show rules of iptables-legacy, where there are any, or no telling."""
        return [tool for tool, names in _LEGACY.items() if self._host.read_file(names) and self._has_rules(tool)]

    def _has_rules(self, tool: str) -> bool:
        with contextlib.suppress(HostError):
            told = self._host.run([tool])
            return not told.ok or re.search(rb"^-A |^:\w+ DROP ", told.stdout, re.M) is not None
        return True

    @cached_property
    def _lines(self) -> Sequence[tuple[tuple[str, str], re.Match[str]]]:
        """Each after the family and the name of the table that it is of."""
        listed = check(self._host.run(["nft", "-s", "-a", "list", "ruleset"]), "Listing the host's ruleset")
        table, found = ("", ""), []
        for line in _LISTED.finditer(listed.decode(errors="replace")):
            if line["table"]:
                table = line["family"], line["table"]
            found.append((table, line))
        return found

    @cached_property
    def _texts(self) -> Mapping[tuple[str, str, int], str]:
        return {(*table, int(line["handle"])): line["text"] for table, line in self._lines if line["handle"]}

    @cached_property
    def _asleep(self) -> frozenset[tuple[str, str]]:
        """Tables whose chains see no packets."""
        return frozenset(table for table, line in self._lines if "dormant" in (line["flags"] or "").split(","))

    @cached_property
    def owners(self) -> Mapping[tuple[str, str], str]:
        """The programs that alone may change a table, by its family and name."""
        return {table: line["program"] for table, line in self._lines if line["program"]}

    def rule(self, obstacle: Obstacle) -> str:
        """The rule as nft prints it, and its handle."""
        family, table, _ = obstacle.chain
        text = self._texts.get((family, table, obstacle.handle or 0))
        return f"of handle {obstacle.handle}" if text is None else f"`{text}` (handle {obstacle.handle})"

    @cached_property
    def routes(self) -> Sequence[tuple[Network, str]]:
        routes: list[tuple[Network, str]] = []
        for version, default in (("-4", "0.0.0.0/0"), ("-6", "::/0")):
            found = json.loads(check(self._host.run(["ip", version, "-j", "route"]), "Listing routes") or b"[]")
            for route in found:
                if "dev" in route:
                    destination = default if route["dst"] == "default" else route["dst"]
                    routes.append((ip_network(destination), route["dev"]))
        return routes

    @cached_property
    def _links(self) -> Mapping[str, Mapping[str, Any]]:
        listed = json.loads(check(self._host.run(["ip", "-d", "-j", "link", "show"]), "Listing interfaces") or b"[]")
        return {link["ifname"]: link for link in listed}

    @property
    def interfaces(self) -> Set[str]:
        return self._links.keys()

    @cached_property
    def bridges(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, link in self._links.items() if _kind(link) == "bridge"))

    @cached_property
    def _sides(self) -> frozenset[str]:
        """Interfaces by which somebody outside may come in: none that only guests or containers are behind."""
        ports: dict[str, list[str]] = {name: [] for name in self.bridges}
        for link in self._links.values():
            ports.get(link.get("master", ""), []).append(_kind(link))
        inside = {name for name, kinds in ports.items() if all(kind in ("tun", "veth") for kind in kinds)}
        return frozenset(
            name
            for name, link in self._links.items()
            if "master" not in link and name not in inside and link.get("link_type") != "loopback"
        )

    def sides_but(self, *others: str) -> tuple[str, ...]:
        if others not in self._others:
            self._others[others] = tuple(sorted(self._sides.difference(others)))
        return self._others[others]

    def bridge_of(self, taps: Sequence[str]) -> str | None:
        masters = (self._links.get(tap, {}).get("master") for tap in taps)
        return next((master for master in masters if master), None)

    @cached_property
    def sockets(self) -> Sequence[tuple[str, str, int]]:
        """Protocol, address ("" for any) and port of everything that listens."""
        return list(_sockets(check(self._host.run(["ss", "-H", "-ltun"]), "Listing listening sockets").decode()))

    def sysctl(self, name: str) -> str | None:
        """None where this kernel does not have it, or has not loaded what has it."""
        if name not in self._sysctls:
            told = self._host.read_file("/proc/sys/" + "/".join(name.split(".")))
            self._sysctls[name] = None if told is None else told.decode().strip()
        return self._sysctls[name]

    @cached_property
    def _ways(self) -> Nets[str]:
        return Nets(self.routes)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """Of interfaces, by name as sysctl(8) spells it; none where it is not there."""
        with contextlib.suppress(HostError):
            told = check(self._host.run(_SETTINGS), "Listing settings of interfaces").decode(errors="replace")
            pairs = (line.partition(" = ") for line in told.splitlines())
            return {name: value for name, _, value in pairs}
        return {}

    def interface_to(self, target: Address) -> str | None:
        ways = [(network.prefixlen, device) for network, device in self._ways.around(target)]
        return max(ways)[1] if ways else None

    def is_near(self, target: Address) -> bool:
        """Whether there is a route to it but the default one."""
        return any(network.prefixlen for network, _ in self._ways.around(target))

    def interface_of(self, network: Network) -> str | None:
        """Where a subnet of guests is: the interface with the route to just that, or to one around it."""
        ways = [(to.prefixlen, device) for to, device in self._ways.touching(network) if to.prefixlen]
        return max(ways)[1] if ways else None

    def outside(self, version: int) -> tuple[str, ...]:
        """The interfaces of the default routes."""
        return self._outside[version]

    @cached_property
    def _outside(self) -> Mapping[int, tuple[str, ...]]:
        found = {(network.version, device) for network, device in self.routes if network.prefixlen == 0}
        return {version: tuple(sorted(device for one, device in found if one == version)) for version in (4, 6)}

    def listening(self, protocol: str, ports: Ports) -> Sequence[tuple[int, str]]:
        """The port and the address ("" for any) of everything that listens on one of ``ports``."""
        there = self._listening.get(protocol, [])
        return there[bisect_left(there, (ports[0], "")) : bisect_left(there, (ports[1] + 1, ""))]

    @cached_property
    def _listening(self) -> Mapping[str, Sequence[tuple[int, str]]]:
        found: dict[str, list[tuple[int, str]]] = {}
        for protocol, address, port in self.sockets:
            found.setdefault(protocol, []).append((port, address))
        return {protocol: sorted(there) for protocol, there in found.items()}


def _kind(link: Mapping[str, Any]) -> str:
    return str(link.get("linkinfo", {}).get("info_kind", ""))


def _sockets(listing: str) -> Iterator[tuple[str, str, int]]:
    """Those of each line of ss(8)."""
    for line in listing.splitlines():
        protocol, _, _, _, local, *_ = line.split()
        address, _, port = local.rpartition(":")
        address = address.partition("%")[0].strip("[]")
        if port.isdecimal():
            yield protocol, "" if address in ("0.0.0.0", "*", "::") else address, int(port)  # noqa: S104
