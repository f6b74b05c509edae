"""Single entries of networks led through their lives on libvirt's test driver.

The networks do not run: of a running one the test driver does not show what is defined meanwhile. Running ones are in
the lab's tests.
"""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.providers.libvirt.conftest import LINEAGE, URI, Rig

from kvmplan_libvirt.provider import SCHEMA
from kvmplan_sdk import UNTAGGED, DiagnosticError, Discovers, Known, Object, Operation, Outcome, Step, Verb
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.testing.proposals import proposal

THEIRS = (
    "<network><name>lan</name><metadata><n:note xmlns:n='urn:n'>theirs</n:note></metadata><bridge name='virbr-lan'/>"
    "<dns><host ip='10.77.0.9'><hostname>a</hostname></host></dns>"
    "<ip address='10.76.0.1' prefix='24'/>"
    "<ip address='10.77.0.1' prefix='24'><dhcp><range start='10.77.0.100' end='10.77.0.110'/>"
    "<host mac='52:54:00:00:00:09' name='nine' ip='10.77.0.9'/></dhcp></ip>"
    "<ip family='ipv6' address='fd00:77::1' prefix='64'/></network>"
)
WEB: Object = {"network": "lan", "mac": "52:54:00:AA:00:01", "ip": "10.77.0.10"}
CASES = {
    "a reservation": Case(
        type="libvirt_dhcp_host",
        create=WEB,
        updates=[
            {**WEB, "ip": "10.77.0.11", "name": "web"},
            {**WEB, "lease": {"expiry": 2, "unit": "hours"}},
            {**WEB, "mac": "52:54:00:aa:00:02"},
            {"network": "lan", "name": "web", "ip": "10.77.0.12"},
        ],
        refused=[{"network": "lan", "mac": "52:54:00:00:00:09", "name": "nine", "ip": "10.77.0.9"}],
        anew=[{**WEB, "network": "dmz", "ip": "10.87.0.10"}],
    ),
    "an IPv6 reservation": Case(
        type="libvirt_dhcp_host",
        create={"network": "lan", "name": "web", "ip": "FD00:77:0::A"},
        updates=[{"network": "lan", "id": "0:3:0:1:52:54:0:AA:0:16", "ip": "fd00:77::b"}, WEB],
    ),
    "names": Case(
        type="libvirt_dns_host",
        create={"network": "lan", "ip": "10.77.0.20", "hostname": ["a", "b"]},
        updates=[
            {"network": "lan", "ip": "10.77.0.20", "hostname": ["b"]},
            {"network": "lan", "ip": "fd00:77::20", "hostname": ["b", "a"]},
        ],
        refused=[{"network": "lan", "ip": "10.77.0.9", "hostname": ["a"]}],
    ),
}


@pytest.fixture
def theirs(rig: Rig) -> Any:
    return rig.connection.networkDefineXML(THEIRS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_rules_hold_and_all_else_of_the_network_stays(rig: Rig, theirs: Any, case: Case) -> None:
    before = theirs.XMLDesc(0).replace(' xmlns:n="urn:n"', "")
    rig.connection.networkDefineXML(THEIRS.replace("lan", "dmz").replace("10.7", "10.8"))
    exercise(rig.provider, rig.open, case)
    assert theirs.XMLDesc(0).replace(' xmlns:n="urn:n"', "") == before


def said(network: Any) -> str:
    """The document; what prefix a namespace has does not count."""
    return ET.canonicalize(network.XMLDesc(0), rewrite_prefixes=True)


def entry(label: str, values: Object, verb: Verb = Verb.CREATE) -> Operation:
    type_ = "libvirt_dns_host" if "hostname" in values else "libvirt_dhcp_host"
    written = configure(SCHEMA.resources[type_], {"network": "lan", **values})
    before, after = (None, written) if verb is Verb.CREATE else (written, None if verb is Verb.DELETE else written)
    return Operation(verb=verb, address=f"{type_}.{label}", type=type_, before=before, after=after)


def host(number: int, ip: str) -> Object:
    return {"mac": mac(number), "ip": ip}


def apply(rig: Rig, *operations: Operation) -> list[Outcome]:
    return list(rig.open().apply(Step(operations=operations, lineage=LINEAGE)))


def errors(outcomes: list[Outcome]) -> list[str]:
    return [diagnostic.summary for outcome in outcomes for diagnostic in outcome.diagnostics]


def mac(number: int) -> str:
    return f"52:54:00:00:{number // 256:02x}:{number % 256:02x}"


def many(count: int) -> list[Operation]:
    return [entry(f"h{n:04}", host(n, f"10.77.{n // 200 + 1}.{n % 200 + 1}")) for n in range(count)]


@pytest.fixture
def counted(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often each of libvirt's calls was made."""
    libvirt = pytest.importorskip("libvirt")
    calls: dict[str, int] = {}
    for cls in (libvirt.virNetwork, libvirt.virConnect):
        for name in ("XMLDesc", "update", "networkDefineXML", "listAllNetworks", "listAllDomains"):
            if hasattr(cls, name):
                _count(monkeypatch, cls, name, calls)
    return calls


def _count(monkeypatch: pytest.MonkeyPatch, cls: Any, name: str, calls: dict[str, int]) -> None:
    real = getattr(cls, name)

    def counting(*arguments: Any) -> Any:
        calls[name] = calls.get(name, 0) + 1
        return real(*arguments)

    monkeypatch.setattr(cls, name, counting)


def test_a_thousand_entries_are_one_look_and_one_definition(rig: Rig, counted: dict[str, int]) -> None:
    rig.connection.networkDefineXML(
        "<network><name>lan</name><bridge name='virbr-lan'/><ip address='10.77.0.1' prefix='16'/></network>"
    )
    counted.clear()
    operations = many(1000)
    assert errors(apply(rig, *operations)) == []
    assert counted == {"listAllNetworks": 1, "XMLDesc": counted["XMLDesc"], "networkDefineXML": 1}
    assert counted["XMLDesc"] < 10
    known = [Known(address=one.address, type=one.type, values=one.after or {}) for one in operations]
    counted.clear()
    observed = rig.open().read(known)
    assert [one is not None and one.owned for one in observed] == [True] * 1000
    assert counted["XMLDesc"] < 10


def test_several_networks_are_one_definition_each_in_whatever_order(rig: Rig, counted: dict[str, int]) -> None:
    for name in ("lan", "dmz"):
        rig.connection.networkDefineXML(
            f"<network><name>{name}</name><bridge name='virbr-{name}'/><ip address='10.77.0.1' prefix='16'/></network>"
        )
    counted.clear()
    hosts = [entry(f"h{n}", {**host(n, f"10.77.1.{n + 1}"), "network": ("lan", "dmz")[n % 2]}) for n in range(20)]
    names = [entry(f"n{n}", {"ip": f"10.77.1.{n + 1}", "hostname": ["a"]}) for n in range(20)]
    outcomes = apply(rig, *(one for pair in zip(hosts, names, strict=True) for one in pair))
    assert errors(outcomes) == []
    assert {one.address for one in outcomes} == {one.address for one in (*hosts, *names)}
    assert counted["networkDefineXML"] == 2


def lan(**written: Any) -> Object:
    return {"name": "lan", "active": False, "ip": [{"address": "10.77.0.1", "prefix": 24}], **written}


def network(rig: Rig, written: Object, prior: Object | None = None) -> Object:
    """The network as it is after being planned and applied; with ``prior``, which was just read, an update."""
    asked = proposal(SCHEMA.resources["libvirt_network"], "libvirt_network.lan", written, prior)
    after = rig.open().plan(asked).values
    verb = Verb.CREATE if prior is None else Verb.UPDATE
    operation = Operation(verb=verb, address=asked.address, type=asked.type, before=prior, after=after)
    assert errors(apply(rig, operation)) == []
    (observed,) = rig.open().read([Known(address=asked.address, type=asked.type, values=after)])
    assert observed is not None
    assert observed.values == after
    return observed.values


def test_a_network_keeps_them_and_does_not_see_them(rig: Rig) -> None:
    made = network(rig, lan())
    names = entry("db", {"ip": "10.77.0.20", "hostname": ["db"]})
    assert errors(apply(rig, entry("web", host(1, "10.77.0.11")), names)) == []
    (seen,) = rig.open().read([Known(address="libvirt_network.lan", type="libvirt_network", values=made)])
    assert seen is not None
    assert seen.values == made
    inline = {"range": [], "host": [{"mac": mac(2), "ip": "10.77.0.12"}]}
    network(rig, lan(mtu=1400, ip=[{"address": "10.77.0.1", "prefix": 16, "dhcp": inline}]), made)
    document = rig.connection.networkLookupByName("lan").XMLDesc(0)
    assert [text in document for text in ("10.77.0.11", "10.77.0.12", "<hostname>db", "mtu size='1400'")] == [True] * 4
    goes = entry("web", host(1, "10.77.0.11"), Verb.DELETE)
    assert errors(apply(rig, goes)) == []
    assert mac(1) not in rig.connection.networkLookupByName("lan").XMLDesc(0)


def test_what_was_written_inside_of_our_network_can_become_one_of_its_own(rig: Rig) -> None:
    """Also where nothing says that the network comes first."""
    inside = {"range": [], "host": [{**host(1, "10.77.0.11"), "name": "web"}]}
    before = network(rig, lan(ip=[{"address": "10.77.0.1", "prefix": 24, "dhcp": inside}]))
    assert errors(apply(rig, entry("web", host(1, "10.77.0.12")))) == []
    network(rig, lan(), before)
    document = rig.connection.networkLookupByName("lan").XMLDesc(0)
    assert f"<host mac='{mac(1)}' ip='10.77.0.12'/>" in document


def test_what_somebody_else_wrote_is_neither_changed_nor_removed(rig: Rig, theirs: Any) -> None:
    before = said(theirs)
    nine = {"mac": "52:54:00:00:00:09", "name": "nine", "ip": "10.77.0.9"}
    told = ["Network lan has an entry dhcp-host ipv4 mac 52:54:00:00:00:09 that is not ours"]
    assert errors(apply(rig, entry("nine", nine))) == told
    assert errors(apply(rig, entry("nine", nine, Verb.DELETE))) == told
    assert said(theirs) == before


def test_what_comes_before_an_operation_that_fails_is_done(rig: Rig, theirs: Any) -> None:
    good, bad = entry("a", host(1, "10.77.0.11")), entry("b", host(9, "10.77.0.12"))
    outcomes = apply(rig, good, bad, entry("c", host(3, "10.77.0.13")))
    assert [(one.address, bool(one.diagnostics)) for one in outcomes] == [(good.address, False), (bad.address, True)]
    assert [mac(number) in theirs.XMLDesc(0) for number in (1, 3)] == [True, False]


def test_an_imported_entry_is_tagged_by_its_first_update(rig: Rig, theirs: Any) -> None:
    values = rig.open().import_state("libvirt_dhcp_host", "lan/52:54:00:00:00:09").values  # type: ignore[attr-defined]
    assert values == configure(
        SCHEMA.resources["libvirt_dhcp_host"], {"network": "lan", "mac": mac(9), "name": "nine", "ip": "10.77.0.9"}
    )
    update = Operation(
        verb=Verb.UPDATE,
        address="libvirt_dhcp_host.nine",
        type="libvirt_dhcp_host",
        before=values,
        after=values,
        former=UNTAGGED,
    )
    assert errors(apply(rig, update)) == []
    (observed,) = rig.open().read([Known(address=update.address, type=update.type, values=values)])
    assert observed is not None and observed.owned


def test_addresses_change_hands_in_one_step(rig: Rig, theirs: Any) -> None:
    assert errors(apply(rig, entry("a", host(1, "10.77.0.11")), entry("b", host(2, "10.77.0.12")))) == []
    swapped = [entry("a", host(1, "10.77.0.12"), Verb.UPDATE), entry("b", host(2, "10.77.0.11"), Verb.UPDATE)]
    assert errors(apply(rig, *swapped)) == []
    assert f"<host mac='{mac(1)}' ip='10.77.0.12'/>" in theirs.XMLDesc(0)
    assert f"<host mac='{mac(2)}' ip='10.77.0.11'/>" in theirs.XMLDesc(0)


def test_entries_with_a_tag_are_discovered_and_all_others_can_be_imported(rig: Rig, theirs: Any) -> None:
    assert errors(apply(rig, entry("web", host(1, "10.77.0.11")))) == []
    session = rig.open()
    assert isinstance(session, Discovers)
    (found,) = [one for one in session.discover() if one.type == "libvirt_dhcp_host"]
    assert (found.identifier, found.lineage, found.address) == (f"lan/{mac(1)}", LINEAGE, "libvirt_dhcp_host.web")
    names = [f"lan/{mac(9)}", f"lan/{mac(9).upper()}", "lan/nine", "lan/10.77.0.9"]
    taken = [session.import_state("libvirt_dhcp_host", name).values for name in names]
    assert all(one == taken[0] for one in taken)
    assert session.import_state("libvirt_dns_host", "lan/10.77.0.9").values["hostname"] == ["a"]


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("nope/x", "There is no network nope"),
        ("lan/x", "Network lan has no reservations x"),
        ("lan", "Network lan has no reservations"),
    ],
)
def test_what_is_not_there_cannot_be_imported(rig: Rig, theirs: Any, identifier: str, said: str) -> None:
    session = rig.open()
    assert isinstance(session, Discovers)
    with pytest.raises(DiagnosticError, match=said):
        session.import_state("libvirt_dhcp_host", identifier)


def test_an_entry_of_another_state_cannot_be_imported(rig: Rig, theirs: Any) -> None:
    somebody = rig.provider.open(FakeHost(), {"uri": URI}, "00000000-0000-4000-8000-000000000000")
    operation = entry("web", host(1, "10.77.0.11"))
    assert errors(list(somebody.apply(Step(operations=(operation,), lineage="")))) == []
    session = rig.open()
    assert isinstance(session, Discovers)
    with pytest.raises(DiagnosticError, match="belongs to another state"):
        session.import_state("libvirt_dhcp_host", f"lan/{mac(1)}")
