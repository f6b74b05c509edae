"""``nftables_flowtable`` as far as every kernel goes; `tests/lab/test_flowtable.py` has one with flowtables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kvmplan_nftables.fastpath.flowtable import PROBE
from kvmplan_nftables.persistence.saved import document
from kvmplan_nftables.table.pieces import OURS
from kvmplan_sdk import Change, Session, Verb

LISTED = """table inet kvmplan {
	flowtable ft_1 {
		hook ingress priority filter
		devices = { left, right }
		counter
	}
}
"""


def change(name: str, *devices: str) -> Change:
    after = {"devices": devices, "subnets": None, "saved": True}
    type_ = "nftables_flowtable"
    return Change(verb=Verb.CREATE, address=f"{type_}.{name}", type=type_, before=None, after=after)


def test_an_interface_in_two_and_a_kernel_without_any(host: Any, open_session: Callable[[], Session]) -> None:
    session: Any = open_session()
    able = host.run(["nft", "-c", "-f", "-"], input=PROBE).ok
    found = session.assess([change("a", "left", "right"), change("b", "right")], []).diagnostics
    lacks = [] if able else ["The kernel has no flowtables"] * 2
    assert [one.summary for one in found] == ["An interface in two flowtables", *lacks]
    assert found[0].address == "nftables_flowtable.b"


def test_interfaces_that_may_not_be_there_at_boot_are_not_saved() -> None:
    saved = document({OURS: LISTED})
    assert "flowtable ft_1 {\n\t\thook ingress priority filter\n\t\tcounter\n\t}" in saved
