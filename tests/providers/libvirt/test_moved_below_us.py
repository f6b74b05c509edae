"""What somebody did below us: a network's bridge removed, a domain renamed, a NIC taken out of its definition alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig
from tests.providers.libvirt.planning import change

from kvmplan_libvirt.network.changes import Now, Restart, Stop, actions
from kvmplan_libvirt.ownership import KEY, URI, Owner, interfaces_metadata
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import ImpactLevel, Known, Object
from kvmplan_sdk.testing.fake_host import FakeHost

NETWORK, NIC = "libvirt_network.example", "libvirt_interface.example"
MAC = "52:54:00:00:00:07"
WEB: Object = {"domain": "web", "network": "default", "mac": MAC}
DEVICE = (
    f"<interface type='network'><mac address='{MAC}'/><source network='default'/><model type='virtio'/></interface>"
)
PLAIN: Object = {"name": "default", "mode": "nat", "active": True, "autostart": True}
TAP = "testnet0"
"""That of the guest that runs on libvirt's test driver."""
SOMEWHERE_ELSE: Sequence[str] = []
"""In a container, which sees nothing of libvirt's."""
LIVE, CONFIG = 1, 2


def session(rig: Rig, *links: str) -> LibvirtSession:
    """On a host whose kernel has these interfaces."""
    listed = json.dumps([{"ifname": name} for name in ("lo", *links)]).encode()
    host = FakeHost(answers={("ip", "-j", "link", "show"): listed})
    reach = Reach.of(rig.connection, host, LINEAGE, "local@kvm1", 9_000_000, on_host=True)
    return LibvirtSession(Steady(reach, lambda _: rig.connection))


def domain(name: str, devices: str = DEVICE) -> str:
    return (
        f"<domain type='test'><name>{name}</name><uuid>6695eb01-f6a4-8304-79aa-97f2502e2200</uuid><memory>64</memory>"
        f"<os><type>hvm</type></os><devices>{devices}</devices></domain>"
    )


@pytest.fixture
def guest(rig: Rig) -> Iterator[Rig]:
    """A running guest `web` with a NIC of ours."""
    made = rig.connection.defineXML(domain("web"))
    made.create()
    made.setMetadata(2, interfaces_metadata((Owner(LINEAGE, NIC, MAC),)), KEY, URI, LIVE | CONFIG)
    yield rig
    made.destroy()
    made.undefine()


@pytest.fixture
def renamed(rig: Rig) -> Iterator[Rig]:
    """Once `web`; on libvirt's test driver, which renames nothing, it is made with the name it has since."""
    made = rig.connection.defineXML(domain("shop"))
    made.setMetadata(2, interfaces_metadata((Owner(LINEAGE, NIC, MAC),)), KEY, URI, CONFIG)
    yield rig
    made.undefine()


def domain_read(rig: Rig, address: str = NIC) -> object:
    (observed,) = rig.open().read([Known(address=address, type="libvirt_interface", values=WEB)])
    return observed and observed.values["domain"]


@pytest.mark.parametrize(("links", "active"), [(["virbr0"], True), ([TAP], False), (SOMEWHERE_ELSE, True)])
def test_a_network_without_its_bridge_does_not_run(rig: Rig, links: Sequence[str], active: bool) -> None:
    imported = session(rig, "virbr0").import_state("libvirt_network", "default").values
    known = Known(address=NETWORK, type="libvirt_network", values=imported)
    (observed,) = session(rig, *links).read([known])
    assert observed is not None
    assert observed.values["active"] is active


def test_a_network_without_its_bridge_is_started_anew_whatever_else_there_is_to_do() -> None:
    assert list(actions(Now(PLAIN, PLAIN, autostart=True), PLAIN)) == []
    assert list(actions(Now(PLAIN, PLAIN, autostart=True, adrift=True), PLAIN)) == [Restart()]
    assert list(actions(Now(PLAIN, PLAIN, autostart=True, adrift=True), {**PLAIN, "active": False})) == [Stop()]


@pytest.mark.parametrize(("links", "refused"), [(["virbr0"], []), ([TAP], ["Network default has lost its bridge"])])
def test_no_nic_comes_to_somebodys_network_without_its_bridge(
    rig: Rig, links: Sequence[str], refused: Sequence[str]
) -> None:
    here = session(rig, *links)
    nic = change(here, "libvirt_interface", {"domain": "test", "network": "default"})
    assert [told.summary for told in here.assess([nic], ()).diagnostics] == refused


def test_a_nic_is_found_in_the_domain_that_was_renamed(renamed: Rig) -> None:
    assert domain_read(renamed) == "shop"
    assert domain_read(renamed, "libvirt_interface.another") is None


def test_of_two_domains_with_the_same_tag_neither_is_the_renamed_one(renamed: Rig) -> None:
    copy = renamed.connection.defineXML(domain("copy").replace("2e2200", "2e2201"))
    copy.setMetadata(2, interfaces_metadata((Owner(LINEAGE, NIC, MAC),)), KEY, URI, CONFIG)
    assert domain_read(renamed) is None
    copy.undefine()


def test_a_domain_that_has_the_old_name_now_does_not_hide_the_renamed_one(renamed: Rig) -> None:
    new = renamed.connection.defineXML(domain("web", "").replace("2e2200", "2e2202"))
    assert domain_read(renamed) == "shop"
    new.undefine()


def test_what_only_the_definition_has_lost_disturbs_no_guest(guest: Rig) -> None:
    assert domain_read(guest) == "web"
    guest.connection.defineXML(domain("web", ""))
    assert domain_read(guest) is None
    with_nic = guest.open()
    assert isinstance(with_nic, LibvirtSession)
    lost = change(with_nic, "libvirt_interface", WEB)
    impact = with_nic.assess([lost], ()).impacts[NIC]
    assert (impact.level, impact.guests) == (ImpactLevel.NONE, ())
    assert impact.why == "The running guest has it, its definition gets it."


def test_what_is_to_change_in_the_guest_as_well_is_told(guest: Rig) -> None:
    guest.connection.defineXML(domain("web", ""))
    here = guest.open()
    assert isinstance(here, LibvirtSession)
    lost = change(here, "libvirt_interface", {**WEB, "link_state": "down"})
    impact = here.assess([lost], ()).impacts[NIC]
    assert (impact.level, impact.guests) == (ImpactLevel.LINK_FLAP, ("web",))
