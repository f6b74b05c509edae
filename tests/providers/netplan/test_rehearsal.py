"""netplan's own word on a step, on this machine, of which nothing is changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from kvmplan.hosts import LocalHost
from kvmplan_netplan import NetplanProvider
from kvmplan_netplan.provider import NetplanSession
from kvmplan_netplan.schema import BRIDGE, FILE
from kvmplan_sdk import UNKNOWN, HostError, Object, Operation, Step, Verb
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.fake_host import FACTS, FakeHost

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


def step(**bridges: dict[str, Any]) -> Step:
    operations = [
        Operation(verb=Verb.CREATE, address=f"netplan_bridge.{name}", type="netplan_bridge", before=None, after=after)
        for name, after in ((name, wanted(name, attributes)) for name, attributes in bridges.items())
    ]
    return Step(operations=tuple(operations), lineage=LINEAGE)


def wanted(name: str, attributes: dict[str, Any]) -> Object:
    return {**propose(BRIDGE, configure(BRIDGE, {"name": name, **attributes}), None), "file": FILE}


@pytest.fixture
def session() -> NetplanSession:
    if shutil.which("netplan", path="/usr/sbin:/usr/bin") is None:
        pytest.skip("netplan is not installed (apt install netplan.io)")
    if Path(FILE).exists():
        pytest.skip(f"{FILE} is in use on this machine")
    return NetplanSession(LocalHost(), LINEAGE)


def test_what_netplan_takes(session: NetplanSession) -> None:
    everything = {
        "addresses": ["10.0.0.1/24", "fd00::1/64"],
        "dhcp4": True,
        "mtu": 1400,
        "macaddress": "52:54:00:11:22:33",
        "routes": [{"to": "default", "via": "10.0.0.254"}],
        "nameservers": {"addresses": ["10.0.0.53"], "search": ["no"]},
        "parameters": {"stp": True, "forward_delay": 4},
    }
    assert session.dry_run(step(a=everything, b={})) == ()


def test_what_it_refuses_is_about_the_resource(session: NetplanSession) -> None:
    (problem,) = session.dry_run(step(a={}, b={"interfaces": ["bond77"]}, c={}))
    assert problem.address == "netplan_bridge.b"
    assert "interface 'bond77' is not defined" in problem.detail
    assert not Path(FILE).exists()


def test_what_is_not_known_yet_is_left_out(session: NetplanSession) -> None:
    unknown = {"addresses": UNKNOWN, "interfaces": ["bond77"]}
    assert session.dry_run(step(a=unknown)) == ()


@pytest.mark.parametrize(
    ("uid", "tools", "said"),
    [(1000, {"netplan": "/usr/sbin/netplan"}, "sudo"), (0, {"netplan": None}, "apt install netplan.io")],
)
def test_a_host_that_cannot_do_it(uid: int, tools: dict[str, str | None], said: str) -> None:
    host = FakeHost(facts=type(FACTS)("kvm1", "6.1.0", uid, tools))
    with pytest.raises(HostError, match=said):
        NetplanProvider().open(host, {}, LINEAGE)
