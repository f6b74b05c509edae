"""Guests' taps as ports of a network's bridge: how they were, and how they are put there again, all in one call.

Source: libvirt's `virNetDevTapAttachBridge` and `qemuInterfaceBridgeConnect`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from kvmplan_libvirt.inventory import Nic
from kvmplan_sdk import Host


@dataclass(frozen=True, slots=True)
class Ports:
    """The taps on a bridge: all; ``forwarding``: those past the spanning tree's delay; ``isolated``: those that are so
    by themselves, not because the network is.
    """

    names: frozenset[str] = frozenset()
    forwarding: frozenset[str] = frozenset()
    isolated: frozenset[str] = frozenset()


def ports_of(kernel: Host, network: ET.Element, bridge: str) -> Ports:
    """None where the bridge does not exist."""
    shown = kernel.run(["ip", "-j", "-d", "link", "show", "master", bridge])
    listed = json.loads(shown.stdout or b"[]") if shown.ok else []
    settings = {link["ifname"]: link.get("linkinfo", {}).get("info_slave_data", {}) for link in listed if link}
    alone = [name for name, port in settings.items() if port.get("isolated") is True and not _isolates(network)]
    forwarding = [name for name, port in settings.items() if port.get("state") == "forwarding"]
    return Ports(frozenset(settings), frozenset(forwarding), frozenset(alone))


def attach(kernel: Host, network: ET.Element, bridge: str, nics: Sequence[Nic], before: Ports) -> None:
    """Make the taps of ``nics`` ports of ``bridge``. What failed is for `ports_of` to tell.

    A spanning tree holds a new port back for four seconds. Where it had let all of these through ``before``, they are
    taken in while it is off, and it goes on from there.
    """
    taps = [str(nic.target) for nic in nics]
    links = [command for tap in taps for command in _attaching(network, bridge, tap, tap in before.isolated)]
    if _says(network, "bridge", "stp", "on") and before.forwarding.issuperset(taps):
        links = [_tree(bridge, "0"), *links, _tree(bridge, "1")]
    kernel.run(["ip", "-force", "-batch", "-"], input=_lines(links))
    if _is_told_addresses(network):
        told = [f"fdb append {nic.mac} dev {nic.target} master temp" for nic in nics]
        kernel.run(["bridge", "-force", "-batch", "-"], input=_lines(told))


def _attaching(network: ET.Element, bridge: str, tap: str, alone: bool) -> Iterator[str]:
    yield f"link set dev {tap} master {bridge} up"
    if alone or _isolates(network):
        yield f"link set dev {tap} type bridge_slave isolated on"
    if _is_told_addresses(network):
        yield f"link set dev {tap} type bridge_slave learning off flood off"


def _tree(bridge: str, state: str) -> str:
    return f"link set dev {bridge} type bridge stp_state {state}"


def _lines(commands: Sequence[str]) -> bytes:
    return "".join(f"{command}\n" for command in commands).encode()


def _isolates(network: ET.Element) -> bool:
    return _says(network, "port", "isolated", "yes")


def _is_told_addresses(network: ET.Element) -> bool:
    """Whether the bridge learns no addresses by itself."""
    return _says(network, "bridge", "macTableManager", "libvirt")


def _says(network: ET.Element, tag: str, attribute: str, value: str) -> bool:
    element = network.find(tag)
    return element is not None and element.get(attribute) == value
