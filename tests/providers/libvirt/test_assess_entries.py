"""Single entries judged as a whole: against the network that they are for, and against one another."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.providers.libvirt.conftest import Rig
from tests.providers.libvirt.test_assess import assess, network, planned

from kvmplan_sdk import Change, ImpactLevel, Object, Verb
from kvmplan_sdk.values import format_path

THEIRS = (
    "<network><name>theirs</name><bridge name='virbr-x'/>"
    "<dns><host ip='10.76.0.9'><hostname>nine</hostname></host></dns>"
    "<ip address='10.76.0.1' prefix='24'><dhcp><range start='10.76.0.100' end='10.76.0.110'/>"
    "<host mac='52:54:00:00:00:09' name='nine' ip='10.76.0.9'/></dhcp></ip>"
    "<ip address='10.78.0.1' prefix='24'/><ip family='ipv6' address='fd00:76::1' prefix='64'/></network>"
)
ON_HOST = "<network><name>lent</name><forward mode='bridge'/><bridge name='virbr0'/></network>"
WITHOUT_DNS = "<network><name>mute</name><bridge name='virbr-m'/><dns enable='no'/></network>"
INLINE = {"range": [], "host": [{"mac": "52:54:00:00:00:01", "name": "one", "ip": "10.77.0.11"}]}
LAN: Object = {"name": "lan", "ip": [{"address": "10.77.0.1", "prefix": 24, "dhcp": INLINE}]}

CASES: Mapping[str, tuple[list[Object], list[str]]] = {
    "in nobody's way": (
        [
            {"mac": "52:54:00:00:00:02", "ip": "10.77.0.12"},
            {"network": "theirs", "mac": "52:54:00:00:00:02", "ip": "10.76.0.12"},
            {"network": "theirs", "name": "nine", "ip": "fd00:76::9"},
            {"network": "theirs", "ip": "fd00:76::9", "hostname": ["nine"]},
        ],
        [],
    ),
    "no such network": ([{"network": "nope", "name": "a", "ip": "10.0.0.2"}], ["network: There is no network nope"]),
    "also written inside": (
        [{"mac": "52:54:00:00:00:01", "ip": "10.77.0.12"}, {"name": "one", "ip": "10.77.0.11"}],
        [
            "mac: There is already a reservation of mac 52:54:00:00:00:01 (libvirt_network.example)",
            "name: There is already a reservation of name one and ip 10.77.0.11 (libvirt_network.example)",
        ],
    ),
    "twice": (
        [
            {"mac": "52:54:00:00:00:0A", "ip": "10.77.0.12"},
            {"mac": "52:54:00:00:00:0a", "ip": "10.77.0.13"},
            {"ip": "10.77.0.20", "hostname": ["a"]},
            {"ip": "10.77.0.20", "hostname": ["b"]},
        ],
        [
            "mac: There is already a reservation of mac 52:54:00:00:00:0a (libvirt_dhcp_host.e0)",
            "ip: There is already a DNS record of ip 10.77.0.20 (libvirt_dns_host.e2)",
        ],
    ),
    "somebody else's": (
        [
            {"network": "theirs", "mac": "52:54:00:00:00:09", "ip": "10.76.0.9"},
            {"network": "theirs", "ip": "10.76.0.9", "hostname": ["ten"]},
        ],
        [
            "mac: There is already a reservation of mac 52:54:00:00:00:09 and ip 10.76.0.9 (network theirs,)",
            "ip: There is already a DNS record of ip 10.76.0.9 (network theirs,)",
        ],
    ),
    "in no subnet": (
        [
            {"name": "a", "ip": "10.99.0.2"},
            {"name": "b", "ip": "fd00::2"},
            {"network": "theirs", "name": "a", "ip": "10.78.0.2"},
        ],
        [
            "ip: 10.99.0.2 is outside of network lan",
            "ip: fd00::2 is outside of network lan",
            "ip: Network theirs serves DHCP in another subnet",
        ],
    ),
    "the host's own, and in a range": (
        [
            {"network": "theirs", "name": "a", "ip": "10.76.0.1"},
            {"network": "theirs", "name": "b", "ip": "10.76.0.105"},
        ],
        [
            "ip: 10.76.0.1 is the host's own address",
            "ip: The reserved 10.76.0.105 lies inside the range 10.76.0.100 to 10.76.0.110",
        ],
    ),
    "where nothing is served": (
        [
            {"network": "lent", "name": "a", "ip": "10.76.0.2"},
            {"network": "lent", "ip": "10.76.0.2", "hostname": ["a"]},
            {"network": "mute", "ip": "10.76.0.2", "hostname": ["a"]},
        ],
        [
            "network: Network lent serves no DHCP",
            "network: Network lent serves no DNS",
            "network: Network mute has no DNS service",
        ],
    ),
}


@pytest.fixture(autouse=True)
def networks(rig: Rig) -> None:
    for document in (THEIRS, ON_HOST, WITHOUT_DNS):
        rig.connection.networkDefineXML(document)


def entries(rig: Rig, written: list[Object]) -> Iterator[Change]:
    for number, values in enumerate(written):
        type_ = "libvirt_dns_host" if "hostname" in values else "libvirt_dhcp_host"
        yield planned(rig, type_, {"network": "lan", **values}, f"e{number}")


@pytest.mark.parametrize(("written", "told"), CASES.values(), ids=CASES.keys())
def test_entries(rig: Rig, written: list[Object], told: list[str]) -> None:
    changes = [planned(rig, "libvirt_network", LAN), *entries(rig, written)]
    assert sorted(_said(one) for one in assess(rig, *changes).diagnostics) == sorted(told)


def _said(diagnostic: Any) -> str:
    holder = diagnostic.detail.split()[3:5] if diagnostic.detail.startswith("It is in") else []
    names = " ".join(holder if holder[:1] == ["network"] else holder[:1]).rstrip(".")
    return f"{format_path(diagnostic.path)}: {diagnostic.summary}" + (f" ({names})" if names else "")


def test_a_network_that_is_only_running_is_refused(rig: Rig) -> None:
    rig.connection.networkCreateXML("<network><name>gone</name><bridge name='virbr-g'/></network>")
    (change,) = entries(rig, [{"network": "gone", "ip": "10.0.0.2", "hostname": ["a"]}])
    (diagnostic,) = assess(rig, change).diagnostics
    assert (diagnostic.summary, diagnostic.address) == ("Network gone is only running", change.address)
    rig.connection.networkLookupByName("gone").destroy()


def test_an_entry_of_a_network_that_is_made_anew_must_be_too(rig: Rig) -> None:
    lan = planned(rig, "libvirt_network", LAN)
    replaced = replace(lan, before={**(lan.after or {}), "uuid": "x"}, replaced=True)
    (made,) = entries(rig, [{"mac": "52:54:00:00:00:02", "ip": "10.77.0.12"}])
    assert assess(rig, replaced, made).diagnostics == ()
    there = replace(made, verb=None, before=made.after)
    (diagnostic,) = assess(rig, replaced, there).diagnostics
    assert diagnostic.summary == "Network lan is made anew, and this entry would be lost"
    assert assess(rig, replaced, replace(there, verb=Verb.CREATE, replaced=True)).diagnostics == ()


def test_impacts_name_the_running_guests_of_the_network(rig: Rig) -> None:
    reservation, names, elsewhere = entries(
        rig,
        [
            {"network": "default", "name": "a", "ip": "192.168.122.7"},
            {"network": "default", "ip": "192.168.122.7", "hostname": ["a"]},
            {"network": "theirs", "name": "a", "ip": "10.76.0.12"},
        ],
    )
    impacts = assess(rig, reservation, names, elsewhere).impacts
    assert [(impacts[one.address].level, impacts[one.address].guests) for one in (reservation, names, elsewhere)] == [
        (ImpactLevel.LIVE, ("test",)),
        (ImpactLevel.LIVE, ("test",)),
        (ImpactLevel.NONE, ()),
    ]


def test_the_first_reservation_and_the_last_one_restart_dnsmasq(rig: Rig) -> None:
    bare = "<network><name>bare</name><bridge name='virbr-b'/><ip address='10.75.0.1' prefix='24'>{}</ip></network>"
    guest = (
        "<domain type='test'><name>on-bare</name><memory>1024</memory><os><type>hvm</type></os><devices>"
        "<interface type='network'><source network='bare'/></interface></devices></domain>"
    )
    network = rig.connection.networkCreateXML(bare.format(""))
    domain = rig.connection.createXML(guest)
    one, other = entries(
        rig, [{"network": "bare", "name": name, "ip": f"10.75.0.{len(name)}"} for name in ("bb", "ccc")]
    )
    assert assess(rig, one).impacts[one.address].level is ImpactLevel.DNSMASQ_RESTART
    network.destroy()
    hosts = "<dhcp><host name='bb' ip='10.75.0.2'/><host name='ccc' ip='10.75.0.3'/></dhcp>"
    network = rig.connection.networkCreateXML(bare.format(hosts))
    goes, too = (replace(change, verb=Verb.DELETE, before=change.after, after=None) for change in (one, other))
    assert assess(rig, goes).impacts[goes.address].level is ImpactLevel.LIVE
    assert assess(rig, goes, too).impacts[goes.address].level is ImpactLevel.DNSMASQ_RESTART
    domain.destroy()
    network.destroy()


def test_ten_thousand_entries_are_judged_in_linear_time(rig: Rig) -> None:
    lan = network(rig, ip=[{"address": "10.77.0.1", "prefix": 16}])
    template, *_ = entries(rig, [{"name": "a", "ip": "10.77.0.2"}])
    hosts = [
        replace(
            template,
            address=f"libvirt_dhcp_host.h{n}",
            after={**(template.after or {}), "name": f"h{n}", "ip": f"10.77.{n // 200 + 1}.{n % 200 + 1}"},
        )
        for n in range(10_000)
    ]
    started = time.process_time()
    assert assess(rig, lan, *hosts).diagnostics == ()
    assert time.process_time() - started < 10
