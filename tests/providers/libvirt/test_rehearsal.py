"""What libvirt itself would refuse is told before anything runs, and its own world is left alone by asking."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig
from tests.providers.libvirt.interface.written import SIMPLEST, completed
from tests.providers.libvirt.test_listing import counted
from tests.providers.libvirt.test_provider import NETWORK, operation

from kvmplan_libvirt.interface.source import KINDS
from kvmplan_libvirt.provider import SCHEMA
from kvmplan_sdk import Diagnostic, Object, Operation, Rehearses, Step, Verb
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.values import UNKNOWN

NIC: Object = {
    **configure(SCHEMA.resources["libvirt_interface"], {"domain": "test", "network": "lan", "model": "virtio"}),
    "mac": "52:54:00:00:00:07",
}
NIC_ADDRESS = "libvirt_interface.nic"


def said(rig: Rig, step: Step) -> tuple[Diagnostic, ...]:
    session = rig.open()
    assert isinstance(session, Rehearses)
    before = sorted(network.name() for network in rig.connection.listAllNetworks())
    diagnostics = tuple(session.dry_run(step))
    assert sorted(network.name() for network in rig.connection.listAllNetworks()) == before
    return diagnostics


@pytest.mark.parametrize("step", [operation(Verb.CREATE, NETWORK), operation(Verb.CREATE, NIC, NIC_ADDRESS)])
def test_what_libvirt_takes_is_not_spoken_of(rig: Rig, step: Step) -> None:
    assert said(rig, step) == ()


@pytest.mark.parametrize("source", KINDS)
def test_every_source_of_a_nic_is_judged(rig: Rig, source: str) -> None:
    nic = completed({"domain": "web", "mac": NIC["mac"], source: SIMPLEST[source]})
    assert said(rig, operation(Verb.CREATE, nic, NIC_ADDRESS)) == ()
    (problem,) = said(rig, operation(Verb.CREATE, {**nic, "mac": "53:54:00:00:00:07"}, NIC_ADDRESS))
    assert "unicast" in problem.detail


@pytest.mark.parametrize(
    ("values", "address", "reason"),
    [
        ({**NETWORK, "name": "a/b"}, "libvirt_network.lan", "/"),
        ({**NETWORK, "bridge": {"name": "virbr-lan", "zone": "a b"}}, "libvirt_network.lan", "schema"),
        ({**NIC, "mac": "53:54:00:00:00:07"}, NIC_ADDRESS, "unicast"),
        ({**NIC, "mac": "53:54:00:00:00:07", "target": UNKNOWN, "addresses": UNKNOWN}, NIC_ADDRESS, "unicast"),
    ],
)
def test_what_libvirt_refuses_names_the_resource_and_the_reason(
    rig: Rig, values: Object, address: str, reason: str
) -> None:
    (problem,) = said(rig, operation(Verb.CREATE, values, address))
    assert problem.address == address
    assert reason in problem.detail


def test_what_is_not_known_yet_and_what_goes_is_not_judged(rig: Rig) -> None:
    wrong = {**NETWORK, "name": "a/b"}
    assert said(rig, operation(Verb.CREATE, {**wrong, "uuid": UNKNOWN})) == ()
    assert said(rig, operation(Verb.DELETE, wrong)) == ()


def test_a_definition_that_changes_hands_is_judged_by_itself(rig: Rig) -> None:
    """Two networks that swap names are no conflict in the end, whatever the order of asking."""
    other = {**NETWORK, "uuid": "2d6b7c1e-0000-4000-8000-000000000002"}
    one, two = (operation(Verb.CREATE, values).operations[0] for values in (NETWORK, other))
    assert said(rig, Step(operations=(one, two), lineage=LINEAGE)) == ()


def test_what_is_of_one_shape_is_held_against_the_schema_once(rig: Rig) -> None:
    def named(number: int, **more: Any) -> Operation:
        bridge = {"name": f"virbr-lan{number}", "stp": True, "delay": 0}
        values = {**NETWORK, "name": f"lan{number}", "uuid": None, "bridge": bridge, **more}
        return operation(Verb.CREATE, values, f"libvirt_network.lan[{number}]").operations[0]

    with counted() as calls:
        assert said(rig, Step(operations=tuple(map(named, range(20))), lineage=LINEAGE)) == ()
    assert calls["networkDefineXMLFlags"] == 21
    other = named(20, bridge={"name": "virbr-lan", "zone": "a b"})
    (problem,) = said(rig, Step(operations=(*map(named, range(20)), other), lineage=LINEAGE))
    assert problem.address == other.address
