"""Waiting for addresses on libvirt's test driver, whose guest has an agent that tells one; leases are for the lab."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_libvirt.addresses.table import seconds
from kvmplan_libvirt.ownership import KEY, URI, Owner, interfaces_metadata
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_sdk import UNKNOWN, Change, Diagnostic, Known, Object, Operation, Outcome, Step, Verb
from kvmplan_sdk.testing.proposals import proposal

TYPE, ADDRESS = "libvirt_interface", "libvirt_interface.nic"
MAC = "52:54:00:00:00:07"
NIC: Mapping[str, Any] = {"domain": "web", "network": "default", "mac": MAC}
AGENT: Mapping[str, Any] = {"source": "agent", "timeout": "1s"}


@pytest.fixture
def plugged(rig: Rig) -> Iterator[Rig]:
    """The test driver plugs no NIC in, so a guest is started that has it."""
    guest = rig.connection.createXML(
        "<domain type='test'><name>web</name><memory>64</memory><os><type>hvm</type></os><devices>"
        f"<interface type='network'><mac address='{MAC}'/><source network='default'/><model type='virtio'/></interface>"
        "</devices></domain>"
    )
    guest.setMetadata(2, interfaces_metadata((Owner(LINEAGE, ADDRESS, MAC),)), KEY, URI, 1)
    yield rig
    guest.destroy()


def plan(rig: Rig, written: Object, prior: Object | None = None) -> tuple[Object, list[Diagnostic]]:
    planned = rig.open().plan(proposal(rig.provider.schema.resources[TYPE], ADDRESS, written, prior))
    return planned.values, list(planned.diagnostics)


def update(rig: Rig, written: Object, prior: Object | None) -> Operation:
    values, diagnostics = plan(rig, written, prior)
    assert not diagnostics
    return Operation(verb=Verb.UPDATE, address=ADDRESS, type=TYPE, before=prior, after=values)


def apply(rig: Rig, operation: Operation, stop: threading.Event | None = None) -> Outcome:
    stopping = (stop or threading.Event()).is_set
    (outcome,) = rig.open().apply(Step(operations=(operation,), lineage=LINEAGE, stopping=stopping))
    return outcome


def read(rig: Rig, values: Object) -> Object:
    (observed,) = rig.open().read([Known(address=ADDRESS, type=TYPE, values=values)])
    assert observed is not None
    return observed.values


def told_by_driver(rig: Rig) -> str:
    (device,) = rig.connection.lookupByName("web").interfaceAddresses(1).values()
    return str(device["addrs"][0]["addr"])


def summaries(diagnostics: Any) -> list[str]:
    return [diagnostic.summary for diagnostic in diagnostics]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("90s", 90), ("90", 90), ("2m", 120), ("1h30m5s", 5405), ("", None), ("0s", None), ("1.5m", None), ("5d", None)],
)
def test_times_are_read_as_they_are_written(said: str, meant: int | None) -> None:
    assert seconds(said) == meant


def test_what_is_given_is_unknown_where_the_nic_is_plugged_in_or_moved_and_else_as_it_was(rig: Rig) -> None:
    made, _ = plan(rig, NIC)
    assert (made["target"], made["addresses"]) == (UNKNOWN, UNKNOWN)
    there = {**made, "target": "vnet3", "addresses": ["192.168.122.3"]}
    assert plan(rig, NIC, there)[0] == there
    assert plan(rig, {**NIC, "link_state": "down"}, there)[0]["addresses"] == ["192.168.122.3"]
    for moved in ({"network": "other"}, {"wait_for_address": AGENT}):
        assert plan(rig, {**NIC, **moved}, there)[0]["addresses"] is UNKNOWN


def test_the_nic_of_a_guest_that_has_an_address_is_not_waited_for(plugged: Rig) -> None:
    operation = update(plugged, {**NIC, "wait_for_address": AGENT}, read(plugged, plan(plugged, NIC)[0]))
    outcome = apply(plugged, operation)
    assert outcome.diagnostics == ()
    assert outcome.values is not None
    assert outcome.values["addresses"] == [told_by_driver(plugged)]
    there = read(plugged, outcome.values)
    assert (there["target"], there["addresses"]) == ("testnet0", [told_by_driver(plugged)])
    assert plan(plugged, {**NIC, "wait_for_address": AGENT}, there)[0] == there


def test_without_an_address_in_time_the_nic_stays_and_the_next_run_waits_again(plugged: Rig) -> None:
    """The test driver has no leases to tell of."""
    written = {**NIC, "wait_for_address": {"source": "lease", "timeout": "1"}}
    outcome = apply(plugged, update(plugged, written, read(plugged, plan(plugged, NIC)[0])))
    (told,) = outcome.diagnostics
    assert (told.summary, told.address) == (f"NIC {MAC} of domain web got no address within 1 s", ADDRESS)
    elsewhere = f'But its guest agent (`source = "agent"`) had {told_by_driver(plugged)}.'
    for said in ("The leases of its network had none. The guest runs.", elsewhere, "Apply again"):
        assert said in told.detail
    assert not outcome.tainted
    assert outcome.values is not None
    there = read(plugged, outcome.values)
    assert there["wait_for_address"] is None
    assert plan(plugged, written, there)[0]["addresses"] is UNKNOWN


def test_a_waiting_that_was_cut_short_is_to_be_done(plugged: Rig) -> None:
    """What the journal has of a NIC that was plugged in: all that was planned, and nothing of what was unknown."""
    written = {**NIC, "wait_for_address": AGENT}
    values, _ = plan(plugged, written)
    there = read(plugged, {name: None if value is UNKNOWN else value for name, value in values.items()})
    assert there["wait_for_address"] is None
    assert plan(plugged, written, there)[0]["addresses"] is UNKNOWN


def test_a_wish_to_stop_ends_the_waiting(plugged: Rig) -> None:
    stop = threading.Event()
    written = {**NIC, "wait_for_address": {"source": "lease", "timeout": "1h"}}
    operation = update(plugged, written, read(plugged, plan(plugged, NIC)[0]))
    threading.Timer(0.3, stop.set).start()
    started = time.monotonic()
    outcome = apply(plugged, operation, stop)
    assert time.monotonic() - started < 60
    assert summaries(outcome.diagnostics) == [f"Stopped while waiting for an address of NIC {MAC} of domain web"]


@pytest.mark.parametrize(
    ("written", "summary"),
    [
        ({"link_state": "down", "wait_for_address": AGENT}, "A NIC without a cable gets no address"),
        (
            {"network": None, "bridge": "br0", "wait_for_address": {"source": "lease"}},
            "Only a network of libvirt leases addresses",
        ),
    ],
)
def test_what_can_never_come_is_told_from_the_nic_alone(rig: Rig, written: Object, summary: str) -> None:
    _, diagnostics = plan(rig, {**NIC, **written})
    assert summaries(diagnostics) == [summary]


def assess(rig: Rig, written: Mapping[str, Any], *others: Change) -> list[str]:
    values, _ = plan(rig, {**NIC, "domain": "test", "mac": None, **written})
    session = rig.open()
    assert isinstance(session, LibvirtSession)
    change = Change(verb=Verb.CREATE, address=ADDRESS, type=TYPE, before=None, after=values)
    return summaries(session.assess([change, *others], ()).diagnostics)


def test_what_can_never_come_is_told_from_the_host(rig: Rig) -> None:
    rig.connection.networkDefineXML(
        "<network><name>dry</name><bridge name='br-dry'/><ip address='10.0.0.1' prefix='24'/></network>"
    ).create()
    lease: Mapping[str, Any] = {"wait_for_address": {"source": "lease"}}
    assert assess(rig, {"network": "dry", **lease}) == ["Network dry leases no addresses"]
    assert assess(rig, lease) == []
    assert assess(rig, {"wait_for_address": {"source": "lease", "family": "ipv6"}}) == [
        "Network default leases no addresses"
    ]
    assert assess(rig, {"wait_for_address": AGENT}) == ["Domain test has no channel for a guest agent"]
    reserved = {"network": "dry", "mac": MAC, "ip": "10.0.0.2"}
    one = Change(verb=Verb.CREATE, address="libvirt_dhcp_host.a", type="libvirt_dhcp_host", before=None, after=reserved)
    assert assess(rig, {"network": "dry", **lease}, one) == []


def test_nobody_waits_for_a_guest_that_does_not_run(rig: Rig) -> None:
    domain = "<domain type='test'><name>off</name><memory>64</memory><os><type>hvm</type></os></domain>"
    guest = rig.connection.defineXML(domain)
    written = {"domain": "off", "wait_for_address": {"source": "lease"}}
    (told,) = assess(rig, written)
    assert told.startswith("Nobody waited for an address of NIC 52:54:00:")
    guest.undefine()
