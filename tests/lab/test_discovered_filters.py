"""Filters that somebody made by hand are discovered, imported and left exactly as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.nwfilter.discovery import SHIPPED

from .conftest import HostFactory
from .operator_desk import Desk

pytestmark = pytest.mark.lab
DOCUMENTS = Path("/usr/share/libvirt/nwfilter")
MIXED = """<filter name='mixed' chain='root'>
  <rule action='drop' direction='in'>
    <tcp match='no' srcipaddr='10.0.0.1'/><tcp dstportstart='0x50' comment='who&apos;s "${x}" &lt;'/>
  </rule>
  <filterref filter='clean-traffic'>
    <parameter name='IP' value='10.0.0.2'/><parameter name='IP' value='10.0.0.1'/>
  </filterref>
  <rule action='accept' direction='out' statematch='false' priority='7'/>
</filter>"""


def test_filters_made_by_hand_are_taken_in_as_they_are(lab_host: HostFactory) -> None:
    lab = lab_host("filters")
    copies = [path.read_text().replace("name='", "name='my-", 1) for path in sorted(DOCUMENTS.glob("*.xml"))]
    for document in (*copies, MIXED):
        lab.put("/tmp/filter.xml", document)
        lab.run(["virsh", "nwfilter-define", "/tmp/filter.xml"])
    before = shown(lab)
    desk = Desk(lab)
    desk.write("main.kvm.hcl", "")
    assert f"{len(copies) + 1} to import" in desk.run("discover", "--out", "found.kvm.hcl")
    assert "clean-traffic" in lab.get(f"{desk.folder}/found.kvm.hcl")
    assert "0 to add, 0 to change, 0 to destroy" in desk.run("plan")
    desk.run("apply", "--auto-approve")
    assert shown(lab) == before
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    desk.write("own.kvm.hcl", 'resource "libvirt_nwfilter" "own" {\n  name = "clean-traffic"\n}\n')
    assert "is one of libvirt's own" in desk.run("import", "libvirt_nwfilter.own", "clean-traffic", status=1)


def shown(lab: LabHost) -> str:
    """What everybody's filters are, but libvirt's own."""
    names = [line.split()[1] for line in lab.run(["virsh", "-q", "nwfilter-list"]).stdout.splitlines() if line]
    return "".join(lab.run(["virsh", "nwfilter-dumpxml", name]).stdout for name in names if name not in SHIPPED)
