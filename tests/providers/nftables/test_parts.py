"""What is told of addresses that are none."""

from __future__ import annotations

import pytest

from kvmplan_nftables.parts import parse_net


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("192.168.1.5/24", "the subnet of that address is 192.168.1.0/24"),
        ("fd00::5/64", "the subnet of that address is fd00::/64"),
        ("web1", "'web1' does not appear to be an IPv4 or IPv6 network"),
        ("fe80::%eth0/64", "has a zone, which nft does not take"),
    ],
)
def test_no_address_and_no_subnet(written: str, told: str) -> None:
    with pytest.raises(ValueError, match="is no address and no subnet") as problem:
        parse_net(written)
    assert told in str(problem.value)
