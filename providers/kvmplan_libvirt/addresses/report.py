"""What was seen last of a NIC that got no address, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.addresses.given import addresses_of, leases_of, leases_on
from kvmplan_libvirt.addresses.table import Wait
from kvmplan_libvirt.interface.tap import bridge_meant
from kvmplan_libvirt.inventory import DomainRecord, Nic
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Diagnostic, DiagnosticError, error, warning

_PAUSED = 3
_PLACES = {
    Source.LEASE: "the leases of its network",
    Source.AGENT: "its guest agent",
    Source.ARP: "the host's ARP table",
}
_GO_ON = (
    "The NIC stays plugged in. Apply again to wait once more, with a longer `timeout` if the guest is slow, or leave "
    "`wait_for_address` out."
)


def unasked(name: str) -> Diagnostic:
    return warning(
        f"Nobody waited for an address of {name}",
        "The guest does not run. It gets an address when it is started; `addresses` has it from the next plan on.",
    )


def stopped(name: str) -> Diagnostic:
    return error(f"Stopped while waiting for an address of {name}", f"It has none yet. {_GO_ON}")


def timed_out(reach: Reach, name: str, nic: Nic, wait: Wait) -> Diagnostic:
    family = {"ipv4": "IPv4 address", "ipv6": "IPv6 address"}.get(wait.family or "", "address")
    said, place = " ".join(_observed(reach, nic, wait)), _PLACES[wait.source]
    return error(
        f"{name} got no {family} within {wait.seconds} s",
        f"{place[0].upper()}{place[1:]} had none. {said} {_ADVICE[wait.source]} {_GO_ON}",
    )


_ADVICE = {
    Source.LEASE: (
        "Look whether the guest asks for one by DHCP on this NIC (`virsh console`). One that was moved there from "
        "another network, and did not mind that its cable was pulled, asks when its lease is renewed."
    ),
    Source.AGENT: "Look whether qemu-guest-agent runs in the guest, and whether the NIC is up there.",
    Source.ARP: "The host knows only of guests that have spoken to it, or that it has spoken to.",
}


def _observed(reach: Reach, nic: Nic, wait: Wait) -> Iterator[str]:
    with suppress(DiagnosticError):
        reach.inventory.domains.doubt(nic.domain)
        record = reach.inventory.domains.get(nic.domain)
        if record is None or not record.running:
            yield "The guest does not run any more."
            return
        yield "The guest is paused." if record.state == _PAUSED else "The guest runs."
        yield from _tap(reach, nic)
        yield from _of_source(reach, record, nic, wait)
        yield from _elsewhere(reach, nic, wait)


def _tap(reach: Reach, nic: Nic) -> Iterator[str]:
    bridges, meant = reach.inventory.bridge_of, bridge_meant(reach.inventory, nic)
    if nic.target is None or bridges is None or meant is None:
        return
    now = bridges.get(nic.target)
    yield f"Its tap {nic.target} is on {now}." if now == meant else f"Its tap {nic.target} is not on {meant}."


def _of_source(reach: Reach, record: DomainRecord, nic: Nic, wait: Wait) -> Iterator[str]:
    if wait.source is Source.AGENT:
        yield f"Its guest agent is {record.agent or 'not there: the domain has no channel for one'}."
    if wait.source is Source.LEASE and nic.network is not None:
        own = [lease.address for lease in leases_of(reach.inventory, nic)]
        others = len(leases_on(reach.inventory, nic.network)) - len(own)
        yield f"Network {nic.network} has {others or 'no'} lease{'' if others == 1 else 's'} of other NICs."
        if own:
            yield f"It has given {', '.join(own)} to this NIC before, but not since."


def _elsewhere(reach: Reach, nic: Nic, wait: Wait) -> Iterator[str]:
    """Whether somebody else knows an address."""
    for source in Source:
        found = addresses_of(reach.inventory, nic, source) if source is not wait.source else ()
        if found:
            yield f'But {_PLACES[source]} (`source = "{source.value}"`) had {", ".join(found)}.'
