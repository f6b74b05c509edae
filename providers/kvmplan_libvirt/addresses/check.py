"""What apply cannot wait for, told from one NIC alone."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.plain import block
from kvmplan_sdk import Diagnostic, Object, error

_PATH = ("wait_for_address",)


def check_wait(configured: Object) -> Iterator[Diagnostic]:
    wait = block(configured, "wait_for_address")
    if wait is None:
        return
    if configured.get("link_state") == "down":
        yield error(
            "A NIC without a cable gets no address",
            'Leave `wait_for_address` out, or write `link_state = "up"`.',
            path=_PATH,
        )
    network, bridge = configured.get("network"), configured.get("bridge")
    if wait.get("source") == Source.LEASE.value and network is None:
        yield error(
            "Only a network of libvirt leases addresses",
            'What is attached to something else gets its address elsewhere: write `source = "agent"`'
            + (', or `source = "arp"` if the host has an address there.' if bridge is not None else "."),
            path=(*_PATH, "source"),
        )
    if wait.get("source") == Source.ARP.value and network is None and bridge is None:
        yield error(
            "The host is no neighbour of this NIC",
            'It speaks with what is on a network or a bridge of its own: write `source = "agent"`.',
            path=(*_PATH, "source"),
        )
