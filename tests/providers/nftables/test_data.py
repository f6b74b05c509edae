"""The data sources, of the real nft."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import DiagnosticError, Object, Session
from kvmplan_sdk.proposing import configure

Open = Callable[[], Session]
RULES = """
table ip filter {
    chain DOCKER-USER { }
    chain ufw-user-input { }
    chain FORWARD { type filter hook forward priority 0; policy drop; }
}
table ip libvirt_network { chain guest { type filter hook forward priority -1; }; }
table inet mine {
    counter a { packets 3 bytes 400; }
    counter b { }
    chain i { type filter hook input priority 0; tcp dport 22 counter packets 7 bytes 9 accept; }
    chain plain { }
}
table bridge kvmplan { chain f { type filter hook forward priority 5; }; }
"""


def read(open_session: Open, type_: str, **written: Any) -> Object:
    session: Any = open_session()
    schema = NftablesProvider.schema.data_sources[type_]
    values: Object = session.read_data(type_, configure(schema, written))
    assert values.keys() == schema.attributes.keys()
    return values


def test_hooks_in_the_order_in_which_packets_pass(host: Any, open_session: Open) -> None:
    host.nft(RULES)
    chains: Any = read(open_session, "nftables_hooks")["chains"]
    assert [(one["family"], one["table"], one["name"], one["owner"]) for one in chains] == [
        ("bridge", "kvmplan", "f", "kvmplan"),
        ("inet", "mine", "i", None),
        ("ip", "libvirt_network", "guest", "libvirt"),
        ("ip", "filter", "FORWARD", "docker, ufw"),
    ]
    assert chains[-1] == {
        "family": "ip",
        "table": "filter",
        "name": "FORWARD",
        "type": "filter",
        "hook": "forward",
        "priority": 0,
        "policy": "drop",
        "owner": "docker, ufw",
    }
    some: Any = read(open_session, "nftables_hooks", hook="forward", family="ip")["chains"]
    assert [one["name"] for one in some] == ["guest", "FORWARD"]


def test_counters(host: Any, open_session: Open) -> None:
    host.nft(RULES)
    assert read(open_session, "nftables_counters", table="mine")["counters"] == {
        "a": {"packets": 3, "bytes": 400},
        "b": {"packets": 0, "bytes": 0},
    }


def test_the_ruleset_or_a_table_without_what_was_counted(host: Any, open_session: Open) -> None:
    host.nft(RULES)
    whole = read(open_session, "nftables_ruleset")
    assert "table bridge kvmplan" in str(whole["text"])
    one = read(open_session, "nftables_ruleset", table="mine")
    assert "tcp dport 22 counter accept" in str(one["text"])
    assert "bridge" not in str(one["text"])
    tables = [item["table"]["name"] for item in json.loads(str(one["json"]))["nftables"] if "table" in item]
    assert tables == ["mine"]


@pytest.mark.parametrize("type_", ["nftables_ruleset", "nftables_counters"])
def test_a_table_that_is_not_there_is_told(host: Any, open_session: Open, type_: str) -> None:
    with pytest.raises(DiagnosticError, match="No such file or directory"):
        read(open_session, type_, table="nothing")


def test_no_hooks_where_there_are_no_tables(open_session: Open) -> None:
    assert read(open_session, "nftables_hooks")["chains"] == []
