"""How a NIC becomes another: what each change disturbs, by what it is attached to and by libvirt's version."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.libvirt.interface.written import completed

from kvmplan_libvirt.impact import replaced
from kvmplan_libvirt.interface.changes import AT_NEXT_START, impact_between
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_sdk import Object

OLD, NEW = 9_000_000, 12_000_000
ON_LAN: Object = {"network": "lan"}
ON_OVS: Object = {"bridge": "br0", "virtualport": {"type": "openvswitch"}}
VLAN: Object = {"vlan": {"tag": [{"id": 7}]}}


def level(before: Object, after: Object, version: int = OLD) -> str:
    return str(impact_between(nic(before), nic(after), version, ["web"]).level)


def nic(written: Object) -> dict[str, Any]:
    return completed({"domain": "web", "mac": "52:54:00:00:00:01", **written})


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "none"),
        ({"network": "other"}, "link_flap"),
        ({"network": None, "bridge": "br0"}, "link_flap"),
        ({"network": "other", "portgroup": "fast"}, "guest_disconnect"),
        ({"network": None, "user": {}}, "guest_disconnect"),
        ({"network": None, "direct": {"dev": "eth0"}}, "guest_disconnect"),
        ({"link_state": "down"}, "link_flap"),
        ({"bandwidth": {"inbound": {"average": 9}}}, "live"),
        ({"filterref": {"filter": "clean-traffic"}}, "live"),
        ({"port_isolated": True}, "live"),
        ({"coalesce": {"rx": {"frames": {"max": 7}}}}, "live"),
        ({"boot_order": 1}, "none"),
        ({"boot_order": 1, "network": "other"}, "link_flap"),
        ({"mtu": 9000}, "guest_disconnect"),
        ({"model": "e1000e"}, "guest_disconnect"),
        ({"driver": {"queues": 4}}, "guest_disconnect"),
        ({"address": {"bus": "0x09", "slot": "0x00"}}, "guest_disconnect"),
        (VLAN, "guest_disconnect"),
    ],
)
def test_the_least_disturbing_way_is_taken(changed: Object, expected: str) -> None:
    assert level(ON_LAN, {**ON_LAN, **changed}) == expected
    assert replaced(INTERFACE, nic(ON_LAN), nic({**ON_LAN, **changed})) == ()


def test_what_waits_for_the_next_start_says_so() -> None:
    impact = impact_between(nic(ON_LAN), nic({**ON_LAN, "boot_order": 1}), OLD, ["web"])
    assert (impact.guests, impact.why) == ((), "It takes effect at the guest's next start.")
    assert AT_NEXT_START == ("boot_order",)


def test_open_vswitch_takes_another_vlan_while_the_guest_runs() -> None:
    assert level(ON_OVS, {**ON_OVS, **VLAN}) == "live"


@pytest.mark.parametrize(
    ("before", "after"),
    [(ON_OVS, {**ON_OVS, "bridge": "br1"}), (ON_OVS, {"bridge": "br1"}), ({"network": "lan"}, ON_OVS)],
)
def test_a_port_of_another_switch_moves_where_libvirt_can_move_it(before: Object, after: Object) -> None:
    assert [level(before, after, version) for version in (OLD, NEW)] == ["guest_disconnect", "link_flap"]


def test_a_port_of_a_device_is_plugged_in_again_whatever_the_version() -> None:
    port = {"type": "802.1Qbh", "profile_id": "a"}
    shared: Object = {"direct": {"dev": "eth0"}, "virtualport": port}
    assert level(shared, {**shared, "virtualport": {**port, "profile_id": "b"}}, NEW) == "guest_disconnect"


def test_what_an_old_libvirt_cannot_change_is_plugged_in_again() -> None:
    changed = {**ON_LAN, "trust_guest_rx_filters": True}
    assert [level(ON_LAN, changed, version) for version in (OLD, NEW)] == ["guest_disconnect", "live"]


def test_a_tap_that_is_off_its_bridge_is_put_back_while_the_guest_runs() -> None:
    """A NIC reads as attached to nothing then."""
    loose = nic(ON_LAN) | {"network": None}
    assert str(impact_between(loose, nic(ON_LAN), OLD, ["web"]).level) == "link_flap"


@pytest.mark.parametrize(
    "source",
    [
        {"vhostuser": {"path": "/run/a", "mode": "server"}},
        {"hostdev": {"address": {"bus": "0x03", "slot": "0x01"}}},
        {"vdpa": {"dev": "/dev/vhost-vdpa-0"}},
    ],
)
def test_nothing_changes_live_where_qemu_has_no_hand_on_it(source: Object) -> None:
    assert level(source, {**source, "link_state": "down"}) == "guest_disconnect"
    assert level(source, {**source, "boot_order": 2}) == "none"


@pytest.mark.parametrize(
    "said",
    [
        {"alias": "ua-nic"},
        {"address": {"bus": "0x06", "slot": "0x00"}},
        {"target_dev": "tap-web"},
        {"network": None, "hostdev": {"address": {"bus": "0x03", "slot": "0x01"}}, "driver": {"name": "vfio"}},
    ],
)
def test_what_is_not_said_any_more_and_left_to_libvirt_stays(said: Object) -> None:
    written = {**ON_LAN, **said}
    unsaid = {
        name: value for name, value in written.items() if name not in {"alias", "address", "target_dev", "driver"}
    }
    assert level(written, unsaid) == "none"


def test_passt_that_is_not_said_any_more_goes() -> None:
    assert level({"user": {}, "backend": {"type": "passt"}}, {"user": {}}) == "guest_disconnect"


def test_another_domain_or_mac_address_is_another_nic() -> None:
    other = nic({**ON_LAN, "domain": "db", "mac": "52:54:00:00:00:02"})
    assert replaced(INTERFACE, nic(ON_LAN), other) == (("domain",), ("mac",))
