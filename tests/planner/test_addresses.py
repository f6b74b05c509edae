"""Addresses are read back as they were written, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given

from kvmplan.addresses import Address, parse_address

from .strategies import addresses


@given(addresses())
def test_an_address_is_read_back_as_it_was_written(address: Address) -> None:
    assert parse_address(str(address)) == address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("libvirt_network.lan", Address("libvirt_network", "lan")),
        ("x.y[0]", Address("x", "y", 0)),
        ('x.y["0"]', Address("x", "y", "0")),
        ('x.y["a\\"b]"]', Address("x", "y", 'a"b]')),
        ("data.libvirt_domain.web", Address("libvirt_domain", "web", mode="data")),
        ('module.site["a"].module.in.x.y', Address("x", "y", module=(("site", "a"), ("in", None)))),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@pytest.mark.parametrize(
    "text",
    ["", "x", "x.", "x.y.z", "x.y[", "x.y[a]", 'x.y["a', "x.y[-1]", "1.y", "module.x", 'x.y["\\q"]', "x.y\n", "x.y[٣]"],
)
def test_what_is_no_address(text: str) -> None:
    assert parse_address(text) is None


def test_the_order_of_addresses_counts_numbers_and_not_their_digits() -> None:
    wanted = [Address("x", "a"), *(Address("x", "a", n) for n in (2, 10)), Address("x", "a", "1"), Address("x", "b")]
    assert sorted([wanted[index] for index in (4, 2, 0, 3, 1)], key=lambda address: address.sort_key) == wanted


def test_the_provider_is_what_stands_before_the_first_underscore() -> None:
    assert Address("libvirt_network", "x").provider == "libvirt"
