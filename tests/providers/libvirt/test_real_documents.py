"""Documents in the shapes that libvirt's documentation and tests have, taken over: what kvmplan writes of them plans
empty, and applying it leaves them as they are, but for its tag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.planner.workspace import Workspace
from tests.providers.libvirt.conftest import URI, Rig

from kvmplan.discovery.discover import Discovery, discover
from kvmplan.plan.model import Action, Plan
from kvmplan.plugins import Plugins
from kvmplan.preparing import prepare
from kvmplan.run import started
from kvmplan_libvirt.api import DOMAIN_XML_INACTIVE, METADATA_ELEMENT, Affect
from kvmplan_libvirt.ownership import KEY
from kvmplan_libvirt.ownership import URI as TAG

DOCUMENTS = Path(__file__).parent / "documents"
NETWORKS = sorted((DOCUMENTS / "networks").glob("*.xml"))
DOMAINS = sorted((DOCUMENTS / "domains").glob("*.xml"))
INDESCRIBABLE = {"ethernet": 1, "internal": 1, "sockets": 4}
"""How many NICs of which document the resource cannot describe; they stay as they are."""
PROVIDER = f'provider "libvirt" {{\n  uri = "{URI}"\n}}\n'


@dataclass
class Desk:
    """A folder, and libvirt's test driver with nothing on it but what a test defines."""

    workspace: Workspace
    connection: Any

    def discovered(self, *, orphans: bool = False) -> Discovery:
        plugins = Plugins()
        prepared = prepare(self.workspace.directory, self.workspace.given, plugins)
        assert not prepared.failed, prepared.diagnostics
        with started(prepared, self.workspace.store, plugins) as run:
            return discover(run, host=None, provider="libvirt", orphans=orphans)

    def planned(self, left_out: int = 0) -> str:
        """Discover and plan; returns what was written."""
        made = self.discovered()
        assert made.left_out == left_out, made.text
        (self.workspace.directory / "found.kvm.hcl").write_text(made.text)
        assert surprises(self.workspace.plan()) == {}, made.text
        return made.text

    def take_over(self, left_out: int = 0) -> str:
        """The same, applied and planned again."""
        written = self.planned(left_out)
        result = self.workspace.apply()
        assert result.complete, result.diagnostics
        assert self.workspace.plan().is_empty
        again = self.discovered()
        assert (again.found, again.left_out) == (0, left_out)
        return written


def surprises(plan: Plan) -> Mapping[str, object]:
    """What a plan would do beyond taking in."""
    return {
        str(address): (change.action, change.before, change.after)
        for address, change in plan.changes.items()
        if change.action is not Action.NO_OP and not change.only_takes_in
    }


@pytest.fixture
def desk(rig: Rig, tmp_path: Path) -> Iterator[Desk]:
    workspace = Workspace(tmp_path)
    workspace.write(PROVIDER)
    default, domain = rig.connection.networkLookupByName("default"), rig.connection.lookupByName("test")
    document = default.XMLDesc(0)
    default.destroy()
    yield Desk(workspace, rig.connection)
    rig.connection.networkDefineXML(document).create()
    domain.setMetadata(METADATA_ELEMENT, None, KEY, TAG, Affect.LIVE | Affect.CONFIG)


def facts(element: ET.Element) -> str:
    """A document without our tags, subnets spelled alike."""
    for metadata in element.findall("metadata"):
        for tag in list(metadata):
            if tag.tag.startswith(f"{{{TAG}}}"):
                metadata.remove(tag)
        if len(metadata) == 0:
            element.remove(metadata)
    for subnet in (*element.findall("ip"), *element.findall("route")):
        netmask = subnet.attrib.pop("netmask", None)
        if netmask is not None:
            subnet.set("prefix", str(ip_network(f"0.0.0.0/{netmask}").prefixlen))
        if subnet.get("address", "").startswith("10."):
            subnet.attrib.setdefault("prefix", "8")  # as libvirt takes it
        if subnet.get("family") == "ipv4":
            del subnet.attrib["family"]
    return ET.canonicalize(ET.tostring(element, encoding="unicode"), strip_text=True, rewrite_prefixes=True)


@pytest.mark.parametrize("path", NETWORKS, ids=[path.stem for path in NETWORKS])
def test_a_network_is_taken_over_as_it_is(path: Path, desk: Desk) -> None:
    network = desk.connection.networkDefineXML(path.read_text())
    before = facts(ET.fromstring(network.XMLDesc(0)))
    desk.take_over()
    assert network.isActive() == 0
    assert facts(ET.fromstring(network.XMLDesc(0))) == before


def test_a_host_with_all_of_them_is_taken_over_at_once(desk: Desk) -> None:
    for path in NETWORKS:
        desk.connection.networkDefineXML(path.read_text())
    written = desk.take_over()
    assert written.count('\nresource "libvirt_network"') == len(NETWORKS) + 1


def test_running_networks_are_planned_as_they_are(desk: Desk) -> None:
    """No further: libvirt's test driver shows what was defined while a network ran only when that is stopped."""
    for path in NETWORKS:
        desk.connection.networkDefineXML(path.read_text()).create()
    assert desk.planned().count("active    = false") == 1


@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
@pytest.mark.parametrize("path", DOMAINS, ids=[path.stem for path in DOMAINS])
def test_the_nics_of_a_guest_are_taken_over_as_they_are(path: Path, running: bool, desk: Desk) -> None:
    domain = desk.connection.defineXML(path.read_text())
    if running:
        domain.create()
    flags = (0, DOMAIN_XML_INACTIVE)
    try:
        before = [facts(ET.fromstring(domain.XMLDesc(flag))) for flag in flags]
        desk.take_over(INDESCRIBABLE.get(path.stem, 0))
        assert [facts(ET.fromstring(domain.XMLDesc(flag))) for flag in flags] == before
    finally:
        if running:
            domain.destroy()
        domain.undefine()


def test_a_nic_is_known_again_by_the_uuid_of_its_domain(desk: Desk) -> None:
    uuid = desk.connection.lookupByName("test").UUIDString()
    file = desk.workspace.directory / "found.kvm.hcl"
    written = desk.discovered().text.replace('domain  = "test"', f'domain  = "{uuid}"')
    file.write_text(written.replace('"test/', f'"{uuid}/'))
    assert surprises(desk.workspace.plan()) == {}
    assert desk.workspace.apply().complete
    assert desk.discovered().found == 0
