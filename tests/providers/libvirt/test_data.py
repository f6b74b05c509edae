"""The data sources, on libvirt's test driver: what is there, by name or UUID, whoever made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig
from tests.providers.libvirt.test_listing import counted

from kvmplan_libvirt.addresses.book import AddressBook, Lease, usable
from kvmplan_libvirt.kinds import DATA_SOURCES
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.testing.fake_host import FakeHost

UUID = "2d6b7c1e-0000-4000-8000-000000000001"
NETWORK = f"""
<network>
  <name>lan</name><uuid>{UUID}</uuid><forward mode="route"/><bridge name="br-lan" stp="off"/><domain name="lan.test"/>
  <ip address="10.77.0.1" prefix="24"><dhcp><range start="10.77.0.100" end="10.77.0.110"/>
    <host mac="52:54:00:00:00:07" name="web" ip="10.77.0.7"/></dhcp></ip>
  <ip family="ipv6" address="fd00:77::1" prefix="64"/>
  <portgroup name="fast" default="yes"/>
</network>
"""
GUEST = """
<domain type="test"><name>web</name><title>Web</title><memory>2048</memory><vcpu>2</vcpu><os><type>hvm</type></os>
  <devices>
    <interface type="network"><mac address="52:54:00:00:00:07"/><source network="lan" portgroup="fast"/></interface>
    <interface type="direct"><mac address="52:54:00:00:00:08"/><source dev="eth9" mode="bridge"/>
      <link state="down"/></interface>
    <channel type="unix"><target type="virtio" name="org.qemu.guest_agent.0"/></channel>
  </devices></domain>
"""


@pytest.fixture
def world(rig: Rig) -> Iterator[Rig]:
    rig.connection.networkDefineXML(NETWORK)
    guest = rig.connection.defineXML(GUEST)
    yield rig
    guest.undefine()


def read(rig: Rig, type_: str, /, **written: Any) -> Mapping[str, Any]:
    session = rig.open()
    assert isinstance(session, LibvirtSession)
    schema = DATA_SOURCES[type_].schema
    found = session.read_data(type_, configure(schema, written))
    assert found.keys() == schema.attributes.keys()
    return found


@pytest.mark.parametrize("by", [{"name": "lan"}, {"uuid": UUID.upper()}, {"name": "lan", "uuid": UUID}])
def test_a_network_has_all_that_its_resource_has(world: Rig, by: Mapping[str, str]) -> None:
    network = read(world, "libvirt_network", **by)
    assert (network["name"], network["uuid"], network["mode"]) == ("lan", UUID, "route")
    assert (network["active"], network["persistent"], network["autostart"]) == (False, True, False)
    assert network["bridge"]["name"] == "br-lan"
    assert network["domain"]["name"] == "lan.test"
    assert network["addresses"] == ["10.77.0.1/24", "fd00:77::1/64"]
    assert network["ip"][0]["dhcp"]["host"][0]["ip"] == "10.77.0.7"
    assert [group["name"] for group in network["portgroup"]] == ["fast"]


def test_networks(world: Rig) -> None:
    assert read(world, "libvirt_networks")["names"] == ["default", "lan"]
    (running,) = read(world, "libvirt_networks", active=True)["networks"]
    assert (running["name"], running["bridge"], running["addresses"]) == ("default", "virbr0", ["192.168.122.1/24"])
    assert read(world, "libvirt_networks", active=False)["names"] == ["lan"]


def test_a_domain(world: Rig) -> None:
    domain = read(world, "libvirt_domain", name="web")
    assert domain == read(world, "libvirt_domain", uuid=domain["uuid"])
    assert (domain["title"], domain["state"], domain["vcpus"], domain["memory"]) == ("Web", "shutoff", 2, 2048)
    assert domain["agent"] == "disconnected"
    assert [nic["mac"] for nic in domain["interfaces"]] == ["52:54:00:00:00:07", "52:54:00:00:00:08"]
    running = read(world, "libvirt_domain", name="test")
    assert (running["active"], running["state"], running["agent"]) == (True, "running", None)
    assert running["interfaces"][0]["target"] == "testnet0"


def test_domains(world: Rig) -> None:
    assert read(world, "libvirt_domains")["names"] == ["test", "web"]
    assert read(world, "libvirt_domains", active=True)["names"] == ["test"]
    (domain,) = read(world, "libvirt_domains", network=UUID)["domains"]
    assert (domain["name"], domain["state"], domain["persistent"]) == ("web", "shutoff", True)


def test_interfaces(world: Rig) -> None:
    assert len(read(world, "libvirt_interfaces")["interfaces"]) == 3
    on_network, direct = read(world, "libvirt_interfaces", domain="web")["interfaces"]
    assert (on_network["type"], on_network["source"], on_network["portgroup"]) == ("network", "lan", "fast")
    assert (direct["type"], direct["source"], direct["link_state"]) == ("direct", "eth9", "down")
    assert read(world, "libvirt_interfaces", network="lan")["interfaces"] == [on_network]
    assert read(world, "libvirt_interfaces", mac="52:54:00:00:00:08")["interfaces"] == [direct]
    (asked,) = read(world, "libvirt_interfaces", network="default", addresses_from="agent")["interfaces"]
    assert asked["addresses"] == ["192.168.122.3"]


def test_the_node(world: Rig) -> None:
    node = read(world, "libvirt_node")
    assert (node["hypervisor"], node["hypervisor_version"], node["firewall_backend"]) == ("TEST", "0.0.2", None)
    assert node["interfaces"] == []
    assert node["libvirt_version"].count(".") == 2


@pytest.mark.parametrize(
    ("version", "configuration", "backend"),
    [
        (9_000_000, b'firewall_backend = "nftables"', "iptables"),
        (10_004_000, None, "nftables"),
        (11_000_000, b'#firewall_backend = "nftables"\nfirewall_backend = "iptables"\n', "iptables"),
    ],
)
def test_what_a_host_can_do_follows_from_its_versions(
    rig: Rig, version: int, configuration: bytes | None, backend: str
) -> None:
    link = b'[{"ifname": "eth0", "address": "52:54:00:00:00:01", "mtu": 1500, "operstate": "UP", "master": "br0"}]'
    files = {} if configuration is None else {"/etc/libvirt/network.conf": configuration}
    host = FakeHost(files=files, answers={("ip", "-j", "link", "show"): link})
    reach = Reach.of(rig.connection, host, LINEAGE, "local@kvm1", version, on_host=True)
    node: Mapping[str, Any] = LibvirtSession(Steady(reach, lambda _: rig.connection)).read_data("libvirt_node", {})
    assert node["firewall_backend"] == backend
    assert ("libvirt_network.title" in node["lacks"]) is (version < 9_007_000)
    assert node["interfaces"] == [
        {"name": "eth0", "mac": "52:54:00:00:00:01", "mtu": 1500, "state": "up", "bridge": "br0"}
    ]


@pytest.mark.parametrize(
    ("type_", "written", "said"),
    [
        ("libvirt_network", {"name": "nope"}, "There is no network nope: Networks on this host: default, lan"),
        ("libvirt_network", {"name": "lan", "uuid": LINEAGE}, f"There is no network lan with the UUID {LINEAGE}"),
        ("libvirt_network", {}, "Which network is meant"),
        ("libvirt_domain", {"name": "nope"}, "There is no domain nope: Domains on this host: test, web"),
        ("libvirt_domains", {"network": "nope"}, "There is no network nope"),
        ("libvirt_interfaces", {"domain": "nope"}, "There is no domain nope"),
        ("libvirt_interfaces", {"network": "nope"}, "There is no network nope"),
        ("libvirt_dhcp_leases", {"network": "nope"}, "There is no network nope"),
    ],
)
def test_what_is_not_there_names_what_there_is(world: Rig, type_: str, written: Any, said: str) -> None:
    with pytest.raises(DiagnosticError, match=said):
        read(world, type_, **written)


def test_leases(world: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """libvirt's test driver has none; the lab's dnsmasq gives real ones."""
    world.connection.networkLookupByName("lan").create()
    assert read(world, "libvirt_dhcp_leases", network="lan")["leases"] == []
    one = Lease(
        mac="52:54:00:00:00:07",
        address="10.77.0.7",
        prefix=24,
        hostname="web",
        client_id="01:52:54:00:00:00:07",
        iaid=None,
        expires=1_800_000_000,
    )
    monkeypatch.setattr(AddressBook, "leases", lambda _self, _network: (one,))
    (lease,) = read(world, "libvirt_dhcp_leases", network=UUID, mac="52:54:00:00:00:07")["leases"]
    assert (lease["address"], lease["expires"]) == ("10.77.0.7", "2027-01-15T08:00:00Z")
    assert read(world, "libvirt_dhcp_leases", network="lan", mac="52:54:00:00:00:09")["leases"] == []
    (nic,) = read(world, "libvirt_interfaces", network="lan")["interfaces"]
    assert nic["addresses"] == ["10.77.0.7"]


def test_however_many_nics_a_network_is_asked_once_for_its_leases(rig: Rig) -> None:
    guests = [
        rig.connection.createXML(
            f"<domain type='test'><name>n{number}</name><memory>64</memory><os><type>hvm</type></os><devices>"
            f"<interface type='network'><mac address='52:54:00:00:01:{number:02}'/><source network='default'/>"
            "</interface></devices></domain>"
        )
        for number in range(20)
    ]
    with counted() as calls:
        assert len(read(rig, "libvirt_interfaces")["interfaces"]) == 21
    assert (calls["DHCPLeases"], calls["interfaceAddresses"]) == (1, 0)
    for guest in guests:
        guest.destroy()


def test_addresses_of_the_link_alone_do_not_count_and_the_others_are_in_order() -> None:
    told = ["fd00::2", "fe80::1", "10.0.0.10", "127.0.0.1", "10.0.0.9", "169.254.7.7", "::1", "10.0.0.9"]
    assert usable(told) == ("10.0.0.9", "10.0.0.10", "fd00::2")
