"""What a change of a network disturbs: the table's word for each attribute, and what else it depends on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kvmplan_libvirt.impact import impact_of, mechanisms
from kvmplan_libvirt.mechanism import (
    DHCP_HOST,
    DHCP_RANGE,
    DHCP_SWITCHED,
    FORWARD_INTERFACE,
    RENEWAL,
    RESTART,
    START,
    SWITCH,
    Mechanism,
)
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import ISOLATED, NAT, NETWORK, OWN_BRIDGE, ROUTED
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_sdk import NO_IMPACT, Impact, ImpactLevel, Object

FILTERED = frozenset({NAT, ROUTED, ISOLATED})
_RELOADED_FOR = frozenset({DHCP_HOST, DHCP_RANGE, FORWARD_INTERFACE})
"""libvirt takes the firewall rules of a network away and makes them again around these."""


def impact_between(before: Object | None, after: Object | None, guests: Iterable[str] = ()) -> Impact:
    """The impact of changing a network in place, on ``guests``, the running ones on it. None for creating one."""
    if before is None or after is None:
        return NO_IMPACT
    return impact_of(_fitting(fold(before), fold(after)), guests)


def _fitting(before: Object, after: Object) -> Iterator[Mechanism]:
    for mechanism in mechanisms(NETWORK, before, after):
        if before.get("active") is False:
            yield START if mechanism is SWITCH else replace(mechanism, level=ImpactLevel.NONE)
        elif mechanism is RESTART and _is_elsewhere(before, after):
            yield RENEWAL
        elif mechanism is DHCP_HOST and _serves(before) != _serves(after):
            yield DHCP_SWITCHED
        elif mechanism in _RELOADED_FOR and before.get("mode") in FILTERED:
            yield rules_reloaded(mechanism)
        else:
            yield mechanism


def _serves(network: Object) -> bool:
    """Whether there is DHCP at all: libvirt restarts dnsmasq when that changes."""
    served = [block(ip, "dhcp") or {} for ip in blocks(network, "ip")]
    return any(blocks(dhcp, kind) for dhcp in served for kind in ("range", "host"))


def _is_elsewhere(before: Object, after: Object) -> bool:
    """Whether guests are on a device of the host, and stay there, whatever becomes of the network."""
    devices = {text(block(side, "bridge") or {}, "name") for side in (before, after)}
    return len(devices) == 1 and not OWN_BRIDGE & {text(side, "mode") for side in (before, after)}


def rules_reloaded(mechanism: Mechanism) -> Mechanism:
    why = "Meanwhile libvirt loads the network's firewall rules again, and what it routes may be rejected for a moment."
    return replace(mechanism, why=f"{mechanism.why} {why}")
