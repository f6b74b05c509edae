"""Between a NIC's values and its element, both ways, for every source."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.providers.libvirt.conftest import Rig
from tests.providers.libvirt.interface.written import SIMPLEST, SOURCES, completed, nics

from kvmplan_libvirt.interface.source import KINDS
from kvmplan_libvirt.interface.xml import document, document_anew, values_of
from kvmplan_libvirt.inventory import Nic, nic_of
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Object
from kvmplan_sdk.proposing import canonical as ordered

DOMAIN = (
    "<domain type='test'><name>written</name><memory>1</memory><os><type>hvm</type></os><devices>{}</devices></domain>"
)
any_nic = st.sampled_from(sorted(SOURCES)).flatmap(nics)


def nic(element: str) -> Nic:
    return nic_of("web", ET.fromstring(element))


def told(values: Object) -> Any:
    from kvmplan_libvirt.interface.model import INTERFACE

    return canonical(ordered(INTERFACE.schema(), values))


def test_every_source_is_written_here() -> None:
    assert set(SOURCES) == set(KINDS)


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=60)
@given(data=st.data())
def test_values_survive_the_document(source: str, data: st.DataObject) -> None:
    values = data.draw(nics(source))
    assert told(values_of(nic(document(values)), values)) == told(values)


@given(any_nic, any_nic)
def test_one_nic_can_become_any_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    """What libvirt chose, or somebody did, stays where nothing is said of it."""
    second |= {name: first[name] for name in ("alias", "address") if second[name] is None}
    changed = nic(document(second, nic(document(first)).element))
    assert told(values_of(changed, second)) == told(second)


def knows_passt(rig: Rig) -> bool:
    """That of Debian 12 does not, though it is a 9.0.0."""
    libvirt = pytest.importorskip("libvirt")
    try:
        rig.connection.defineXML(DOMAIN.format("<interface type='user'><backend type='passt'/></interface>")).undefine()
    except libvirt.libvirtError:
        return False
    return True


@pytest.mark.parametrize("source", SOURCES)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_libvirt_takes_and_keeps_it(source: str, rig: Rig, data: st.DataObject) -> None:
    """Its parser and its schema; and what it shows of the definition means the same."""
    values = data.draw(nics(source))
    if not knows_passt(rig):
        values |= {"backend": None, "port_forward": [], "user": values["user"] and {"dev": None}}
    domain = rig.connection.defineXMLFlags(DOMAIN.format(document(values)), 1)
    try:
        shown = ET.fromstring(domain.XMLDesc(2)).find("devices/interface")
    finally:
        domain.undefine()
    assert shown is not None
    assert told(values_of(nic_of("web", shown), values)) == told(values)


LIVE = """<interface type='bridge'>
  <mac address='52:54:00:00:00:01'/>
  <source network='lan' portgroup='fast' portid='0c0f5c5e-0000-4000-8000-000000000000' bridge='br0'/>
  <target dev='vnet7'/><model type='virtio'/><alias name='net0'/><filterref filter='kept'/>
  <address type='pci' domain='0x0000' bus='0x01' slot='0x00' function='0x0'/>
</interface>"""


def test_what_a_network_chose_is_not_the_nics_own() -> None:
    values = values_of(nic(LIVE), {})
    assert [values[name] for name in ("network", "portgroup", "bridge", "address", "alias")] == [
        "lan",
        "fast",
        None,
        None,
        None,
    ]


def test_a_nic_plugged_in_again_has_its_place_but_none_of_libvirts_names() -> None:
    live = nic(LIVE)
    wanted = completed({"domain": "web", "network": "other", "mac": live.mac})
    again = nic(document_anew(wanted, live)).element
    assert [again.find(tag) for tag in ("alias", "target", "filterref")] == [None] * 3
    assert again.find("address") is not None
    source = again.find("source")
    assert source is not None
    assert source.attrib == {"network": "other"}
    another = document_anew({**wanted, "model": "e1000e"}, live)
    assert nic(another).element.find("address") is None


def test_what_the_table_does_not_know_is_kept() -> None:
    live = nic(LIVE.replace("<target", "<script path='/srv/up'/><target"))
    changed = nic(document(completed({"domain": "web", "network": "lan", "mac": live.mac}), live.element)).element
    script = changed.find("script")
    assert script is not None
    assert script.get("path") == "/srv/up"


def test_the_port_of_a_switch_keeps_the_name_that_libvirt_gave_it() -> None:
    port = (
        "<virtualport type='openvswitch'><parameters interfaceid='2d6b7c1e-0000-4000-8000-000000000001'/></virtualport>"
    )
    there = nic(LIVE.replace(" network='lan' portgroup='fast'", "").replace("<target", f"{port}<target"))
    wanted = completed({"domain": "web", "bridge": "br0", "mac": there.mac, "virtualport": {"type": "openvswitch"}})
    assert told(values_of(there, wanted))["virtualport"] == told(wanted)["virtualport"]
    parameters = nic(document({**wanted, "mtu": 9000}, there.element)).element.find("virtualport/parameters")
    assert parameters is not None
    assert parameters.get("interfaceid") == "2d6b7c1e-0000-4000-8000-000000000001"


@pytest.mark.parametrize(("type_", "shown"), [("passt", "passt"), ("slirp", None)])
def test_a_backend_is_told_where_somebody_chose_it(type_: str, shown: str | None) -> None:
    """A later libvirt also writes down the one that it takes unless said."""
    there = nic(f"<interface type='user'><mac address='52:54:00:00:00:01'/><backend type='{type_}'/></interface>")
    backend = values_of(there, {})["backend"]
    assert (backend and backend["type"]) == shown


def test_the_driver_of_what_is_handed_over_stays() -> None:
    wanted = completed({"domain": "web", "mac": "52:54:00:00:00:01", "hostdev": SIMPLEST["hostdev"]})
    there = nic(document({**wanted, "driver": {"name": "vfio"}}))
    driver = nic(document({**wanted, "boot_order": 1}, there.element)).element.find("driver")
    assert values_of(there, wanted)["driver"] is None
    assert driver is not None
    assert driver.get("name") == "vfio"
