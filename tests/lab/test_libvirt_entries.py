"""Single entries of networks that run, on a host with a guest: served at once, kept, and nothing else touched."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.provider import SCHEMA, LibvirtProvider
from kvmplan_sdk import ImpactLevel, Known, Object, Operation, Outcome, Step, Verb
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.testing.conformance import Case, exercise

from .libvirt_rig import LINEAGE, Rig, rig_on

pytestmark = pytest.mark.lab
GUEST = "web"
MAC = "52:54:00:00:00:07"
OFFICE = (
    "<network><name>office</name><metadata><n:note xmlns:n='urn:n'>theirs</n:note></metadata>"
    "<bridge name='virbr-office' stp='off'/><mac address='52:54:00:0f:f1:ce'/>"
    "<dns><host ip='10.77.0.9'><hostname>nine</hostname></host></dns>"
    "<ip address='10.77.0.1' prefix='24'><dhcp><range start='10.77.0.100' end='10.77.0.110'/>"
    "<host mac='52:54:00:00:00:09' name='nine' ip='10.77.0.9'/></dhcp></ip>"
    "<ip family='ipv6' address='fd00:77::1' prefix='64'/></network>"
)


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-entries", segment=lab_token) as host:
        host.guest(GUEST)
        host.run(["sh", "-c", 'printf %s "$1" > /tmp/office.xml', "sh", OFFICE])
        host.run(["virsh", "net-define", "/tmp/office.xml"])
        host.run(["virsh", "net-start", "office"])
        yield host


@pytest.fixture
def rig(lab: LabHost) -> Iterator[Rig]:
    with rig_on(lab, office) as rig:
        yield rig


def office(lab: LabHost) -> list[str]:
    """As it runs and as it is defined; what prefix a namespace has, and how many guests are on it, does not count."""
    return [
        ET.canonicalize(shown.replace(" connections='1'", ""), rewrite_prefixes=True)
        for shown in (dumped(lab, "office"), dumped(lab, "office", "--inactive"))
    ]


def dumped(lab: LabHost, network: str, *options: str) -> str:
    return lab.run(["virsh", "net-dumpxml", network, *options]).stdout


def apply(rig: Rig, *operations: Operation) -> list[Outcome]:
    with closing(rig.open()) as session:
        return list(session.apply(Step(operations=operations, lineage=LINEAGE)))


def create(label: str, **values: str) -> Operation:
    after = configure(SCHEMA.resources["libvirt_dhcp_host"], {"network": "office", **values})
    address = f"libvirt_dhcp_host.{label}"
    return Operation(verb=Verb.CREATE, address=address, type="libvirt_dhcp_host", before=None, after=after)


def test_a_reservation_keeps_the_rules(rig: Rig) -> None:
    web: Object = {"network": "office", "mac": MAC, "ip": "10.77.0.7"}
    updates: list[Object] = [
        {**web, "ip": "10.77.0.8", "name": "web"},
        {**web, "lease": {"expiry": 2, "unit": "hours"}},
        {**web, "mac": "52:54:00:AA:00:02"},
        {"network": "office", "id": "00:03:00:01:52:54:00:AA:00:16", "ip": "fd00:77::b"},
    ]
    case = Case(type="libvirt_dhcp_host", host=rig.host.name, create=web, updates=updates, lineage=LINEAGE)
    exercise(LibvirtProvider(), rig.open, case)


def test_a_name_keeps_the_rules(rig: Rig) -> None:
    names: Object = {"network": "office", "ip": "10.77.0.20", "hostname": ["a", "b"]}
    updates = [{**names, "hostname": ["b"]}, {**names, "ip": "fd00:77::20", "hostname": ["nine"]}]
    case = Case(type="libvirt_dns_host", host=rig.host.name, create=names, updates=updates, lineage=LINEAGE)
    exercise(LibvirtProvider(), rig.open, case)


def test_a_guest_gets_what_is_reserved_on_somebody_elses_network(rig: Rig, lab: LabHost) -> None:
    process = lab.run(["cat", "/run/libvirt/network/office.pid"]).stdout
    rig.put("libvirt_dhcp_host.web", {"network": "office", "mac": MAC, "name": GUEST, "ip": "10.77.0.7"})
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "office", "mac": MAC})
    script = 'for n in $(seq 45); do busybox ping -c 1 -W 2 "$1" && exit 0; done; exit 1'
    assert lab.run(["sh", "-c", script, "sh", "10.77.0.7"], check=False, timeout=150).returncode == 0
    impact = rig.put("libvirt_dns_host.db", {"network": "office", "ip": "10.77.0.20", "hostname": ["db"]}).impacts
    assert (impact["libvirt_dns_host.db"].level, impact["libvirt_dns_host.db"].guests) == (ImpactLevel.LIVE, (GUEST,))
    assert "10.77.0.20" in lab.run(["busybox", "nslookup", "db", "10.77.0.1"], check=False).stdout
    assert lab.run(["cat", "/run/libvirt/network/office.pid"]).stdout == process


def test_what_runs_otherwise_than_it_is_defined_is_changed_whichever_of_both_was_read(rig: Rig, lab: LabHost) -> None:
    entry, network = "libvirt_dhcp_host.web", "libvirt_network.lan"
    web: Object = {"network": "office", "mac": MAC, "ip": "10.77.0.7"}
    lan: Object = {"name": "lan", "mode": "open", "mtu": 1400, "ip": [{"address": "10.78.0.1", "prefix": 24}]}
    rig.put(entry, web)
    rig.put(network, lan)
    other = f"<host mac='{MAC}' ip='10.77.0.8'/>"
    lab.run(["virsh", "net-update", "office", "modify", "ip-dhcp-host", other, "--live"])
    lab.run(["sh", "-c", "virsh net-dumpxml lan | sed s/1400/1300/ > /tmp/lan.xml; virsh net-define /tmp/lan.xml"])
    for _ in range(2):
        assert rig.leftover(entry, web) == {"ip": ("10.77.0.8", "10.77.0.7")}
        assert rig.leftover(network, lan) == {"mtu": (1300, 1400)}
        rig.look(entry, network)
    rig.put(entry, web)
    rig.put(network, lan)
    assert rig.leftover(entry, web) == rig.leftover(network, lan) == {}


def test_they_outlive_a_restart_of_their_network(rig: Rig, lab: LabHost) -> None:
    lan: Object = {"name": "lan", "mode": "open", "ip": [{"address": "10.78.0.1", "prefix": 24}]}
    rig.put("libvirt_network.lan", lan)
    rig.put("libvirt_dhcp_host.web", {"network": "lan", "mac": MAC, "ip": "10.78.0.7"})
    rig.put("libvirt_network.lan", {**lan, "mtu": 1400})
    assert [MAC in dumped(lab, "lan", *options) for options in ((), ("--inactive",))] == [True, True]
    known = [Known(address=address, type=address.split(".")[0], values=rig.there[address]) for address in rig.there]
    with closing(rig.open()) as session:
        observed = session.read(known)
    assert [one is not None and one.owned and one.values for one in observed] == [one.values for one in known]


def test_all_or_nothing(rig: Rig, lab: LabHost) -> None:
    """What libvirt refuses half way is taken back: an address that somebody took of what runs meanwhile."""
    before = office(lab)
    theirs = "<host mac='52:54:00:00:00:33' ip='10.77.0.33'/>"
    lab.run(["virsh", "net-update", "office", "add", "ip-dhcp-host", theirs, "--live"])
    with_theirs = office(lab)
    (outcome,) = apply(
        rig, create("a", mac="52:54:00:00:00:31", ip="10.77.0.31"), create("b", mac=MAC, ip="10.77.0.33")
    )
    (diagnostic,) = outcome.diagnostics
    assert (diagnostic.summary, outcome.values) == ("Changing the entries of network office failed", None)
    assert office(lab) == with_theirs
    lab.run(["virsh", "net-update", "office", "delete", "ip-dhcp-host", theirs, "--live"])
    assert office(lab) == before


def test_what_is_only_half_there_is_made_whole(rig: Rig, lab: LabHost) -> None:
    written: Object = {"network": "office", "mac": MAC, "ip": "10.77.0.7"}
    rig.put("libvirt_dhcp_host.web", written)
    for part in ("--live", "--config"):
        lab.run(["virsh", "net-update", "office", "delete", "ip-dhcp-host", f"<host mac='{MAC}'/>", part])
        known = Known(
            address="libvirt_dhcp_host.web", type="libvirt_dhcp_host", values=rig.there["libvirt_dhcp_host.web"]
        )
        with closing(rig.open()) as session:
            (observed,) = session.read([known])
        assert observed is not None
        assert (observed.owned, observed.values["mac"]) == (True, None)
        rig.put("libvirt_dhcp_host.web", written)
        assert [MAC in dumped(lab, "office", *options) for options in ((), ("--inactive",))] == [True, True]


def test_libvirtd_restarts_meanwhile(rig: Rig, lab: LabHost) -> None:
    """What was cut off is looked at and finished."""
    operations = [create(f"h{n}", mac=f"52:54:00:00:01:{n:02x}", ip=f"10.77.0.{n + 10}") for n in range(30)]
    begun = "until grep -q 52:54:00:00:01:00 /etc/libvirt/qemu/networks/office.xml; do sleep 0.01; done"
    with ThreadPoolExecutor(1) as pool:
        restart = pool.submit(lab.run, ["sh", "-c", f"{begun}; systemctl restart libvirtd"], timeout=240)
        outcomes = apply(rig, *operations)
        restart.result()
    assert [outcome.diagnostics for outcome in outcomes] == [()] * len(operations)
    for part in (dumped(lab, "office"), dumped(lab, "office", "--inactive")):
        assert part.count("<host mac='52:54:00:00:01:") == len(operations)
    goes = [replace(one, verb=Verb.DELETE, before=one.after, after=None) for one in operations]
    assert not any(outcome.diagnostics for outcome in apply(rig, *goes))
