"""What a change of a network is said to disturb, where it depends on more than the attribute."""

from __future__ import annotations

from typing import Any

import pytest

from kvmplan_libvirt.network.impact import impact_between
from kvmplan_libvirt.network.plan import complete_rest
from kvmplan_libvirt.provider import SCHEMA
from kvmplan_sdk import Impact, Object
from kvmplan_sdk.proposing import configure, propose

LAN: Object = {"name": "lan", "ip": [{"address": "10.0.0.1", "prefix": 24}]}
HOSTS: Object = {"ip": [{"address": "10.0.0.1", "prefix": 24, "dhcp": {"host": [{"name": "a", "ip": "10.0.0.7"}]}}]}
ON_BRIDGE: Object = {"name": "lan", "mode": "bridge", "bridge": {"name": "br0"}}


def impact(before: Object, changed: dict[str, Any]) -> Impact:
    return impact_between(proposed(before), proposed({**before, **changed}), ["web"])


def proposed(written: Object) -> Object:
    schema = SCHEMA.resources["libvirt_network"]
    return complete_rest(propose(schema, configure(schema, written), None), ("kvm1",))


@pytest.mark.parametrize(
    ("before", "changed", "level"),
    [
        (LAN, {"mtu": 1400}, "link_flap"),
        (LAN, {"active": False}, "guest_disconnect"),
        ({**LAN, "active": False}, {"active": True, "mtu": 1400}, "live"),
        ({**LAN, "active": False}, {"mtu": 1400}, "none"),
        ({**LAN, "dev": "eth0"}, {"dev": None, "interface": [{"dev": "eth0"}]}, "none"),
        ({**LAN, "dev": "eth0"}, {"dev": "eth1"}, "live"),
        (ON_BRIDGE, {"port_isolated": True}, "none"),
        (ON_BRIDGE, {"bridge": {"name": "br1"}}, "link_flap"),
        (ON_BRIDGE, {**LAN, "mode": "open", "bridge": None}, "link_flap"),
    ],
)
def test_the_level_is_that_of_what_guests_notice(before: Object, changed: dict[str, Any], level: str) -> None:
    found = impact(before, changed)
    assert str(found.level) == level
    assert found.guests == (() if level == "none" else ("web",))


def test_where_libvirt_filters_it_loads_its_rules_again_for_a_reservation() -> None:
    assert "firewall" in impact(LAN, dict(HOSTS)).why
    assert "firewall" not in impact({**LAN, "mode": "open"}, dict(HOSTS)).why
