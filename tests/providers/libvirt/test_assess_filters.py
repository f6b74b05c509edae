"""A plan with filters judged as a whole. libvirt's test driver has none, so they are listed from documents here; guests
and their NICs are real.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig
from tests.providers.libvirt.planning import change

from kvmplan_libvirt.nwfilter.plan import own_uuid
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import Change, Findings, ImpactLevel, Object, Verb
from kvmplan_sdk.testing.fake_host import FakeHost

MAC = "52:54:00:00:00:07"
SHIPPED = {
    "clean": "<filterref filter='ip'/>",
    "ip": "<rule action='return' direction='out'><ip srcipaddr='$IP'/></rule>",
    "ports": "<rule action='accept' direction='in'><tcp dstportstart='$PORT'/></rule>",
    "torn": "<filterref filter='nowhere'/>",
}


@dataclass(frozen=True)
class Listed:
    """A filter as libvirt hands it out."""

    named: str
    inner: str
    identity: str

    def name(self) -> str:
        return self.named

    def UUIDString(self) -> str:
        return self.identity

    def XMLDesc(self, _flags: int = 0) -> str:
        return f"<filter name='{self.named}' chain='root'><uuid>{self.identity}</uuid>{self.inner}</filter>"


class WithFilters:
    """The test driver's connection, with filters."""

    def __init__(self, connection: Any, filters: list[Listed]) -> None:
        self._connection = connection
        self._filters = filters

    def listAllNWFilters(self, _flags: int = 0) -> list[Listed]:
        return self._filters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def uuid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


@pytest.fixture
def rig_with_guest(rig: Rig) -> Iterator[Rig]:
    """A running guest of somebody else, whose NIC has the filter `clean`, and a definition of another with `ports`."""
    rig.connection.createXML(domain("web", "<filterref filter='clean'/>"))
    defined = rig.connection.defineXML(
        domain("off", "<filterref filter='ports'><parameter name='PORT' value='1'/></filterref>")
    )
    yield rig
    rig.connection.lookupByName("web").destroy()
    defined.undefine()


def domain(name: str, filterref: str) -> str:
    return (
        f"<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os><devices>"
        f"<interface type='network'><mac address='{MAC}'/><source network='default'/>{filterref}</interface>"
        "</devices></domain>"
    )


def reach_of(connection: Any) -> Reach:
    return Reach.of(connection, FakeHost(), LINEAGE, "local@kvm1", 9_000_000, on_host=False)


def opened(reach: Reach) -> LibvirtSession:
    return LibvirtSession(Steady(reach, lambda _: reach.connection))


def session(rig: Rig, filters: dict[str, str] = SHIPPED) -> LibvirtSession:
    listed = [Listed(name, inner, uuid_of(name)) for name, inner in filters.items()]
    return opened(reach_of(WithFilters(rig.connection, listed)))


def planned(rig: Rig, type_: str, written: Object, name: str = "x", before: Object | None = None) -> Change:
    return change(session(rig), type_, written, name, before)


def nwfilter(rig: Rig, *includes: str, name: str = "own", rules: tuple[Object, ...] = (), **more: Any) -> Change:
    references = [{"filter": include} for include in includes]
    return planned(rig, "libvirt_nwfilter", {"name": name, "filterref": references, "rule": list(rules)}, name, **more)


def there(rig: Rig, name: str = "clean", include: str = "ip") -> Object:
    """One of the filters that are there, as ours."""
    after = nwfilter(rig, include, name=name).after
    assert after is not None
    return {**after, "uuid": uuid_of(name)}


def nic(rig: Rig, filter_: str | None, before: Any = None, **parameters: str) -> Change:
    given = [{"name": name, "value": value} for name, value in parameters.items()]
    reference: Any = None if filter_ is None else {"filter": filter_, "parameter": given}
    written: Object = {"domain": "web", "network": "default", "mac": MAC, "filterref": reference}
    return planned(rig, "libvirt_interface", written, before=before)


def going(change: Change) -> Change:
    return replace(change, verb=Verb.DELETE, before=change.after, after=None)


def errors(found: Findings) -> list[str]:
    """Those about filters; the guest's MAC address, say, is none of our business here."""
    return [diagnostic.summary for diagnostic in found.diagnostics if "ilter" in diagnostic.summary]


def judged(rig: Rig, *changes: Change, filters: dict[str, str] = SHIPPED) -> list[str]:
    return errors(session(rig, filters).assess(changes, ()))


PORT: Object = {"action": "accept", "direction": "in", "tcp": [{"dstportstart": "$PORT"}]}


@pytest.mark.parametrize(
    ("filter_", "parameters", "said"),
    [
        ("clean", {}, []),
        ("ports", {"PORT": "80"}, []),
        ("nope", {}, ["There is no filter nope"]),
        ("torn", {}, ["Filter torn includes a filter nowhere that is not there"]),
        ("ports", {}, ["Filter ports cannot be used like this"]),
        ("clean", {"CTRL_IP_LEARNING": "none"}, ["Filter clean cannot be used like this"]),
    ],
)
def test_a_nic_has_a_filter_that_it_can_have(
    rig: Rig, filter_: str, parameters: dict[str, str], said: list[str]
) -> None:
    assert judged(rig, nic(rig, filter_, **parameters)) == said


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ({"mode": "bridge", "dev": "eth1"}, ["On network lan nothing is filtered"]),
        ({"mode": "passthrough", "dev": "eth1"}, ["On network lan nothing is filtered"]),
        ({"mode": "bridge", "bridge": {"name": "br0"}}, []),
        ({"mode": "isolated"}, []),
    ],
)
def test_a_filter_needs_a_bridge(rig: Rig, network: dict[str, Any], told: list[str]) -> None:
    lan = planned(rig, "libvirt_network", {"name": "lan", **network})
    on_it = planned(rig, "libvirt_interface", {"domain": "web", "network": "lan", "filterref": {"filter": "clean"}})
    assert judged(rig, lan, on_it) == told


def test_a_uuid_that_is_pinned_goes_over_to_the_new_name(rig: Rig) -> None:
    before = there(rig, "ip", "ports")
    written: Object = {"name": "new", "uuid": uuid_of("ip")}
    renamed = replace(planned(rig, "libvirt_nwfilter", written), before=before, verb=Verb.CREATE, replaced=True)
    assert judged(rig, renamed, filters={"ip": SHIPPED["ip"]}) == []
    first = replace(renamed, created_first=True)
    assert judged(rig, first, filters={"ip": SHIPPED["ip"]}) == [f"Filter ip already has the UUID {uuid_of('ip')}"]


def test_where_libvirt_has_no_filters_nothing_is_said_of_them(rig: Rig) -> None:
    assert judged(rig, nic(rig, "nope"), filters={}) == []


def test_a_filter_may_come_with_the_nic(rig: Rig) -> None:
    assert judged(rig, nwfilter(rig, "clean"), nic(rig, "own")) == []
    assert judged(rig, nwfilter(rig, rules=(PORT,)), nic(rig, "own")) == ["Filter own cannot be used like this"]
    assert judged(rig, nwfilter(rig, rules=(PORT,)), nic(rig, "own", PORT="80")) == []


def test_includes_are_there_and_lead_nowhere_back(rig: Rig) -> None:
    assert judged(rig, nwfilter(rig, "nope")) == ["There is no filter nope"]
    assert judged(rig, nwfilter(rig, "own")) == ["Filter own includes itself"]
    ring = nwfilter(rig, "two", name="one"), nwfilter(rig, "one", name="two")
    assert judged(rig, *ring) == ["Filter one includes itself", "Filter two includes itself"]


def test_a_name_or_uuid_that_somebody_has(rig: Rig) -> None:
    assert judged(rig, nwfilter(rig, name="clean")) == ["There is already a filter clean"]
    copied = planned(rig, "libvirt_nwfilter", {"name": "own", "uuid": uuid_of("ip")})
    assert judged(rig, copied) == [f"Filter ip already has the UUID {uuid_of('ip')}"]


def test_a_filter_that_a_run_cut_short_has_made_is_ours(rig: Rig) -> None:
    made = own_uuid(reach_of(rig.connection), "libvirt_nwfilter.own", "own")
    connection = WithFilters(rig.connection, [Listed("own", "", made)])
    assert errors(opened(reach_of(connection)).assess([nwfilter(rig)], ())) == []


def test_a_change_reaches_the_guests_that_use_it_through_another(rig_with_guest: Rig) -> None:
    rig = rig_with_guest
    before = {**there(rig, "ip", "ports"), "filterref": []}
    change = nwfilter(rig, name="ip", rules=({"action": "drop", "direction": "out"},), before=before)
    found = session(rig).assess([change], ())
    assert errors(found) == []
    impact = found.impacts[change.address]
    assert (impact.level, impact.guests) == (ImpactLevel.LIVE, ("web",))


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (("clean", {}), ("clean", {"IP": "10.0.0.7"}), ImpactLevel.LINK_FLAP),
        (("clean", {"IP": "10.0.0.7"}), ("clean", {}), ImpactLevel.LINK_FLAP),
        (("clean", {}), (None, {}), ImpactLevel.LINK_FLAP),
        ((None, {}), ("clean", {}), ImpactLevel.LIVE),
        (("clean", {"IP": "10.0.0.7"}), ("clean", {"IP": "10.0.0.8"}), ImpactLevel.LIVE),
    ],
)
def test_a_nic_whose_address_is_learned_is_cut_off_for_a_while(
    rig_with_guest: Rig, before: Any, after: Any, level: ImpactLevel
) -> None:
    """As tests/lab/test_disturbed_guests.py has measured."""
    was = nic(rig_with_guest, before[0], **before[1]).after
    change = nic(rig_with_guest, after[0], before=was, **after[1])
    impact = session(rig_with_guest).assess([change], ()).impacts[change.address]
    assert (impact.level, impact.guests) == (level, ("web",))


def test_a_spelling_reaches_nobody(rig_with_guest: Rig) -> None:
    rule = {"action": "drop", "direction": "in"}
    before = nwfilter(rig_with_guest, name="ip", rules=({**rule, "tcp": [{"dstportstart": "80"}]},)).after
    change = nwfilter(rig_with_guest, name="ip", rules=({**rule, "tcp": [{"dstportstart": "0x50"}]},), before=before)
    assert change.before != change.after
    assert session(rig_with_guest).assess([change], ()).impacts[change.address].level is ImpactLevel.NONE


def test_guests_that_could_not_have_the_filter_as_planned(rig_with_guest: Rig) -> None:
    rig = rig_with_guest
    change = nwfilter(rig, name="ip", rules=(PORT,), before=there(rig, "ip", "ports"))
    assert judged(rig, change) == ["Guest web could not have filter ip as planned"]
    mine = nic(rig, "clean", before=nic(rig, None).after, PORT="80")
    assert judged(rig, change, mine) == []


def test_a_filter_in_use_does_not_go(rig_with_guest: Rig) -> None:
    rig = rig_with_guest
    clean = going(replace(nwfilter(rig, "ip", name="own"), after=there(rig, "clean")))
    (said,) = session(rig).assess([clean], ()).diagnostics
    assert said.summary == "Filter clean is in use"
    assert "guests web" in said.detail
    before = nic(rig, "clean").after
    assert judged(rig, clean, nic(rig, None, before=before)) == []
    assert judged(rig, clean, nic(rig, "ports", before=before, PORT="80")) == []
    ip = going(replace(nwfilter(rig, name="own"), after=there(rig, "ip", "ports")))
    (said,) = session(rig).assess([ip], ()).diagnostics
    assert "guests web and filters clean" in said.detail


def test_a_filter_that_a_guest_needs_at_its_next_start_does_not_go(rig_with_guest: Rig) -> None:
    change = going(replace(nwfilter(rig_with_guest, name="own"), after=there(rig_with_guest, "ports")))
    (said,) = session(rig_with_guest).assess([change], ()).diagnostics
    assert "guests off" in said.detail


def test_a_new_name_for_a_filter_in_use_takes_two_at_a_time(rig_with_guest: Rig) -> None:
    rig = rig_with_guest
    renamed = replace(nwfilter(rig, "ip", name="new"), before=there(rig, "clean"), verb=Verb.CREATE, replaced=True)
    turned = nic(rig, "new", before=nic(rig, "clean").after)
    assert judged(rig, renamed, turned) == ["Filter clean is in use, so it cannot go before its successor is there"]
    assert judged(rig, replace(renamed, created_first=True), turned) == []
    assert judged(rig, replace(renamed, created_first=True)) == ["Filter clean is in use"]
    again = {**there(rig, "clean"), "uuid": "c0ffee00-0000-4000-8000-000000000000"}
    same_name = replace(renamed, after=again)
    assert judged(rig, replace(same_name, created_first=True)) == ["Two filters clean cannot be there at a time"]
    keeps_name = nic(rig, "clean", before=nic(rig, "clean").after)
    assert "or change its name" in advice(rig, same_name, keeps_name)
    assert "change its name" not in advice(rig, renamed, turned)


def advice(rig: Rig, *changes: Change) -> str:
    (told,) = (one.detail for one in session(rig).assess(changes, ()).diagnostics if one.summary.endswith("is there"))
    return told


@pytest.mark.parametrize(
    ("protocol", "told"),
    [("tcp", "net.bridge.bridge-nf-call-iptables=1"), ("tcp_ipv6", None), ("ip", None)],
)
def test_rules_that_the_host_does_not_apply(rig: Rig, protocol: str, told: str | None) -> None:
    """Where its firewall is not shown what passes bridges."""
    shown = {
        f"/proc/sys/net/bridge/bridge-nf-call-{name}": value
        for name, value in (("iptables", b"0\n"), ("ip6tables", b"1\n"))
    }
    listed = [Listed("ip", SHIPPED["ip"], uuid_of("ip"))]
    host = FakeHost(files=shown, answers={("ip",): b"[]"})
    reach = Reach.of(WithFilters(rig.connection, listed), host, LINEAGE, "local@kvm1", 9_000_000, on_host=True)  # type: ignore[arg-type]
    rules: tuple[Object, ...] = (
        {
            "action": "drop",
            "direction": "in",
            protocol: [{"dstportstart": "1", "protocol": "tcp"} if protocol == "ip" else {}],
        },
    )
    filter_, used = nwfilter(rig, rules=rules), nic(rig, "own")
    found = [one for one in opened(reach).assess([filter_, used], ()).diagnostics if "ilter" in one.summary]
    assert [one.summary for one in found] == (["Some rules of filter own do nothing on this host"] if told else [])
    assert all(str(told) in one.detail and not one.is_error for one in found)
