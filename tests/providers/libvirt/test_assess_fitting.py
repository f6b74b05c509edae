"""NICs that do not fit: told when the plan is judged, with what the host, the guest and the network have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.providers.libvirt.conftest import Rig
from tests.providers.libvirt.test_assess import assess, network, nic, planned
from tests.providers.libvirt.test_check import plan

from kvmplan_sdk import Change, ImpactLevel, Object, Severity
from kvmplan_sdk.values import format_path

GUEST = (
    "<domain type='test'><name>off</name><uuid>2d6b7c1e-0000-4000-8000-00000000000f</uuid><memory>1</memory>"
    "<os><type>hvm</type>{}</os>{}</domain>"
)
SHARED = "<memoryBacking><access mode='shared'/></memoryBacking>"
SOCKET: Object = {"path": "/run/a.sock", "mode": "server"}
VLAN: Object = {"tag": [{"id": 7}]}


@pytest.fixture
def guest(rig: Rig) -> Iterator[Rig]:
    domain = rig.connection.defineXML(GUEST.format("<boot dev='hd'/>", ""))
    yield rig
    domain.undefine()


def told(rig: Rig, *changes: Change) -> list[str]:
    found = assess(rig, *changes).diagnostics
    return [f"{format_path(item.path)}: {item.summary}" for item in found]


def test_a_domain_is_found_by_its_uuid(guest: Rig) -> None:
    assert told(guest, nic(guest, domain="2d6b7c1e-0000-4000-8000-00000000000F")) == []
    assert told(guest, nic(guest, domain="2d6b7c1e-0000-4000-8000-00000000000e")) == [
        "domain: There is no domain 2d6b7c1e-0000-4000-8000-00000000000e"
    ]


def test_a_domain_that_is_called_otherwise_is_the_same(rig: Rig) -> None:
    there = nic(rig, domain="test").after or {}
    written = {"domain": rig.connection.lookupByName("test").UUIDString(), "network": "default"}
    answer = plan(rig, "libvirt_interface", written, there)
    assert (answer.replaces, answer.values["mac"]) == ((), there["mac"])
    change = planned(rig, "libvirt_interface", written, before=there)
    assert assess(rig, change).impacts[change.address].level is ImpactLevel.NONE


def test_a_model_that_qemu_does_not_have(guest: Rig) -> None:
    models = ["virtio", "vmxnet3", "e1000-82540em", "vmmouse", "e1001"]
    guest.connection.defineXML(GUEST.format("", ""))
    assert [told(guest, nic(guest, domain="off", model=model)) for model in models] == [[]] * 5
    emulated = "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices>"
    guest.connection.defineXML(GUEST.format("", emulated))
    assert [told(guest, nic(guest, domain="off", model=model)) for model in models] == [
        *([[]] * 3),
        ["model: QEMU has no NIC of the model vmmouse"],
        ["model: QEMU has no NIC of the model e1001"],
    ]


def test_a_model_of_a_qemu_that_is_not_there(guest: Rig) -> None:
    guest.connection.defineXML(GUEST.format("", "<devices><emulator>/opt/gone/qemu-system-x86_64</emulator></devices>"))
    assert told(guest, nic(guest, domain="off", model="vmxnet3")) == []


def test_a_boot_order_of_the_domains_own(guest: Rig) -> None:
    assert told(guest, nic(guest, domain="off", boot_order=1)) == ["boot_order: Domain off has a boot order of its own"]


def test_a_device_that_is_not_there(guest: Rig) -> None:
    shared = [nic(guest, domain="off", network=None, direct={"dev": dev}) for dev in ("eth0", "eth7")]
    assert [told(guest, one) for one in shared] == [[], ["direct.dev: There is no device eth7"]]


def test_a_switch_in_userspace_without_the_guests_memory(guest: Rig) -> None:
    change = nic(guest, domain="off", network=None, vhostuser=SOCKET)
    (problem,) = assess(guest, change).diagnostics
    assert (problem.summary, problem.severity) == ("The memory of domain off is not shared", Severity.WARNING)
    guest.connection.defineXML(GUEST.format("", SHARED))
    assert told(guest, change) == []


def test_a_vlan_on_a_network_with_a_linux_bridge(guest: Rig) -> None:
    refused = ["vlan: VLANs of a Linux bridge need libvirt 11.0"]
    assert told(guest, nic(guest, domain="off", vlan=VLAN)) == refused
    assert told(guest, nic(guest, domain="off", vlan=VLAN, virtualport={"type": "openvswitch"})) == []
    assert told(guest, network(guest), nic(guest, domain="off", network="lan", vlan=VLAN)) == refused
    group = {"name": "fast", "virtualport": {"type": "openvswitch"}}
    switched = network(guest, portgroup=[group])
    assert told(guest, switched, nic(guest, domain="off", network="lan", portgroup="fast", vlan=VLAN)) == []
