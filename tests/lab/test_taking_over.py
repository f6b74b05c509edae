"""A host on which somebody worked with virsh alone is taken over: `kvmplan discover`, plan, apply; no guest notices,
and from then on it is changed like any other. Then the state is lost, and found again by its tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.ownership import URI

from .conftest import HostFactory
from .operator_desk import Desk

pytestmark = pytest.mark.lab
NETWORKS = {
    "lan": """
<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>
  <name>lan</name>
  <forward mode='nat'/>
  <domain name='lan.test' localOnly='yes'/>
  <dns><host ip='10.80.0.9'><hostname>printer</hostname></host></dns>
  <ip address='10.80.0.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='10.80.0.100' end='10.80.0.199'/>
      <host mac='52:54:00:80:00:09' name='printer' ip='10.80.0.9'/>
    </dhcp>
  </ip>
  <dnsmasq:options><dnsmasq:option value='cache-size=99'/></dnsmasq:options>
</network>""",
    "inside": """
<network>
  <name>inside</name>
  <bridge name='br-inside' stp='off'/>
  <ip family='ipv6' address='fd00:80::1' prefix='64'/>
</network>""",
    "unused": """
<network>
  <name>not in use</name>
  <forward mode='open'/>
  <ip address='10.81.0.1' prefix='24'/>
</network>""",
    "uplink": "<network><name>uplink</name><forward mode='bridge'/><bridge name='br-host'/></network>",
}
FILTER = (
    "<filter name='quiet'><filterref filter='no-mac-spoofing'/>"
    "<rule action='drop' direction='out'><udp/></rule></filter>"
)
NIC = (
    "<interface type='network'><mac address='52:54:00:80:00:02'/><source network='inside'/><model type='virtio'/>"
    "<filterref filter='quiet'/></interface>"
)
FOUND = [
    "libvirt_network.inside",
    "libvirt_network.lan",
    "libvirt_network.not_in_use",
    "libvirt_network.uplink",
    "libvirt_interface.db",
    "libvirt_interface.web_0",
    "libvirt_interface.web_1",
    "libvirt_nwfilter.quiet",
]


@pytest.fixture
def desk(lab_host: HostFactory) -> Iterator[Desk]:
    lab = lab_host("theirs")
    lab.run(["ip", "link", "add", "br-host", "up", "type", "bridge"])
    for name, document in NETWORKS.items():
        lab.put(f"/tmp/{name}.xml", document)
        lab.run(["virsh", "net-define", f"/tmp/{name}.xml"])
        if name != "unused":
            lab.run(["virsh", "net-start", ET.fromstring(document).findtext("name", "")])
    lab.run(["virsh", "net-autostart", "lan"])
    lab.put("/tmp/filter.xml", FILTER)
    lab.run(["virsh", "nwfilter-define", "/tmp/filter.xml"])
    lab.guest("web", networks=["lan"])
    lab.guest("db", networks=["uplink"])
    lab.put("/tmp/nic.xml", NIC)
    lab.run(["virsh", "attach-device", "web", "/tmp/nic.xml", "--live", "--config"])
    lab.run(["mkdir", "-p", Desk(lab).folder])
    yield Desk(lab)


def test_what_somebody_made_by_hand_becomes_kvmplans(desk: Desk) -> None:
    lab = desk.lab
    before = picture(lab)
    assert desk.run("discover", "--out", "found.kvm.hcl").startswith(f"Wrote found.kvm.hcl: {len(FOUND)} to import.")
    written = lab.run(["cat", f"{desk.folder}/found.kvm.hcl"]).stdout
    assert re.findall(r"^  to = (.*)$", written, re.MULTILINE) == FOUND
    assert written.count("network = libvirt_network.inside.name") == 1
    assert "filter = libvirt_nwfilter.quiet.name" in written
    counts = f"{len(FOUND)} to import, 0 to add, 0 to change, 0 to destroy."
    plan = desk.run("plan", "--detailed-exitcode", status=2)
    assert f"Plan: {counts}" in plan
    assert re.search(r"Step \d.*(live|restart|link_flap|guest_disconnect)", plan) is None, "nobody notices"
    desk.run("apply", "--auto-approve")
    assert picture(lab) == before
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert "does not have" in desk.run("discover")

    changed = written.replace('end   = "10.80.0.199"', 'end   = "10.80.0.150"')
    assert changed != written
    desk.write("found.kvm.hcl", changed)
    assert "0 added, 1 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    after = picture(lab)
    assert {name for name in after if after[name] != before[name]} == {"network lan", "dnsmasq"}
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")

    desk.run("state", "rm", "libvirt_network.lan", "libvirt_interface.web_0")
    desk.write("found.kvm.hcl", re.sub(r"import \{.*?\n\}\n", "", changed, flags=re.DOTALL))
    orphans = desk.run("discover", "--orphans")
    assert re.findall(r"^  to = (.*)$", orphans, re.MULTILINE) == ["libvirt_network.lan", "libvirt_interface.web_0"]
    assert "resource" not in orphans
    desk.write("orphans.kvm.hcl", orphans)
    assert "2 imported, 0 added, 0 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert picture(lab) == after


def picture(lab: LabHost) -> dict[str, str]:
    """Networks and guests as libvirt has them, but for our tags; the processes and devices behind them."""
    names = [line.strip() for line in lab.run(["virsh", "net-list", "--all", "--name"]).stdout.splitlines() if line]
    told = {f"network {name}": untagged(lab.run(["virsh", "net-dumpxml", name]).stdout) for name in names if name}
    for guest in ("web", "db"):
        told[f"guest {guest}"] = untagged(lab.run(["virsh", "dumpxml", guest]).stdout)
        told[f"definition {guest}"] = untagged(lab.run(["virsh", "dumpxml", "--inactive", guest]).stdout)
        told[f"process {guest}"] = lab.run(["cat", f"/run/libvirt/qemu/{guest}.pid"]).stdout
    told["dnsmasq"] = lab.run(["cat", "/run/libvirt/network/lan.pid"]).stdout
    told["ports"] = lab.run(["sh", "-c", "ip -br link | awk '{ print $1 }'; bridge link | cut -d' ' -f1,2,7"]).stdout
    told["autostart"] = lab.run(["virsh", "-q", "net-list", "--all"]).stdout
    told["filter"] = lab.run(["virsh", "nwfilter-dumpxml", "quiet"]).stdout
    return told


def untagged(text: str) -> str:
    document = ET.fromstring(text)
    for metadata in document.findall("metadata"):
        for tag in list(metadata):
            if tag.tag.startswith(f"{{{URI}}}"):
                metadata.remove(tag)
        if len(metadata) == 0:
            document.remove(metadata)
    return ET.canonicalize(ET.tostring(document, encoding="unicode"), strip_text=True)


HOSTS = """host "kvm" {{
  for_each = {{
    here  = "local"
    there = "ssh://root@{there}"
  }}
  address = each.value
}}
"""


def test_hosts_are_taken_over_together(lab_host: HostFactory) -> None:
    here, there = lab_host("here"), lab_host("there")
    for lab in (here, there):
        lab.put("/tmp/lan.xml", NETWORKS["lan"])
        lab.run(["virsh", "net-define", "/tmp/lan.xml"])
        lab.run(["virsh", "net-start", "lan"])
    desk = Desk(here)
    desk.write("main.kvm.hcl", HOSTS.format(there=there.name))
    only = desk.run("discover", "--host", 'kvm["there"]')
    assert re.findall(r"^  to = (.*)$", only, re.MULTILINE) == ["libvirt_network.kvm_there_lan"]
    desk.run("discover", "--out", "found.kvm.hcl")
    assert "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy." in desk.run("plan")
    assert "2 imported, 0 added, 0 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    tag = 'address="libvirt_network.kvm_{}_lan"'
    assert tag.format("here") in here.run(["virsh", "net-dumpxml", "--inactive", "lan"]).stdout.replace("'", '"')
    assert tag.format("there") in there.run(["virsh", "net-dumpxml", "--inactive", "lan"]).stdout.replace("'", '"')
