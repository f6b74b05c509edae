"""What a network may be called, and what its UUID and masks look like."""

from __future__ import annotations

import pytest

from kvmplan_libvirt.validators import netmask, network_name, uuid
from kvmplan_sdk.schema import Validator


@pytest.mark.parametrize(
    ("validator", "fine", "wrong"),
    [
        (network_name, ["lan", "two words", "büro-1.2"], ["", " ", "a/b", "a\nb"]),
        (uuid, ["abcdef01-2345-4000-8000-00000000abcd", "ABCDEF01-2345-4000-8000-00000000ABCD"], ["foo", ""]),
        (netmask, ["255.255.255.0", "255.255.255.252", "0.0.0.0"], ["255.0.255.0", "0.0.0.255", "24", "ffff::"]),
    ],
)
def test_what_is_taken(validator: Validator, fine: list[str], wrong: list[str]) -> None:
    assert [value for value in fine if validator(value) is not None] == []
    assert [value for value in wrong if validator(value) is None] == []
