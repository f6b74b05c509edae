"""The nftables provider beside the real libvirt, with a booted guest that a client outside asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from typing import Any

import pytest

from kvmplan.lab import LabHost
from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, Object, Operation, Session, Severity, Step, Verb

from .clients import page
from .provider_host import ProviderHost

pytestmark = pytest.mark.lab
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
NETWORK = """<network><name>{name}</name><forward mode='{mode}'/><bridge name='{bridge}' stp='off' delay='0'/>
<ip address='192.168.{subnet}.1' prefix='24'><dhcp>
<range start='192.168.{subnet}.10' end='192.168.{subnet}.99'/></dhcp></ip></network>"""


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-nftables", segment=lab_token, nics=1) as host:
        for subnet, mode in ((150, "open"), (151, "nat")):
            xml = NETWORK.format(name=mode, mode=mode, bridge=f"virbr{subnet}", subnet=subnet)
            host.put(f"/root/{mode}.xml", xml)
            host.run(["sh", "-c", f"virsh net-define /root/{mode}.xml && virsh net-start {mode}"])
        yield host


@pytest.fixture
def open_session(lab: LabHost) -> Callable[[], Session]:
    return lambda: NftablesProvider().open(ProviderHost(lab), {}, LINEAGE)


def forward(target: str) -> Object:
    return {"protocol": "tcp", "port": 8081, "address": None, "target": target, "target_port": 8080}


def test_a_client_outside_gets_the_guests_answer(lab: LabHost, open_session: Callable[[], Session]) -> None:
    before = lab.run(["nft", "-s", "list", "ruleset"]).stdout
    guest = lab.guest("web", networks=["open"])
    target = lab.guest_address(guest)
    objects: dict[tuple[str, str], Object] = {
        ("nftables_port_forward", "web"): forward(target),
        ("nftables_masquerade", "out"): {"source": "192.168.150.0/24", "out_interface": None},
    }
    for verb in (Verb.CREATE, Verb.DELETE):
        operations = [
            Operation(
                verb=verb,
                address=f"{type_}.{name}",
                type=type_,
                before=None if verb is Verb.CREATE else values,
                after=values if verb is Verb.CREATE else None,
            )
            for (type_, name), values in objects.items()
        ]
        outcomes = list(open_session().apply(Step(operations=tuple(operations), lineage=LINEAGE)))
        assert not any(outcome.diagnostics for outcome in outcomes)
        there = verb is Verb.CREATE
        assert bool(page(lab, lab.address, 8081, expected=there)) is there
    assert lab.run(["nft", "-s", "list", "ruleset"]).stdout == before


def test_ranges_chosen_clients_and_11_nat_reach_a_guest(lab: LabHost, open_session: Callable[[], Session]) -> None:
    before = lab.run(["nft", "-s", "list", "ruleset"]).stdout
    target = lab.guest_address(lab.guest("shapes", networks=["open"]))
    client = lab.outside(["hostname", "-I"]).stdout.split()
    second = str(ip_address(lab.address) + 100)
    lab.run(["ip", "address", "add", f"{second}/32", "dev", "lo"])
    forward_to: Object = {"protocol": "tcp", "target": target}
    objects: list[tuple[str, Object]] = [
        ("nftables_port_forward", {**forward_to, "ports": ["9000-9010"], "target_port": 8080}),
        ("nftables_port_forward", {**forward_to, "ports": ["7000-7010"], "target_ports": ["8075-8085"]}),
        ("nftables_port_forward", {**forward_to, "ports": ["8080-8090"], "sources": client}),
        ("nftables_port_forward", {**forward_to, "port": 6000, "target_port": 8080, "sources": ["192.0.2.0/24"]}),
        ("nftables_dnat", {"destination": second, "to": target}),
    ]
    operations = [
        Operation(verb=Verb.CREATE, address=f"{type_}.n{number}", type=type_, before=None, after=values)
        for number, (type_, values) in enumerate(objects)
    ]
    outcomes = list(open_session().apply(Step(operations=tuple(operations), lineage=LINEAGE)))
    assert not any(outcome.diagnostics for outcome in outcomes)
    gone = [
        Operation(verb=Verb.DELETE, address=one.address, type=one.type, before=one.after, after=None)
        for one in operations
    ]
    asked = {9005: True, 9011: False, 7005: True, 7006: False, 8080: True, 8091: False, 6000: False}
    try:
        answers = {port: bool(page(lab, lab.address, port, expected=there)) for port, there in asked.items()}
        assert answers == asked
        lab.outside(["ip", "route", "add", f"{second}/32", "via", lab.address])
        assert page(lab, second)
    finally:
        lab.outside(["ip", "route", "del", f"{second}/32"], check=False)
        list(open_session().apply(Step(operations=tuple(gone), lineage=LINEAGE)))
    assert lab.run(["nft", "-s", "list", "ruleset"]).stdout == before


@pytest.mark.parametrize(("target", "refused"), [("192.168.150.10", False), ("192.168.151.10", True)])
def test_libvirts_own_filter_is_an_error_at_plan_time(
    open_session: Callable[[], Session], target: str, refused: bool
) -> None:
    session: Any = open_session()
    change = Change(
        verb=Verb.CREATE,
        address="nftables_port_forward.web",
        type="nftables_port_forward",
        before=None,
        after=forward(target),
    )
    found = session.assess([change], []).diagnostics
    assert [one.severity for one in found] == ([Severity.ERROR] if refused else [])
    if refused:
        assert "new connections to 192.168.151.10 port 8080 on virbr151" in found[0].detail
        assert 'mode = "open"' in found[0].detail
