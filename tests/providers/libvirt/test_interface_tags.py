"""The tags of NICs in a domain on libvirt's test driver, which plugs no NICs, but keeps metadata."""

from __future__ import annotations

from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_libvirt.inventory import domain_record
from kvmplan_libvirt.ownership import KEY, URI, Owner, interfaces_metadata
from kvmplan_sdk import Operation, Step, Verb

DOMAIN = "<domain type='test'><name>web1</name><memory unit='MiB'>64</memory><os><type>hvm</type></os></domain>"
GOING, CUT_SHORT = (Owner(LINEAGE, f"libvirt_interface.{name}", f"52:54:00:00:00:0{name}") for name in "12")
SOMEBODYS = Owner("00000000-0000-4000-8000-000000000000", "libvirt_interface.b", "52:54:00:00:00:03")


def test_a_tag_without_its_nic_goes_with_the_next_change_of_another(rig: Rig) -> None:
    domain = rig.connection.defineXML(DOMAIN)
    domain.setMetadata(2, interfaces_metadata((GOING, CUT_SHORT, SOMEBODYS)), KEY, URI, 2)
    values = {"domain": "web1", "mac": GOING.mac, "network": "default", "bridge": None, "model": "virtio"}
    gone = Operation(verb=Verb.DELETE, address=GOING.address, type="libvirt_interface", before=values, after=None)
    (outcome,) = rig.open().apply(Step(operations=(gone,), lineage=LINEAGE))
    assert not outcome.diagnostics
    assert domain_record(domain).owners == {SOMEBODYS}
    domain.undefine()
