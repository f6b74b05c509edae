"""Objects that are there already, taken in: found by every name they have, and refused where that cannot be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_libvirt.ownership import URI
from kvmplan_libvirt.provider import SCHEMA
from kvmplan_sdk import (
    UNTAGGED,
    DiagnosticError,
    Discovers,
    Known,
    Object,
    Operation,
    Session,
    Step,
    Value,
    Verb,
)
from kvmplan_sdk.testing.proposals import proposal

UUID = "dd8fe884-6c02-601e-7551-cca97df1c5df"
NIC = "aa:bb:cc:dd:ee:ff"


class Discovering(Session, Discovers):
    """What the provider's sessions are."""


def session(rig: Rig) -> Discovering:
    opened = rig.open()
    assert isinstance(opened, Discovers)
    return cast("Discovering", opened)


def refused(rig: Rig, type_: str, identifier: str) -> str:
    with pytest.raises(DiagnosticError) as caught:
        session(rig).import_state(type_, identifier)
    return str(caught.value)


def define(rig: Rig, inner: str, name: str = "lan") -> None:
    rig.connection.networkDefineXML(f"<network><name>{name}</name><bridge name='virbr-{name}'/>{inner}</network>")


def tag(lineage: str) -> str:
    return f"<metadata><o:owner xmlns:o='{URI}' lineage='{lineage}' address='libvirt_network.z'/></metadata>"


def test_a_network_has_two_names(rig: Rig) -> None:
    define(rig, "")
    there = rig.connection.networkLookupByName("lan")
    named, numbered = (
        session(rig).import_state("libvirt_network", name).values for name in ("lan", there.UUIDString().upper())
    )
    assert named == numbered
    assert (named["name"], named["mode"], named["active"], named["autostart"]) == ("lan", "isolated", False, False)


def test_a_nic_has_four_names(rig: Rig) -> None:
    domain = rig.connection.lookupByName("test").UUIDString()
    names = [f"test/{NIC}", f"test/{NIC.upper()}", "test/testnet0", f"{domain}/{NIC}"]
    found = [session(rig).import_state("libvirt_interface", name).values for name in names]
    assert [one["domain"] for one in found] == ["test", "test", "test", domain]
    assert all({**one, "domain": "test"} == found[0] for one in found)
    assert (found[0]["domain"], found[0]["mac"], found[0]["network"]) == ("test", NIC, "default")


@pytest.mark.parametrize(
    ("type_", "identifier", "said"),
    [
        ("libvirt_network", "nope", "There is no network nope: Give a name or a UUID. Networks on this host: default."),
        ("libvirt_interface", "nope", "nope names no NIC: Give DOMAIN/MAC or DOMAIN/TAP"),
        ("libvirt_interface", f"nope/{NIC}", "There is no domain nope: .* Domains on this host: test"),
        ("libvirt_interface", "test/vnet9", f"Domain test has no NIC vnet9: NICs of the domain: {NIC}."),
    ],
)
def test_what_is_not_there_is_told_with_what_is(rig: Rig, type_: str, identifier: str, said: str) -> None:
    with pytest.raises(DiagnosticError, match=said):
        session(rig).import_state(type_, identifier)


def test_what_belongs_to_another_state_is_refused(rig: Rig) -> None:
    define(rig, tag("another"))
    said = refused(rig, "libvirt_network", "lan")
    assert said.startswith(
        "Network lan belongs to another state: It is libvirt_network.z of the state with the lineage"
    )
    assert "kvmplan state rm libvirt_network.z" in said
    assert "virsh net-edit lan" in said


@pytest.mark.parametrize("metadata", ["", tag(LINEAGE)], ids=["untagged", "ours, forgotten by the state"])
def test_what_was_taken_in_is_ours_and_the_first_apply_tags_it(rig: Rig, metadata: str) -> None:
    define(rig, metadata)
    opened = session(rig)
    values = opened.import_state("libvirt_network", "lan").values
    known = Known(address=UNTAGGED, type="libvirt_network", values=values)
    (observed,) = opened.read([known])
    assert observed is not None
    assert (observed.owned, observed.values) == (True, values)
    operation = Operation(
        verb=Verb.UPDATE,
        address="libvirt_network.lan",
        type="libvirt_network",
        before=values,
        after=values,
        former=UNTAGGED,
    )
    (outcome,) = opened.apply(Step(operations=(operation,), lineage=LINEAGE))
    assert outcome.diagnostics == ()
    (observed,) = opened.read([Known(address="libvirt_network.lan", type="libvirt_network", values=values)])
    assert observed is not None
    assert observed.owned


def test_everything_there_is_discovered(rig: Rig) -> None:
    define(rig, tag("another"))
    found = [
        (one.type, one.identifier, one.name, one.lineage, one.address, one.note) for one in session(rig).discover()
    ]
    lan = rig.connection.networkLookupByName("lan").UUIDString()
    assert found == [
        ("libvirt_network", UUID, "default", "", "", ""),
        ("libvirt_network", lan, "lan", "another", "libvirt_network.z", ""),
        ("libvirt_interface", f"test/{NIC}", "test", "", "", ""),
    ]


def test_a_nic_without_a_model_stays_without_one(rig: Rig) -> None:
    opened = session(rig)
    there = opened.import_state("libvirt_interface", f"test/{NIC}").values
    assert there["model"] is None
    schema = SCHEMA.resources["libvirt_interface"]
    written: Object = {"domain": "test", "network": "default", "mac": NIC}

    def model(prior: Object | None) -> Value:
        return opened.plan(proposal(schema, "libvirt_interface.test", written, prior)).values["model"]

    assert (model(there), model(None)) == (None, "virtio")
    (observed,) = opened.read([Known(address=UNTAGGED, type="libvirt_interface", values=there)])
    assert observed is not None
    assert observed.values == there


GUEST = (
    "<domain type='test'><name>guest</name><uuid>2643e6de-de1f-4b8f-90c3-6b73cd2b1736</uuid><memory>1</memory>"
    "<os><type>hvm</type></os><devices>{}</devices></domain>"
)
NIC_OF_GUEST = (
    "<interface type='network'><mac address='52:54:00:00:00:{}'/><source network='default'/><model type='virtio'/>"
    "<link state='{}'/></interface>"
)


@pytest.fixture
def guest(rig: Rig) -> Iterator[Callable[..., None]]:
    """A guest with two NICs, and its definition changed while it runs."""
    nics = [NIC_OF_GUEST.format(number, "up") for number in ("01", "02")]
    domain = rig.connection.defineXML(GUEST.format("".join(nics)))
    domain.create()
    yield lambda *defined: rig.connection.defineXML(GUEST.format("".join(defined)))
    domain.destroy()
    domain.undefine()


def test_what_is_there_by_halves_is_told(rig: Rig, guest: Callable[..., None]) -> None:
    guest(NIC_OF_GUEST.format("01", "down"), NIC_OF_GUEST.format("03", "up"))
    notes = {one.identifier: one.note for one in session(rig).discover() if one.name.startswith("guest")}
    assert notes == {
        "guest/52:54:00:00:00:01": (
            "The guest has it otherwise than it is defined (link_state); the first apply defines it so."
        ),
        "guest/52:54:00:00:00:02": "",
        "guest/52:54:00:00:00:03": "",
    }
    assert session(rig).import_state("libvirt_interface", "guest/52:54:00:00:00:01").values["link_state"] == "up"
    missing = {"02": "the domain's definition", "03": "the running guest"}
    for number, where in missing.items():
        said = refused(rig, "libvirt_interface", f"guest/52:54:00:00:00:{number}")
        assert said.startswith(f"NIC 52:54:00:00:00:{number} of domain guest is not in {where}")


def test_two_nics_of_one_mac_address_cannot_be_told_apart(rig: Rig, guest: Callable[..., None]) -> None:
    guest(*[NIC_OF_GUEST.format("04", "up")] * 2)
    assert "has 2 NICs 52:54:00:00:00:04" in refused(rig, "libvirt_interface", "guest/52:54:00:00:00:04")


def test_a_network_of_which_nothing_is_defined_is_told(rig: Rig) -> None:
    network = rig.connection.networkCreateXML("<network><name>passing</name><bridge name='virbr-p'/></network>")
    (found,) = [one for one in session(rig).discover() if one.name == "passing"]
    assert found.note == "It is gone once it is stopped; the first apply defines it."
    assert session(rig).import_state("libvirt_network", "passing").values["active"] is True
    network.destroy()


def test_a_network_that_libvirt_would_not_define_again_is_refused(rig: Rig) -> None:
    define(rig, "")
    rig.connection.networkDefineXML(
        "<network><name>uplink</name><forward mode='bridge'/><bridge name='virbr-lan'/></network>"
    )
    said = refused(rig, "libvirt_network", "lan")
    assert said.startswith("Network lan cannot be changed: libvirt refuses to define it anew")
    assert "uplink names its bridge virbr-lan" in said
    assert session(rig).import_state("libvirt_network", "uplink").values["mode"] == "bridge"
