"""The netplan provider on a host with systemd-networkd: bridges that come, change, are repaired, and leave no trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kvmplan.lab import LabHost
from kvmplan_netplan import NetplanProvider
from kvmplan_netplan.schema import BRIDGE, FILE
from kvmplan_sdk import (
    Change,
    Impact,
    ImpactLevel,
    Known,
    Object,
    Operation,
    Outcome,
    Session,
    Step,
    Verb,
)
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.conformance import Case, exercise

from .clients import until
from .provider_host import ProviderHost

pytestmark = pytest.mark.lab
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
Open = Callable[[], Session]


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-netplan", segment=lab_token, nics=3) as host:
        yield host


@pytest.fixture(scope="module")
def untouched(lab: LabHost) -> dict[str, Any]:
    return picture(lab)


@pytest.fixture
def host(lab: LabHost, untouched: dict[str, Any]) -> Iterator[ProviderHost]:
    """The lab host, which every test must leave as it found it; networkd may be at work on a released port for a while
    yet.
    """
    yield ProviderHost(lab)
    if not until(lambda: picture(lab) == untouched):
        after = picture(lab)
        lab.run(["sh", "-c", f"rm -f {FILE}; ip link del br-a; ip link del br-b; netplan apply"], check=False)
        assert after == untouched


def picture(lab: LabHost) -> dict[str, Any]:
    """Interfaces with their addresses, ports and state, and every file of netplan and networkd."""
    links = json.loads(lab.run(["ip", "-j", "-d", "addr"]).stdout)
    kept = ("ifname", "flags", "mtu", "address", "master")
    shown = [{**{key: link.get(key) for key in kept}, "addresses": _addresses(link)} for link in links]
    files = lab.run(["sh", "-c", "cd / && ls -l --time-style=+ etc/netplan && cat etc/netplan/*"]).stdout
    networkd = lab.run(["sh", "-c", "ls /run/systemd/network"]).stdout
    return {"links": shown, "files": files, "networkd": networkd}


def _addresses(link: Any) -> list[str]:
    return sorted(one["local"] for one in link["addr_info"] if one["scope"] == "global")


@pytest.fixture
def open_session(host: ProviderHost) -> Open:
    return lambda: NetplanProvider().open(host, {}, LINEAGE)


def bridge(name: str, **written: Any) -> dict[str, Any]:
    return {**propose(BRIDGE, configure(BRIDGE, {"name": name, **written}), None), "file": FILE}


def operation(verb: Verb, before: Object | None, after: Object | None, private: Object | None = None) -> Operation:
    address = f"netplan_bridge.{(after or before or {})['name']}"
    return Operation(
        verb=verb, address=address, type="netplan_bridge", before=before, after=after, private=private or {}
    )


def apply(open_session: Open, *operations: Operation, lineage: str = LINEAGE) -> list[Outcome]:
    return list(open_session().apply(Step(operations=operations, lineage=lineage)))


def read(open_session: Open, outcome: Outcome) -> Object | None:
    assert outcome.values is not None
    known = Known(address=outcome.address, type="netplan_bridge", values=outcome.values, private=outcome.private)
    (found,) = open_session().read([known])
    assert found is None or found.private == outcome.private
    return found.values if found else None


def delete(open_session: Open, *made: Outcome) -> list[Outcome]:
    gone = [operation(Verb.DELETE, outcome.values, None, outcome.private) for outcome in made]
    return apply(open_session, *gone)


CASES = [
    Case(type="netplan_bridge", create={"name": "br-a"}, anew=[{"name": "br-b"}]),
    Case(
        type="netplan_bridge",
        create={"name": "br-a", "interfaces": ["ens4"], "addresses": ["10.77.0.1/24", "fd00:77::1/64"]},
        updates=[
            {"name": "br-a", "interfaces": ["ens4", "ens5"], "addresses": ["10.77.1.1/24"], "mtu": 1400},
            {"name": "br-a", "interfaces": ["ens5"], "dhcp6": True, "parameters": {"stp": True, "forward_delay": 4}},
            {"name": "br-a", "macaddress": "52:54:00:AB:cd:ef", "parameters": {"stp": True, "forward_delay": 6}},
            {
                "name": "br-a",
                "addresses": ["10.77.0.1/24"],
                "routes": [{"to": "10.78.0.0/16", "via": "10.77.0.254"}],
                "nameservers": {"addresses": ["10.77.0.53"], "search": ["no", "lan"]},
            },
        ],
        address='module.m["x"].netplan_bridge.lan["ü\\n"]',
    ),
]


@pytest.mark.parametrize("case", CASES, ids=["plain", "everything"])
def test_contract(open_session: Open, case: Case) -> None:
    exercise(NetplanProvider(), open_session, case)


def test_bridges_of_a_step_are_activated_once(host: ProviderHost, open_session: Open) -> None:
    made = apply(
        open_session,
        operation(Verb.CREATE, None, bridge("br-a", interfaces=["ens4"])),
        operation(Verb.CREATE, None, bridge("br-b", interfaces=["ens5"])),
    )
    assert [outcome.diagnostics for outcome in made] == [(), ()]
    assert host.lab.get(FILE).count("optional") == 0
    assert host.lab.run(["stat", "-c", "%a", FILE]).stdout == "600\n"
    swapped = apply(
        open_session,
        operation(Verb.UPDATE, made[0].values, bridge("br-a", interfaces=["ens5"]), made[0].private),
        operation(Verb.UPDATE, made[1].values, bridge("br-b", interfaces=["ens4"]), made[1].private),
    )
    assert [(read(open_session, one) or {})["interfaces"] for one in swapped] == [["ens5"], ["ens4"]]
    delete(open_session, *swapped)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("ip link del br-a", None),
        ("ip addr flush dev br-a scope global", "addresses"),
        ("ip link set br-a mtu 1300", "mtu"),
        ("ip link set br-a type bridge stp_state 1", "parameters"),
        (f"rm {FILE}; netplan generate", "file"),
    ],
)
def test_what_is_done_by_hand_is_seen_and_repaired(
    host: ProviderHost, open_session: Open, damage: str, what: str | None
) -> None:
    wanted = bridge("br-a", interfaces=["ens4"], addresses=["10.77.0.1/24"], mtu=1400)
    (made,) = apply(open_session, operation(Verb.CREATE, None, wanted))
    assert read(open_session, made) == wanted
    host.lab.run(["sh", "-c", damage])
    found = read(open_session, made)
    if what is None:
        assert found is None
    else:
        assert found is not None
        assert [name for name, value in found.items() if value != wanted[name]] == [what]
    verb = Verb.CREATE if found is None else Verb.UPDATE
    (repaired,) = apply(open_session, operation(verb, found, wanted, made.private))
    assert not repaired.diagnostics
    assert read(open_session, repaired) == wanted
    delete(open_session, repaired)


def test_a_bridge_in_use_is_not_deleted(host: ProviderHost, open_session: Open) -> None:
    (made,) = apply(open_session, operation(Verb.CREATE, None, bridge("br-a")))
    host.lab.run(["sh", "-c", "ip tuntap add tap-guest mode tap && ip link set tap-guest master br-a"])
    (kept,) = delete(open_session, made)
    assert "tap-guest on br-a would lose their network" in kept.diagnostics[0].detail
    assert kept.values == made.values
    assert read(open_session, made) == made.values
    host.lab.run(["ip", "link", "del", "tap-guest"])
    delete(open_session, made)


def test_a_tap_stays_on_its_bridge_through_updates(host: ProviderHost, open_session: Open) -> None:
    (made,) = apply(open_session, operation(Verb.CREATE, None, bridge("br-a", interfaces=["ens4"])))
    host.lab.run(["sh", "-c", "ip tuntap add tap-guest mode tap && ip link set tap-guest master br-a"])
    after = bridge("br-a", interfaces=["ens5"], addresses=["10.77.0.1/24"], parameters={"stp": True})
    (made,) = apply(open_session, operation(Verb.UPDATE, made.values, after, made.private))
    assert "master br-a" in host.lab.run(["ip", "link", "show", "tap-guest"]).stdout
    host.lab.run(["ip", "link", "del", "tap-guest"])
    delete(open_session, made)


def test_a_foreign_bridge_is_neither_taken_over_nor_deleted(host: ProviderHost, open_session: Open) -> None:
    host.lab.run(["ip", "link", "add", "br-a", "type", "bridge"])
    create = operation(Verb.CREATE, None, bridge("br-a"))
    (outcome,) = apply(open_session, create)
    assert outcome.diagnostics[0].summary == "Interface exists"
    assert host.read_file(FILE) is None
    (problem,) = assess(open_session, create)[0]
    assert problem.startswith("Interface exists")
    host.lab.run(["ip", "link", "del", "br-a"])


def test_what_netplan_refuses_changes_nothing_and_names_the_resource(host: ProviderHost, open_session: Open) -> None:
    good = operation(Verb.CREATE, None, bridge("br-b"))
    bad = operation(Verb.CREATE, None, bridge("br-a", interfaces=["bond9"]))
    (outcome,) = apply(open_session, good, bad)
    assert outcome.address == "netplan_bridge.br-a"
    assert "interface 'bond9' is not defined" in outcome.diagnostics[0].detail
    assert host.read_file(FILE) is None


def assess(open_session: Open, *operations: Operation) -> tuple[list[str], dict[str, Impact]]:
    changes = [
        Change(verb=one.verb, address=one.address, type=one.type, before=one.before, after=one.after)
        for one in operations
    ]
    session: Any = open_session()
    findings = session.assess(changes, [])
    return [f"{one.summary}: {one.detail}" for one in findings.diagnostics], dict(findings.impacts)


def test_the_way_we_came_is_recognised(host: ProviderHost, open_session: Open) -> None:
    said, impacts = assess(open_session, operation(Verb.CREATE, None, bridge("br-a", interfaces=["ens3"])))
    assert said[0].startswith("Port carries the host's own traffic: ens3 has 203.0.113.")
    assert impacts["netplan_bridge.br-a"].level is ImpactLevel.HOST_CONNECTIVITY


def test_the_host_is_asked_about_names_and_subnets(host: ProviderHost, open_session: Open) -> None:
    own = json.loads(host.lab.run(["ip", "-j", "-4", "addr", "show", "ens3"]).stdout)[0]["addr_info"][0]["local"]
    wanted = bridge("br-a", interfaces=["ens9"], addresses=[f"{own}/25"])
    said, _ = assess(open_session, operation(Verb.CREATE, None, wanted))
    assert any("no interface ens9. It has: ens3, ens4, ens5." in one for one in said)
    assert any(one.startswith("Overlapping subnets") and f"ens3 has {own}/24" in one for one in said)
