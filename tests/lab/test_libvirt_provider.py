"""The libvirt provider on a host with real guests: NICs come, move and go while they run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.interface import plugging
from kvmplan_libvirt.provider import LibvirtProvider
from kvmplan_sdk import ImpactLevel, Object
from kvmplan_sdk.testing.conformance import Case, exercise

from .libvirt_rig import LINEAGE, Rig, rig_on

pytestmark = pytest.mark.lab
GUEST = "web"
IP: Object = {"address": "10.77.0.1", "prefix": 24}
RANGE: Object = {"start": "10.77.0.100", "end": "10.77.0.110"}
WEB: Object = {"mac": "52:54:00:00:00:07", "ip": "10.77.0.7"}


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-libvirt", segment=lab_token) as host:
        host.guest(GUEST)
        yield host


@pytest.fixture
def rig(lab: LabHost) -> Iterator[Rig]:
    with rig_on(lab, picture) as rig:
        yield rig


def picture(lab: LabHost) -> dict[str, str]:
    """Networks, the guest's definition but for metadata that libvirt leaves empty, and the interfaces of the host."""
    dumped = lab.run(["virsh", "dumpxml", "--inactive", GUEST]).stdout.replace("  <metadata/>\n", "")
    links = json.loads(lab.run(["ip", "-j", "link"]).stdout)
    return {
        "networks": lab.run(["virsh", "net-list", "--all"]).stdout,
        "guest": dumped,
        "nics": lab.run(["virsh", "domiflist", GUEST]).stdout,
        "links": " ".join(sorted(link["ifname"] for link in links)),
    }


def network(*hosts: Object, name: str = "lan", ranges: list[Object] | None = None, **written: Any) -> dict[str, Any]:
    dhcp = {"host": list(hosts), "range": [RANGE] if ranges is None else ranges}
    return {"name": name, "mode": "open", "bridge": {"stp": False}, "ip": [{**IP, "dhcp": dhcp}], **written}


def test_a_network_keeps_the_rules(rig: Rig) -> None:
    case = Case(
        type="libvirt_network",
        host=rig.host.name,
        create=network(WEB),
        updates=[
            network({**WEB, "ip": "10.77.0.8"}, {"mac": "52:54:00:00:00:08", "name": "db", "ip": "10.77.0.7"}),
            network(ranges=[{**RANGE, "lease": {"expiry": 2, "unit": "hours"}}], mtu=1400),
            network(mode="nat", dns={"host": [{"ip": "10.77.0.9", "hostname": ["a", "b"]}]}),
            network(mode="nat", active=False, autostart=False),
            {"name": "lan", "mode": "isolated"},
        ],
        lineage=LINEAGE,
    )
    exercise(LibvirtProvider(), rig.open, case)


def test_a_nic_of_a_running_guest_keeps_the_rules(rig: Rig) -> None:
    rig.put("libvirt_network.one", network())
    rig.put("libvirt_network.two", {"name": "two", "mode": "isolated"})
    case = Case(
        type="libvirt_interface",
        host=rig.host.name,
        create={"domain": GUEST, "network": "lan"},
        updates=[
            {"domain": GUEST, "network": "two"},
            {"domain": GUEST, "network": "two", "link_state": "down"},
            {"domain": GUEST, "network": "lan", "filterref": {"filter": "no-mac-spoofing"}},
            {"domain": GUEST, "bridge": "virbr-lan"},
        ],
        lineage=LINEAGE,
    )
    exercise(LibvirtProvider(), rig.open, case)


def test_a_guest_gets_the_address_that_is_reserved_for_a_nic_yet_to_be_made(rig: Rig, lab: LabHost) -> None:
    rig.put("libvirt_network.lan", network({**WEB, "name": GUEST}))
    findings = rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan", "mac": WEB["mac"]})
    impact = findings.impacts["libvirt_interface.web"]
    assert (impact.level, impact.guests) == (ImpactLevel.LIVE, (GUEST,))
    assert answers(lab, str(WEB["ip"]))
    with closing(rig.open()) as session:
        leases: Any = session.read_data("libvirt_dhcp_leases", {"network": "lan", "mac": WEB["mac"]})["leases"]
    (lease,) = leases
    assert (lease["mac"], lease["address"], lease["prefix"], lease["hostname"]) == (WEB["mac"], WEB["ip"], 24, GUEST)
    assert lease["expires"].endswith("Z")
    assert [d.summary for d in rig.assess_delete("libvirt_network.lan").diagnostics] == [
        "Running guests are on network lan"
    ]


def answers(lab: LabHost, address: str) -> bool:
    """Whether the guest answers within 90 s; what an earlier NIC with its MAC wrote to the console says nothing."""
    script = 'for n in $(seq 45); do busybox ping -c 1 -W 2 "$1" && exit 0; done; exit 1'
    return lab.run(["sh", "-c", script, "sh", address], check=False, timeout=150).returncode == 0


def bridge_of(lab: LabHost) -> str:
    """The bridge that the guest's tap is on."""
    (tap,) = [line.split()[0] for line in lab.run(["virsh", "-q", "domiflist", GUEST]).stdout.splitlines() if line]
    links = {link["ifname"]: link for link in json.loads(lab.run(["ip", "-j", "link"]).stdout)}
    return str(links[tap].get("master"))


def test_a_guest_of_somebody_else_that_is_off_its_network_is_told(rig: Rig, lab: LabHost) -> None:
    rig.put("libvirt_network.lan", network())
    attach = ["virsh", "attach-interface", GUEST, "network", "lan", "--mac", str(WEB["mac"]), "--model", "virtio"]
    lab.run([*attach, "--live"])
    try:
        tap = lab.run(["virsh", "-q", "domiflist", GUEST]).stdout.split()[0]
        assert rig.refusals("libvirt_network.lan", network()) == []
        lab.run(["ip", "link", "set", "dev", tap, "nomaster"])
        (told,) = rig.refusals("libvirt_network.lan", network())
        assert told.startswith("Running guests are off network lan: ")
        assert f"{GUEST} ({tap})" in told
    finally:
        lab.run(["virsh", "detach-interface", GUEST, "network", "--mac", str(WEB["mac"]), "--live"])


def test_after_a_restart_libvirt_knows_the_guests_port_again(rig: Rig, lab: LabHost) -> None:
    """So its own count of connections is right, and taking the NIC out gives the port back."""
    rig.put("libvirt_network.lan", network(WEB))
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan"})
    ports = lab.run(["virsh", "net-port-list", "lan"]).stdout
    rig.put("libvirt_network.lan", network(WEB, mtu=1400))
    assert lab.run(["virsh", "net-port-list", "lan"]).stdout == ports
    rig.delete("libvirt_interface.web")
    assert lab.run(["virsh", "-q", "net-port-list", "lan"]).stdout.strip() == ""


@pytest.mark.parametrize("deed", ["virsh net-destroy lan", "ip link delete dev virbr-lan"])
def test_a_network_stopped_by_hand_is_drift_and_is_started_again_with_its_guests(
    rig: Rig, lab: LabHost, deed: str
) -> None:
    rig.put("libvirt_network.lan", network(WEB))
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan"})
    ports = lab.run(["virsh", "net-port-list", "lan"]).stdout
    lab.run(deed.split())
    with closing(rig.open()) as session:
        known = rig.there["libvirt_network.lan"]
        (observed,) = session.read([_known("libvirt_network.lan", known)])
    assert observed is not None
    assert {name for name in known if known[name] != observed.values[name]} == {"active"}
    rig.there["libvirt_network.lan"] = observed.values
    rig.put("libvirt_network.lan", network(WEB))
    assert bridge_of(lab) == "virbr-lan"
    assert lab.run(["virsh", "net-port-list", "lan"]).stdout == ports


def test_a_nic_goes_with_its_network_to_another_bridge_and_that_is_no_drift(rig: Rig, lab: LabHost) -> None:
    """The guest's own document names the old bridge until its next start."""
    rig.put("libvirt_network.lan", network(WEB))
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan"})
    rig.put("libvirt_network.lan", network(WEB, bridge={"name": "br-new", "stp": False}))
    assert bridge_of(lab) == "br-new"
    with closing(rig.open()) as session:
        known = rig.there["libvirt_interface.web"]
        (observed,) = session.read([_known("libvirt_interface.web", known)])
    assert observed is not None
    assert observed.values == known


def _known(address: str, values: Object) -> Any:
    from kvmplan_sdk import Known

    return Known(address=address, type=address.partition(".")[0], values=values)


def test_a_model_that_qemu_does_not_have_is_refused_and_a_rare_one_is_not(rig: Rig) -> None:
    rig.put("libvirt_network.lan", network())
    address, nic = "libvirt_interface.web", {"domain": GUEST, "network": "lan"}
    (told,) = rig.refusals(address, {**nic, "model": "e1001"})
    assert told.startswith("QEMU has no NIC of the model e1001: ")
    assert "vmxnet3" in told
    assert rig.refusals(address, {**nic, "model": "vmxnet3"}) == []


def test_a_guest_that_does_not_let_go_of_a_nic_is_told(rig: Rig, lab: LabHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks again at once is told the same."""
    monkeypatch.setattr(plugging, "UNPLUG_DEADLINE", 2.0)
    rig.put("libvirt_network.lan", network())
    rig.put("libvirt_interface.web", {"domain": GUEST, "network": "lan"})
    lab.run(["virsh", "suspend", GUEST])
    try:
        outcomes = [rig.delete("libvirt_interface.web") for _ in range(2)]
    finally:
        lab.run(["virsh", "resume", GUEST])
    for outcome in outcomes:
        (told,) = outcome.diagnostics
        assert told.summary.startswith(f"Guest {GUEST} does not let go"), told
        assert outcome.values is not None
