"""Rulesets of all shapes are discovered, imported and planned again without a change."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_nftables.blocks.existing.discovery import LAST, orders

from .desk import Desk, without_marks

RULESETS = sorted(Path(__file__).with_name("rulesets").glob("*.nft"))
LEFT_OUT = {
    "inet fast": ["synproxy"],
    "inet fixed": ["set", "set"],
    "inet helpers": ["ct_helper", "ct_timeout"],
    "inet nested": ["rule", "rule"],
}
"""What no resource describes, by table."""
EXPIRES = re.compile(r" expires [0-9smhd]+")
ELEMENTS = re.compile(r"elements = \{ (.*?) \}", re.DOTALL)
TABLE = re.compile(r"^table (\S+ \S+) \{\n.*?^\}\n", re.MULTILINE | re.DOTALL)


def tables(host: Any) -> dict[str, str]:
    """What nft prints of each, but comments, times that run, and an order of elements that means nothing."""

    def ordered(found: re.Match[str]) -> str:
        return " ".join(sorted(one.strip() for one in found[1].split(",")))

    text = EXPIRES.sub("", without_marks(host.ruleset()))
    return {found[1]: ELEMENTS.sub(ordered, found[0]) for found in TABLE.finditer(text)}


def test_rulesets_survive_discovery(host: Any, tmp_path: Path) -> None:
    desk = Desk(host, tmp_path)
    host.run(["ip", "link", "add", "veth0", "type", "veth"])
    for path in RULESETS:
        host.nft(path.read_text())
    before = tables(host)
    assert len(before) == len(RULESETS)
    within = [word for table in before for word in ("--within", table)]
    told = desk.run("discover", *within, "--out", "found.kvm.hcl")
    found = (tmp_path / "found.kvm.hcl").read_text()
    left: dict[str, list[str]] = {}
    for type_, table in re.findall(r'^# Left out: nftables_(\w+) "(\S+ \S+) ', found, re.MULTILINE):
        left.setdefault(table, []).append(type_)
    assert {table: sorted(types) for table, types in left.items()} == LEFT_OUT
    count = int(re.findall(r"(\d+) to import", told)[0])
    assert f"Plan: {count} to import, 0 to add, 0 to change, 0 to destroy." in desk.run("plan")
    assert tables(host) == before
    desk.run("apply", "--auto-approve")
    assert tables(host) == before
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert desk.run("discover", *within).count("import {") == 0


def test_rules_that_are_made_anew_stand_in_their_order(host: Any, tmp_path: Path) -> None:
    desk = Desk(host, tmp_path)
    host.nft((RULESETS[0].with_name("home_router.nft")).read_text())
    before = tables(host)["inet global"]
    desk.run("discover", "--within", "inet global", "--out", "found.kvm.hcl")
    forget_imports(tmp_path / "found.kvm.hcl")
    host.nft("flush ruleset\n")
    desk.run("apply", "--auto-approve")
    assert chains(tables(host)["inet global"]) == chains(before)


def forget_imports(path: Path) -> None:
    path.write_text(re.sub(r"^import \{.*?^\}\n", "", path.read_text(), flags=re.MULTILINE | re.DOTALL))


def chains(table: str) -> list[str]:
    """What is in a table, whatever comes first."""
    parts = (part.strip("\n}") for part in table.partition("{")[2].split("\n\n"))
    return sorted(part for part in parts if not part.startswith("\tchain kvmplan"))


def test_orphans_are_found_in_a_table_that_is_named(host: Any, tmp_path: Path) -> None:
    desk = Desk(host, tmp_path)
    host.nft((RULESETS[0].with_name("server.nft")).read_text())
    desk.run("discover", "--within", "inet server", "--out", "found.kvm.hcl")
    desk.run("apply", "--auto-approve")
    forget_imports(tmp_path / "found.kvm.hcl")
    desk.run("state", "rm", "nftables_rule.inbound_2", "nftables_limit.icmp_rate")
    found = desk.run("discover", "--within", "inet server", "--orphans")
    assert re.findall(r"to = (\S+)", found) == ["nftables_limit.icmp_rate", "nftables_rule.inbound_2"]
    assert "resource" not in found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--provider", "nftables"), "Say it with --within"),
        (("--within", "edge"), 'write its family and its name, as in "inet edge"'),
        (("--within", "inet edge"), "There is no table inet edge"),
        (("--within", "inet edge", "--provider", "libvirt"), "takes no --within"),
    ],
)
def test_errors_say_what_to_write(host: Any, tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    assert told in " ".join(Desk(host, tmp_path).run("discover", *options, status=1).split())


@given(st.lists(st.integers(0, 40), max_size=40), st.booleans())
def test_orders_say_the_sequence(there: list[int], some: bool) -> None:
    given_orders = [order if some else 0 for order in there]
    rising = sorted({order for order in given_orders if order})
    fixed = iter(rising)
    given_orders = [next(fixed, 0) if order else 0 for order in given_orders]
    found = orders(given_orders)
    assert all(one == order for one, order in zip(found, given_orders, strict=True) if order)
    told = [order for order in found if order]
    assert all(0 < one < other <= LAST for one, other in pairwise(told))
