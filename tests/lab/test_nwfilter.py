"""Filters on a real libvirt: what the table says is what libvirt keeps, and packets go where the filters let them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.nwfilter.check import check, first_of
from kvmplan_libvirt.nwfilter.discovery import SHIPPED
from kvmplan_libvirt.nwfilter.meaning import meaning
from kvmplan_libvirt.nwfilter.model import FILTER
from kvmplan_libvirt.nwfilter.plan import default_priority
from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.nwfilter.xml import document, values_of
from kvmplan_libvirt.provider import LibvirtProvider
from kvmplan_sdk import ImpactLevel, Known, Object
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.conformance import Case, exercise

from .clients import until
from .libvirt_rig import LINEAGE, Rig, rig_on

pytestmark = pytest.mark.lab
GUEST, MAC, IP, ANOTHER = "web", "52:54:00:00:00:07", "10.77.0.7", "10.77.0.99"
SEEN = "nft list table bridge nat; ip neigh show; journalctl -u libvirtd | tail; tail /var/log/kvmplan-lab/web.log"
DROP: Object = {"action": "drop", "direction": "in"}
SPOOFS = {"mac": "mac+52:54:00:99:99:99+10.77.0.1", "ip": f"ip+{ANOTHER}+10.77.0.1", "arp": f"arp+{ANOTHER}+10.77.0.1"}
SAMPLES = {
    **dict.fromkeys(("srcmacaddr", "dstmacaddr", "arpsrcmacaddr", "arpdstmacaddr"), "52:54:0:AA:0:1"),
    **dict.fromkeys(("root_address", "sender_address"), "52:54:00:00:00:01"),
    **dict.fromkeys(("srcmacmask", "dstmacmask", "root_address_mask", "sender_address_mask"), "ff:ff:ff:00:00:00"),
    **dict.fromkeys(("srcipmask", "dstipmask", "arpsrcipmask", "arpdstipmask"), "24"),
    **dict.fromkeys(("arpsrcipaddr", "arpdstipaddr"), "10.0.0.1"),
    "protocolid": "0x0800",
    "encap_protocol": "2054",
    "vlanid": "0x0a",
    "opcode": "request",
    "protocol": "6",
    "dscp": "0x2E",
    "state": "ESTABLISHED,NEW",
    "ipset": "lan",
    "ipsetflags": "src,dst",
    "comment": "who's there <&>",
    "connlimit_above": "10",
    "gratuitous": True,
}


def sample(protocol: str, attribute: str) -> Any:
    if attribute in {"srcipaddr", "dstipaddr", "srcipfrom", "srcipto", "dstipfrom"} or attribute == "dstipto":
        over_6 = "v6" in protocol
        return "$LAST" if over_6 and attribute == "dstipto" else "FD00:0::1" if over_6 else "10.0.0.1"
    if attribute == "flags":
        return "ACK,SYN/SYN" if protocol == "tcp" else "0x1"
    if protocol == "ipv6" and attribute == "protocol":
        return "icmpv6"
    return SAMPLES.get(attribute, "7")


def whole(protocol: str) -> Object:
    """Everything that one block can say."""
    said = {name: sample(protocol, name) for name in PROTOCOLS[protocol].node.fields if name != "match"}
    if protocol == "ipv6":  # which has ports, or types of ICMPv6
        said = {name: value for name, value in said.items() if "port" not in name}
    return said


def negated(protocol: str) -> Iterator[Object]:
    """Each attribute alone, or with the one that libvirt negates it with."""
    for attribute in PROTOCOLS[protocol].node.fields:
        if attribute in {"match", "comment"}:
            continue
        leader = PROTOCOLS[protocol].follows.get(attribute, attribute)
        names = (leader, first_of(protocol, attribute) or attribute, attribute)
        said = {"match": False, **{name: sample(protocol, name) for name in names}}
        if protocol in {"ip", "ipv6"} and "port" in attribute:
            said |= {"protocol": "udp", attribute.replace("end", "start"): "7"}
        if protocol == "ipv6" and attribute in {"type", "typeend", "code", "codeend"}:
            said |= {"protocol": "icmpv6"}
        if protocol.startswith("all") and "ipset" in attribute:
            said |= {name: sample(protocol, name) for name in ("ipset", "ipsetflags")}
        yield said | {name.replace("end", "start"): "7" for name in said if name in {"srcportend", "dstportend"}}


def complete(**written: Any) -> Object:
    schema = FILTER.schema()
    identity = {"name": "t", "uuid": "c0ffee00-0000-4000-8000-000000000000"}
    values = propose(schema, configure(schema, {**identity, **written}), None)
    return {**values, "priority": default_priority(str(values["chain"]))}


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-nwfilter", segment=lab_token) as host:
        host.guest(GUEST)
        yield host


@pytest.fixture
def rig(lab: LabHost) -> Iterator[Rig]:
    with rig_on(lab, filters) as rig:
        yield rig
    assert filters(lab) == SHIPPED


def filters(lab: LabHost) -> set[str]:
    return {line.split()[-1] for line in lab.run(["virsh", "-q", "nwfilter-list"]).stdout.splitlines() if line}


def kept(lab: LabHost, values: Object) -> dict[str, Any]:
    """The filter as libvirt gives it back."""
    lab.put("/tmp/filter.xml", document(values))
    lab.run(["virsh", "nwfilter-define", "/tmp/filter.xml"])
    shown = lab.run(["virsh", "nwfilter-dumpxml", "t"]).stdout
    lab.run(["virsh", "nwfilter-undefine", "t"])
    return values_of(ET.fromstring(shown))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_libvirt_keeps_every_attribute_and_its_negation(rig: Rig, lab: LabHost, protocol: str) -> None:
    rules = [{**DROP, protocol: [block]} for block in (whole(protocol), {}, *negated(protocol))]
    values = complete(rule=rules)
    assert list(check(values)) == []
    assert meaning(kept(lab, values)) == meaning(values)


def test_a_restart_of_libvirt_changes_nothing(rig: Rig, lab: LabHost) -> None:
    """libvirt stores filters as it prints them, and reads them again when it starts."""
    blocks = [(name, block) for name in PROTOCOLS for block in (whole(name), {}, *negated(name))]
    rules = [{**DROP, "priority": place, name: [block]} for place, (name, block) in enumerate(blocks)]
    written: Object = {"name": "all", "chain": "mac-all", "rule": rules, "filterref": [{"filter": "allow-arp"}]}
    rig.put("libvirt_nwfilter.all", written)
    lab.run(["systemctl", "restart", "libvirtd"])
    known = rig.there["libvirt_nwfilter.all"]
    with closing(rig.open()) as session:
        (observed,) = session.read([Known(address="libvirt_nwfilter.all", type="libvirt_nwfilter", values=known)])
    assert observed is not None
    assert observed.values == known


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_refused_as_not_negated_libvirt_does_not_negate(rig: Rig, lab: LabHost, protocol: str) -> None:
    follows = PROTOCOLS[protocol].follows
    rules = [{**DROP, protocol: [{"match": False, name: sample(protocol, name)}]} for name in follows]
    if rules:
        found = kept(lab, complete(rule=rules))["rule"]
        assert [rule[protocol][0]["match"] for rule in found] == [True] * len(rules)


@pytest.mark.parametrize("chain", ["root", "mac", "vlan-a", "stp", "arp", "rarp", "ipv4-web", "ipv6"])
def test_chains_have_the_priorities_that_libvirt_gives_them(rig: Rig, lab: LabHost, chain: str) -> None:
    lab.put("/tmp/filter.xml", f"<filter name='t' chain='{chain}'/>")
    lab.run(["virsh", "nwfilter-define", "/tmp/filter.xml"])
    shown = lab.run(["virsh", "nwfilter-dumpxml", "t"]).stdout
    lab.run(["virsh", "nwfilter-undefine", "t"])
    assert values_of(ET.fromstring(shown))["priority"] == default_priority(chain)


def test_a_filter_keeps_the_rules(rig: Rig) -> None:
    accept: Object = {"action": "accept", "direction": "in"}
    ip: list[Object] = [
        {"name": "IP", "value": "10.0.0.2"},
        {"name": "A", "value": "x"},
        {"name": "IP", "value": "10.0.0.1"},
    ]
    mixed: list[Object] = [{"match": False, "srcmacaddr": "52:54:0:AA:0:1"}, {"dstipaddr": "10.0.0.1"}]
    case = Case(
        type="libvirt_nwfilter",
        host=rig.host.name,
        create={"name": "own", "rule": [{**accept, "tcp": [{"dstportstart": "80"}]}]},
        updates=[
            {
                "name": "own",
                "filterref": [{"filter": "clean-traffic", "parameter": ip}, {"filter": "allow-arp"}],
                "rule": [
                    {**accept, "priority": 100, "tcp": [{"srcipaddr": "10.0.0.0", "srcipmask": "255.0.0.0"}]},
                    {"action": "drop", "direction": "inout", "statematch": False, "tcp": mixed},
                    {"action": "drop", "direction": "out", "priority": 1000},
                ],
            },
            {"name": "own", "chain": "ipv4-own"},
            {"name": "own", "chain": "arp", "priority": -3, "rule": [{**accept, "arp": [{"gratuitous": False}]}]},
            {"name": "own"},
        ],
        anew=[{"name": "other"}],
        lineage=LINEAGE,
    )
    exercise(LibvirtProvider(), rig.open, case)


@pytest.fixture
def network(rig: Rig, lab: LabHost) -> Rig:
    dhcp: Object = {"range": [{"start": "10.77.0.100", "end": "10.77.0.110"}], "host": [{"mac": MAC, "ip": IP}]}
    subnet: Object = {"address": "10.77.0.1", "prefix": 24, "dhcp": dhcp}
    rig.put("libvirt_network.lan", {"name": "lan", "mode": "open", "bridge": {"stp": False}, "ip": [subnet]})
    plug(rig)
    greeted(lab)
    return rig


def greeted(lab: LabHost) -> str:
    """The guest's page."""
    said = until(lambda: page(lab, ""))
    assert said, lab.run(["sh", "-c", SEEN], check=False).stdout
    return said


def plug(rig: Rig, filter_: str | None = None, **parameters: str) -> None:
    given = [{"name": name, "value": value} for name, value in parameters.items()]
    reference: Object = {} if filter_ is None else {"filterref": {"filter": filter_, "parameter": given}}
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan", "mac": MAC, **reference})


def page(lab: LabHost, path: str, seconds: int = 3) -> str:
    return lab.run(["curl", "-s", "-m", str(seconds), f"http://{IP}:8080/{path}"], check=False).stdout


def answered(lab: LabHost, spoof: str) -> bool:
    """Whether anything came back to the guest as it pretended to be another, or the host believed it."""
    lab.run(["ip", "neigh", "flush", "dev", "virbr-lan"])
    pretend = f"cgi-bin/pretend?{spoof}"
    (told,) = until(lambda: [line for line in page(lab, pretend, 50).splitlines() if "eceived" in line])
    believed = ANOTHER in lab.run(["ip", "neigh", "show", "nud", "reachable"]).stdout
    return not ("Received 0 " in told or " 0 packets received" in told) or believed


def spoofed(lab: LabHost, *, expected: bool) -> dict[str, bool]:
    """What comes through, tried until it does where that is expected."""
    return {what: until(lambda: answered(lab, spoof), expected) for what, spoof in SPOOFS.items()}  # noqa: B023


def uptime(lab: LabHost) -> float:
    return float(until(lambda: page(lab, "cgi-bin/uptime")).split()[0])


def test_a_guests_address_is_learned_from_its_honest_traffic(network: Rig, lab: LabHost) -> None:
    """Before any test in which the guest pretends: libvirt would learn what it pretended."""
    plug(network, "clean-traffic")
    deadline = time.monotonic() + 90  # seen with nft: ebtables writes, and what libvirt writes at the moment would fail
    while IP not in lab.run(["nft", "list", "table", "bridge", "nat"], check=False).stdout:
        assert time.monotonic() < deadline, lab.run(["sh", "-c", SEEN], check=False).stdout
        page(lab, "", 1)
    greeted(lab)  # while libvirt learns an address the guest is cut off, up to two seconds
    assert spoofed(lab, expected=False) == dict.fromkeys(SPOOFS, False)
    assert greeted(lab) == f"hello from {GUEST}\n"


def test_a_guest_that_pretends_to_be_another_is_stopped_while_it_runs(network: Rig, lab: LabHost) -> None:
    started = uptime(lab)
    assert spoofed(lab, expected=True) == dict.fromkeys(SPOOFS, True)
    plug(network, "clean-traffic", IP=IP)
    assert spoofed(lab, expected=False) == dict.fromkeys(SPOOFS, False)
    assert greeted(lab) == f"hello from {GUEST}\n"
    plug(network)
    assert spoofed(lab, expected=True) == dict.fromkeys(SPOOFS, True)
    assert uptime(lab) > started


def own(*rules: Object) -> Object:
    return {"name": "own", "filterref": [{"filter": "clean-traffic"}], "rule": list(rules)}


def test_a_change_of_a_filter_takes_effect_at_once_and_names_the_guest(network: Rig, lab: LabHost) -> None:
    network.put("libvirt_nwfilter.own", own())
    network.put("libvirt_nwfilter.outer", {"name": "outer", "filterref": [{"filter": "own"}]})
    plug(network, "outer", IP=IP)
    assert greeted(lab)
    closed = {**DROP, "priority": 100, "tcp": [{"dstportstart": "8080"}]}
    below = {**DROP, "priority": -990, "ip": [{"protocol": "tcp", "dstportstart": "8080"}]}
    for rules, reached in (((closed,), False), ((), True), ((below,), False), ((), True)):
        impact = network.put("libvirt_nwfilter.own", own(*rules)).impacts["libvirt_nwfilter.own"]
        assert (impact.level, impact.guests) == (ImpactLevel.LIVE, (GUEST,))
        assert bool(until(lambda: page(lab, ""), reached)) is reached
    (said,) = network.assess_delete("libvirt_nwfilter.own").diagnostics
    assert (said.summary, said.detail.partition(".")[0]) == ("Filter own is in use", "By guests web and filters outer")


def test_the_order_of_a_variables_values_is_as_written_and_changed_live(network: Rig, lab: LabHost) -> None:
    """libvirt itself takes another order of the same values for no change."""
    network.put("libvirt_nwfilter.own", {"name": "own", "rule": [{**DROP, "tcp": [{"dstportstart": "$PORT[0]"}]}]})
    for ports in (("81", "80"), ("80", "81"), ("81", "80")):
        said = [*(("PORT", port) for port in ports), ("A", "b")]
        given: list[Object] = [{"name": name, "value": value} for name, value in said]
        reference: Object = {"filter": "own", "parameter": given}
        network.put("libvirt_interface.web", {"domain": GUEST, "network": "lan", "mac": MAC, "filterref": reference})
        assert f"--dport {ports[0]} " in lab.run(["iptables", "-S"]).stdout
        with closing(network.open()) as session:
            known = network.there["libvirt_interface.web"]
            (observed,) = session.read([Known(address="libvirt_interface.web", type="libvirt_interface", values=known)])
        assert observed is not None
        assert observed.values["filterref"] == reference


def test_a_filter_that_a_guest_could_not_have_leaves_everything_as_it_was(network: Rig, lab: LabHost) -> None:
    """libvirt itself says no, should the plan not have seen it."""
    network.put("libvirt_nwfilter.own", own())
    plug(network, "own", IP=IP)
    before = lab.run(["nft", "-s", "list", "table", "bridge", "nat"]).stdout
    rules = complete(rule=[{**DROP, "tcp": [{"dstportstart": "$P"}]}])["rule"]
    lab.put("/tmp/filter.xml", document({**network.there["libvirt_nwfilter.own"], "rule": rules}))
    refused = lab.run(["virsh", "nwfilter-define", "/tmp/filter.xml"], check=False)
    assert "unresolvable variables" in refused.stderr
    assert lab.run(["nft", "-s", "list", "table", "bridge", "nat"]).stdout == before


def test_everything_of_libvirts_own_is_known_and_nobody_elses_is_found(rig: Rig) -> None:
    with closing(rig.open()) as session:
        assert [one for one in session.discover() if one.type == "libvirt_nwfilter"] == []
    rig.put("libvirt_nwfilter.own", own())
    with closing(rig.open()) as session:
        (found,) = [one for one in session.discover() if one.type == "libvirt_nwfilter"]
        assert session.import_state("libvirt_nwfilter", found.identifier).values == rig.there["libvirt_nwfilter.own"]
