"""What kvmplan made in tables of the user's and of other people: saved, and put there again by the real nft."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.persistence.kept import OTHERS_DROP_IN_FILE
from kvmplan_nftables.persistence.others import FILE
from kvmplan_sdk import Known, Object, Session, Verb
from kvmplan_sdk.testing.conformance import exercise

from .test_blocks import BASE, CASES, FOREIGN, IN, carry_out, make, planned
from .test_persistence import opened, saving

Open = Callable[[], Session]
THEIRS: Object = {"table": "foreign", "family": "ip", "chain": "theirs"}
MANY = "tcp dport { " + ", ".join(map(str, range(1, 60, 2))) + ' } log prefix "; # END {" accept'
MADE: list[tuple[str, str, Object]] = [
    ("nftables_table", "t", {"name": "mine"}),
    ("nftables_set", "s", {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1", "10.0.0.2"]}),
    ("nftables_chain", "x", {**IN, "name": "x"}),
    (
        "nftables_map",
        "m",
        {**IN, "name": "m", "key": "ipv4_addr", "value": "verdict", "elements": {"10.0.0.9": "jump x"}},
    ),
    ("nftables_counter", "c", {**IN, "name": "c"}),
    ("nftables_limit", "l", {**IN, "name": "l", "rate": "10/minute"}),
    (
        "nftables_set",
        "d",
        {**IN, "name": "d", "type": "ipv4_addr", "flags": ["dynamic"], "size": 9, "elements": ["10.0.0.3"]},
    ),
    ("nftables_chain", "in", {**BASE, "policy": "drop"}),
    ("nftables_rule", "a", {**IN, "chain": "in", "rule": MANY}),
    ("nftables_rule", "b", {**IN, "chain": "in", "rule": "ip saddr @s counter name c limit name l accept"}),
    ("nftables_rule", "first", {**THEIRS, "rule": "tcp dport 1 counter accept", "position": "start"}),
    ("nftables_rule", "second", {**THEIRS, "rule": "tcp dport 2 accept", "order": 2}),
    ("nftables_rule", "last", {**THEIRS, "rule": "tcp dport 3 accept"}),
]


@pytest.fixture
def fake(host: Any) -> Any:
    host.nft(FOREIGN)
    return saving(host)


@pytest.fixture
def made(fake: Any) -> list[Known]:
    return [make(opened(fake), type_, name, written) for type_, name, written in MADE]


def load(host: Any, fake: Any) -> None:
    """What systemd does."""
    done = host.run(["sh", "-c", fake.files[FILE].decode()])
    assert done.ok, done.stderr.decode()


def same(fake: Any, made: list[Known]) -> bool:
    found = opened(fake)().read(made)
    return all(one is not None and one.values == was.values for one, was in zip(found, made, strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_life_is_saved_all_along_and_leaves_nothing(host: Any, fake: Any, name: str) -> None:
    host.run(["ip", "link", "add", "dummy0", "type", "dummy"])
    holding = [planned(opened(fake)(), type_, name, written) for type_, name, written in MADE[:1]]
    carry_out(opened(fake)(), *holding)
    make(opened(fake), "nftables_chain", "there", {**IN, "name": "there"})
    before = dict(fake.files)
    exercise(NftablesProvider(), opened(fake), CASES[name])
    assert fake.files == before


def test_all_comes_back_where_the_ruleset_was_flushed(host: Any, fake: Any, made: list[Known]) -> None:
    before = host.ruleset()
    assert same(fake, made)
    assert made[0].values["saved"] is True
    host.nft("flush ruleset\n" + FOREIGN)
    load(host, fake)
    assert host.ruleset() == before
    assert same(fake, made)


def test_nothing_is_doubled_where_it_is_there(host: Any, fake: Any, made: list[Known]) -> None:
    before = host.ruleset()
    load(host, fake)
    assert host.ruleset() == before
    host.nft("flush ruleset\n" + before)  # as a user has it who saved the ruleset into /etc/nftables.conf
    load(host, fake)
    assert host.ruleset() == before
    assert same(fake, made)


def test_a_table_that_is_loaded_from_elsewhere_is_left_alone(host: Any, fake: Any, made: list[Known]) -> None:
    host.nft("flush ruleset\n" + FOREIGN + "table inet mine {\n\tchain own {\n\t\taccept\n\t}\n}\n")
    before = host.nft("list table inet mine\n")
    load(host, fake)
    assert host.nft("list table inet mine\n") == before
    assert not same(fake, made)


def test_what_others_put_in_is_not_saved_and_no_drift(host: Any, fake: Any, made: list[Known]) -> None:
    host.nft(
        "add rule inet mine in udp dport 9 drop\nadd element inet mine s { 10.0.0.77 }\n"
        "add chain inet mine out { type filter hook output priority 0 ; policy drop ; }\n"
        "add rule ip foreign theirs udp dport 9 drop\n"
    )
    assert same(fake, made)
    make(opened(fake), "nftables_counter", "d", {**IN, "name": "d"})
    host.nft("flush ruleset\n" + FOREIGN)
    load(host, fake)
    assert "counter d" in host.ruleset()
    assert not any(left in host.ruleset() for left in ("udp dport 9", "10.0.0.77", "chain out"))
    assert same(fake, made)


def test_the_first_to_go_and_the_last(host: Any, fake: Any, made: list[Known]) -> None:
    *others, last = [
        planned(opened(fake)(), type_, name, written, Verb.DELETE) for type_, name, written in reversed(MADE)
    ]
    carry_out(opened(fake)(), *others)
    assert "foreign" not in fake.files[FILE].decode()
    assert OTHERS_DROP_IN_FILE in fake.files
    carry_out(opened(fake)(), last)
    assert fake.files == {}
    assert host.ruleset() == FOREIGN


@pytest.mark.parametrize("path", [FILE, OTHERS_DROP_IN_FILE])
def test_what_is_missing_or_stale_is_seen(host: Any, fake: Any, made: list[Known], path: str) -> None:
    fake.files[path] = b"# mine"
    assert {one.values["saved"] for one in opened(fake)().read(made) if one} == {False}
    del fake.files[path]
    assert {one.values["saved"] for one in opened(fake)().read(made) if one} == {False}
    again = [planned(opened(fake)(), type_, name, written, Verb.UPDATE) for type_, name, written in MADE]
    carry_out(opened(fake)(), *again)
    assert same(fake, made)


def test_marks_that_do_not_say_of_what_they_are_come_anew(host: Any, fake: Any, made: list[Known]) -> None:
    """As kvmplan wrote them before it saved what is in others' tables."""
    before = host.ruleset()
    host.nft("flush ruleset\n" + re.sub(r"meta mark 0x[0-9a-f]+ return", "return", before))
    found = {one.address: now.values["saved"] for one, now in zip(made, opened(fake)().read(made), strict=True) if now}
    assert [name for name, held in found.items() if held] == [f"nftables_rule.{n}" for n in ("first", "second", "last")]
    again = [planned(opened(fake)(), type_, name, written, Verb.UPDATE) for type_, name, written in MADE]
    carry_out(opened(fake)(), *again)
    assert host.ruleset() == before
    assert same(fake, made)


def test_bytes_that_are_no_text_are_kept_as_they_are(host: Any, fake: Any, made: list[Known]) -> None:
    """A comment that somebody wrote in Latin-1."""
    told = b"""add rule ip foreign theirs udp dport 9 drop comment "caf\xe9"
add set inet mine named { type ipv4_addr ; comment "caf\xe9" ; }
"""
    assert host.run(["nft", "-f", "-"], input=told).ok
    assert same(fake, made), "a set of somebody else's is saved with the next change"
    again = [planned(opened(fake)(), type_, name, written, Verb.UPDATE) for type_, name, written in MADE]
    carry_out(opened(fake)(), *again)
    assert same(fake, made)
    assert b"caf\xe9" in fake.files[FILE]
