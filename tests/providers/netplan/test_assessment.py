"""What is read and judged from interfaces as a host may have them."""

from __future__ import annotations

import json
from ipaddress import ip_interface
from typing import Any

import pytest

from kvmplan_netplan import NetplanProvider
from kvmplan_netplan.assessment import View, impacts, judge
from kvmplan_netplan.bridges import netdef
from kvmplan_netplan.document import Document
from kvmplan_netplan.kernel import Link
from kvmplan_netplan.schema import BRIDGE, FILE
from kvmplan_sdk import UNKNOWN, Change, ImpactLevel, Known, Object, Observed, SubnetClaim, Verb
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.testing.proposals import proposal

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


def wanted(name: str, **attributes: Any) -> Object:
    return {**propose(BRIDGE, configure(BRIDGE, {"name": name, **attributes}), None), "file": FILE}


def link(name: str, kind: str = "", master: str | None = None, *addresses: str) -> Link:
    return Link(name, kind, True, 1500, "52:54:00:00:00:01", master, tuple(map(ip_interface, addresses)))


LINKS = {
    one.name: one
    for one in (
        link("ens3", "", None, "10.0.0.2/24"),
        link("ens4"),
        link("ens5", "", "docker0"),
        link("docker0", "bridge", None, "172.17.0.1/16"),
    )
}
VIEW = View(LINKS, Document(), frozenset({"ens3"}), frozenset({"vlan7"}))


def create(name: str, **attributes: Any) -> Change:
    address = f"netplan_bridge.{name}"
    after = wanted(name, **attributes)
    return Change(verb=Verb.CREATE, address=address, type="netplan_bridge", before=None, after=after)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (create("br-a", interfaces=["ens4"], addresses=["10.9.0.1/24"]), []),
        (create("br-a", interfaces=["vlan7"]), []),
        (
            create("br-a", interfaces=["ens9"]),
            ["Port does not exist: The host has no interface ens9. It has: ens3"],
        ),
        (create("br-a", interfaces=["ens5"]), ["Port is taken: ens5 is a port of docker0 now"]),
        (create("br-a", interfaces=["ens3"]), ["Port carries the host's own traffic: ens3 has 10.0.0.2/24"]),
        (create("docker0"), ["Interface exists: docker0 is a bridge that kvmplan did not make"]),
        (create("ens4"), ["Interface exists: ens4 is a NIC that"]),
        (
            create("br-a", addresses=["172.17.9.1/24"]),
            ["Overlapping subnets: 172.17.9.1/24 is in 172.17.9.0/24"],
        ),
        (create("br-a", interfaces=["ens9"], addresses=UNKNOWN), []),
    ],
    ids=str,
)
def test_judgements(change: Change, said: list[str]) -> None:
    found = [f"{one.summary}: {one.detail}" for one in judge(VIEW, [change])]
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))


def test_a_port_of_two_bridges_is_an_error_for_both() -> None:
    found = list(judge(VIEW, [create("br-a", interfaces=["ens4"]), create("br-b", interfaces=["ens4"])]))
    assert [one.address for one in found] == ["netplan_bridge.br-a", "netplan_bridge.br-b"]
    assert {one.summary for one in found} == {"Port of several bridges"}


def test_what_carries_the_hosts_traffic_is_host_connectivity() -> None:
    view = View({**LINKS, "br-a": link("br-a", "bridge")}, Document(), frozenset({"br-a"}), frozenset())
    for verb, after in ((Verb.UPDATE, wanted("br-a", mtu=1400)), (Verb.DELETE, None)):
        change = Change(verb=verb, address="a", type="netplan_bridge", before=wanted("br-a"), after=after)
        assert impacts(view, [change])["a"].level is ImpactLevel.HOST_CONNECTIVITY
    other = Change(verb=Verb.DELETE, address="b", type="netplan_bridge", before=wanted("br-b"), after=None)
    assert impacts(view, [other])["b"].level is ImpactLevel.LINK_FLAP


def read(links: list[dict[str, Any]], **attributes: Any) -> Observed | None:
    values = wanted("br-a", **attributes)
    document = Document({"br-a": ("netplan_bridge.a", netdef(values))})
    host = FakeHost(
        answers={("ip", "-j", "-d", "addr"): json.dumps(links).encode()}, files={FILE: document.render(LINEAGE)}
    )
    known = Known(address="netplan_bridge.a", type="netplan_bridge", values=values)
    (found,) = NetplanProvider().open(host, {}, LINEAGE).read([known])
    return found


def shown(name: str, **more: Any) -> dict[str, Any]:
    return {"ifname": name, "mtu": 1500, "flags": ["UP"], "address": "52:54:00:00:00:01", "addr_info": [], **more}


def test_a_port_that_was_taken_off_is_drift() -> None:
    bridge = shown("br-a", linkinfo={"info_kind": "bridge", "info_data": {"stp_state": 0}})
    ports = [shown("ens4", master="br-a"), shown("ens5")]
    found = read([bridge, *ports], interfaces=["ens4", "ens5"])
    assert found is not None
    assert found.values == wanted("br-a", interfaces=["ens4"])


def test_something_else_of_its_name_is_not_the_bridge() -> None:
    assert read([shown("br-a", linkinfo={"info_kind": "dummy"})]) is None


def test_a_plan_claims_name_and_subnets_and_knows_what_an_update_disturbs() -> None:
    prior = wanted("br-a", addresses=["10.9.0.1/24"])
    written: Object = {"name": "br-a", "addresses": ["10.9.0.1/24"], "parameters": {"stp": True}}
    asked = proposal(BRIDGE, "netplan_bridge.a", written, prior)
    planned = NetplanProvider().open(FakeHost(), {}, LINEAGE).plan(asked)
    assert SubnetClaim(ip_interface("10.9.0.1/24").network, "br-a") in planned.claims
    assert planned.impact.level is ImpactLevel.LINK_FLAP
