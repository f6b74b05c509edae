"""Addresses and MACs of the lab follow from names."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.lab import LabError
from kvmplan.lab.addressing import (
    GATEWAY,
    LAN,
    LEASED,
    address_for,
    checked_address,
    checked_name,
    guest_mac_for,
    mac_for,
)
from kvmplan.lab.segment import port_name

NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name not in ("localhost", "outside")
)


@given(NAMES)
def test_a_name_has_one_address_on_the_lan_and_not_one_that_is_leased(name: str) -> None:
    address = ipaddress.IPv4Address(address_for(name, ()))
    assert str(address) == address_for(name, ())
    assert address in LAN
    assert address != GATEWAY
    assert not LEASED[0] <= address <= LEASED[1]


@given(st.lists(NAMES, min_size=2, max_size=60, unique=True))
def test_hosts_never_share_an_address(names: list[str]) -> None:
    taken: set[str] = set()
    for name in names:
        address = address_for(name, taken)
        assert address not in taken
        taken.add(address)


def test_a_full_lan_is_a_message() -> None:
    taken = {str(address) for address in LAN}
    with pytest.raises(LabError, match="no address of"):
        address_for("one-too-many", taken)


@pytest.mark.parametrize("name", ["", "A", "-a", "a-", "a" * 33, "../a", "a/b", "a b", "1a", "outside", "localhost"])
def test_names_that_could_do_harm_are_refused(name: str) -> None:
    with pytest.raises(LabError, match="cannot name a lab host"):
        checked_name(name)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("203.0.113.1", "no host address"),
        ("203.0.113.0", "no host address"),
        ("192.0.2.7", "no host address"),
        ("203.0.113.210", "gives out"),
        ("203.0.113.20", "another lab host"),
        ("x", "no IPv4"),
    ],
)
def test_a_fixed_address_is_checked(address: str, why: str) -> None:
    with pytest.raises(LabError, match=why):
        checked_address(address, {"203.0.113.20"})


def test_a_fixed_address_is_kept() -> None:
    assert checked_address("203.0.113.11", ()) == "203.0.113.11"


@given(NAMES, NAMES)
def test_macs_are_unicast_and_follow_the_name(host: str, other: str) -> None:
    for mac, prefix in ((mac_for(host, "ens3"), "02:"), (guest_mac_for(host, "web1", "0"), "52:54:00:")):
        assert mac.startswith(prefix)
        assert len(mac.split(":")) == 6
    assert (mac_for(host, "ens3") == mac_for(other, "ens3")) == (host == other)


@given(NAMES, NAMES)
def test_cable_names_fit_and_differ(host: str, other: str) -> None:
    assert len(port_name(host, 7)) <= 15
    assert (port_name(host, 0) == port_name(other, 0)) == (host == other)
