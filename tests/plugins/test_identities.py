"""Objects are known again however their addresses are written."""

from __future__ import annotations

import pytest

from kvmplan_sdk.identities import key_of, keys_of
from kvmplan_sdk.values import Object


@pytest.mark.parametrize(
    ("identity", "values", "same"),
    [
        ({"uuid": "aa-b"}, {"uuid": "AA-B", "name": "x"}, True),
        ({"uuid": "aa-b"}, {"uuid": None}, False),
        ({"domain": ("web", "11-2"), "mac": "52:54:00:0a:00:01"}, {"domain": "11-2", "mac": "52:54:00:0A:00:01"}, True),
        ({"domain": ("web", "11-2"), "mac": "52:54:00:0a:00:01"}, {"domain": "db", "mac": "52:54:00:0a:00:01"}, False),
        ({"network": "lan", "ip": "fd00::a"}, {"network": "lan", "ip": "FD00:0:0::A"}, True),
        ({"network": "lan", "ip": "fd00::a"}, {"network": "lan", "ip": "fd00::b"}, False),
    ],
)
def test_an_object_is_known_again(identity: Object, values: Object, same: bool) -> None:
    assert (key_of(values, identity) in keys_of(identity)) is same
