"""Whom a plan tells that what is saved of it would not come back: those whose pieces it is, and nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from kvmplan_nftables.persistence import others
from kvmplan_nftables.persistence.saved import FILE
from kvmplan_sdk import HostError, Known, Object, Operation, Verb
from kvmplan_sdk.testing.fake_host import RecordingHost

from .test_blocks import FOREIGN, carry_out, planned
from .test_persistence import opened, saving

IN: Object = {"table": "mine"}
MADE: dict[str, tuple[str, Object]] = {
    "a": ("nftables_port_forward", {"port": 8080, "target": "192.168.150.10"}),
    "b": ("nftables_port_forward", {"port": 8081, "target": "192.168.150.10"}),
    "out": ("nftables_masquerade", {"source": "192.168.150.0/24"}),
    "vpn": ("nftables_masquerade", {"source": "192.168.151.0/24"}),
    "web": ("nftables_firewall", {"interface": "virbr1", "ingress": [{"action": "allow"}]}),
    "mine": ("nftables_table", {"name": "mine"}),
    "s": ("nftables_set", {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1", "10.0.0.2"]}),
    "in": ("nftables_chain", {**IN, "name": "in", "type": "filter", "hook": "input", "priority": "5"}),
    "r": ("nftables_rule", {**IN, "chain": "in", "rule": "tcp dport 1 accept"}),
    "q": ("nftables_rule", {**IN, "chain": "in", "rule": "tcp dport 2 accept"}),
    "theirs": ("nftables_rule", {"family": "ip", "table": "foreign", "chain": "theirs", "rule": "tcp dport 3 accept"}),
}
OWN = ("a", "b", "out", "vpn", "web")
LATER: Object = {"port": 8082, "address": "10.0.0.1", "target": "192.168.150.10"}
"""Of a section of its own."""


class Station:
    """A host with all that is `MADE`, and what was saved of it."""

    def __init__(self, host: Any) -> None:
        host.nft(FOREIGN)
        self.host = host
        self.fake = saving(host)
        self.open = opened(self.fake)
        self.known = dict[str, Known]()
        self.change(*(self.planned(name, *one) for name, one in MADE.items()))
        self.known |= {one.address.partition(".")[2]: one for one in self._read_again()}

    def planned(self, name: str, type_: str, written: Object, verb: Verb = Verb.CREATE) -> Operation:
        return planned(self.open(), type_, name, written, verb)

    def change(self, *operations: Operation) -> None:
        for one in carry_out(self.open(), *operations):
            assert not one.diagnostics
            name = one.address.partition(".")[2]
            self.known.pop(name, None)
            if one.values is not None:
                self.known[name] = Known(address=one.address, type=one.address.partition(".")[0], values=one.values)

    def not_saving(self, *operations: Operation) -> None:
        """As if the run had been killed before it saved."""
        before = dict(self.fake.files)
        self.change(*operations)
        self.fake.files.update(before)

    def edit(self, what: str, into: str, path: str = FILE) -> None:
        text = self.fake.files[path].decode()
        edited = re.sub(what, into, text, count=1, flags=re.MULTILINE)
        assert edited != text, text
        self.fake.files[path] = edited.encode()

    def told(self) -> dict[str, str]:
        """What a plan shows of whom."""
        session: Any = self.open()
        found = zip(self.known.items(), session.read(list(self.known.values())), strict=True)
        self.warnings = [one for one in session.assess([], []).diagnostics if "stranger" in one.summary]
        return {name: shown for (name, known), one in found if (shown := _shown(known, one))}

    def _read_again(self) -> list[Known]:
        known = list(self.known.values())
        read = zip(known, self.open().read(known), strict=True)
        return [
            Known(address=one.address, type=one.type, values=one.values, private=now.private if now else {})
            for one, now in read
        ]


def _shown(known: Known, now: Any) -> str:
    if now is None:
        return "missing"
    return " ".join(name for name in now.values if now.values[name] != known.values[name])


@pytest.fixture
def station(host: Any) -> Station:
    made = Station(host)
    assert made.told() == {}
    return made


def all_of(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "saved")


def test_the_tables_are_right_and_the_file_is_stale_for_one(station: Station) -> None:
    forward, written = MADE["b"]
    station.not_saving(station.planned("b", forward, {**written, "target": "192.168.150.99"}, Verb.UPDATE))
    assert station.told() == all_of("b")
    station.change(station.planned("b", forward, {**written, "target": "192.168.150.99"}, Verb.UPDATE))
    assert station.told() == {}
    station.not_saving(station.planned("later", forward, LATER))
    assert station.told() == all_of("later")
    elements = ["10.0.0.1", "10.0.0.2", "10.0.0.9"]
    station.not_saving(station.planned("s", MADE["s"][0], {**MADE["s"][1], "elements": elements}, Verb.UPDATE))
    assert station.told() == all_of("later", "s")
    station.change(station.planned("later", forward, LATER, Verb.UPDATE))
    assert station.told() == all_of("s")


def test_what_a_stale_file_would_bring_back_though_it_is_gone_concerns_all(station: Station) -> None:
    station.not_saving(station.planned("b", *MADE["b"], Verb.DELETE))
    assert station.told() == all_of(*OWN[:1], *OWN[2:])


def test_a_run_that_is_killed_as_something_goes_says_so_though_nothing_is_left_to_do(host: Any) -> None:
    station = Station(host)
    going, call, doubted = station.planned("b", *MADE["b"], Verb.DELETE), 0, 0
    for call in range(100):
        station.change(station.planned("b", *MADE["b"]))
        try:
            carry_out(opened(RecordingHost(station.fake, fail_at=call))(), going)
            break
        except HostError:
            told, file = station.told(), station.fake.files[FILE]
        if told.get("b") == "missing" and b"8081" in file:
            doubted += 1
            assert told == {"b": "missing", **all_of("a", "out", "vpn", "web")}
            assert host.run(["nft", "-c", "-f", "-"], input=file).ok, "it is loaded all the same"
    assert call > 10
    assert doubted


@pytest.mark.parametrize(
    ("deed", "shown"),
    [
        ("delete element inet kvmplan pf4 {{ tcp . 8080 }}", {"a": "missing"}),
        (
            "delete element inet kvmplan pf4 {{ tcp . 8080 }}\n"
            "add element inet kvmplan pf4 {{ "
            'tcp . 8080 comment "8d0f5c5e nftables_port_forward.a" : 192.168.150.9 . 80 }}',
            {"a": "target target_port"},
        ),
        ("flush chain inet kvmplan {chain}", {"web": "missing"}),
        ("delete element inet mine s {{ 10.0.0.2 }}", {"s": "elements"}),
        ("flush chain inet mine in", {"r": "missing", "q": "missing"}),
        ("flush chain ip foreign theirs", {"theirs": "missing"}),
        ("chain inet mine in {{ policy drop; }}", {"in": "missing"}),
        ("add table inet mine {{ flags dormant; }}", {"mine": "missing"}),
        ("add rule ip foreign theirs udp dport 9 drop", {}),
        ("insert rule ip foreign theirs udp dport 9 drop", {}),
        ("delete rule ip foreign theirs handle 2\nadd rule ip foreign theirs tcp dport 22 accept", {"theirs": "saved"}),
        ("delete table inet kvmplan", dict.fromkeys(OWN, "missing")),
        ("add rule inet kvmplan postrouting counter", {}),
        ("add chain inet kvmplan guest", {}),
        ("add rule inet mine in counter\nadd set inet mine own {{ type ipv4_addr; }}", {}),
    ],
)
def test_the_file_is_right_and_the_tables_were_changed_by_hand(station: Station, deed: str, shown: Any) -> None:
    chain = re.search(r"chain (fw_to_\w+)", station.host.ruleset())
    station.host.nft(deed.format(chain=chain and chain[1]) + "\n")
    assert station.told() == shown
    assert [one.summary for one in station.warnings] == ["A stranger in table inet kvmplan"] * (
        "counter" in deed and "kvmplan" in deed
    )


@pytest.mark.parametrize(
    ("what", "into", "shown"),
    [
        (r",\n\s+tcp \. 8081[^}]*", " ", "b"),
        (r"(tcp \. 8080 .* : )192.168.150.10", r"\g<1>192.168.150.66", "a"),
        (r"^(.*192.168.150.0/24.* )masquerade", r"\1accept", "out"),
        (r"^\t\tct label .*\n", "", "a b"),
        (r"^(\tchain fw_forward \{\n.*)accept", r"\1drop", "web"),
        (r"^(\tchain fw_to_\w+ \{\n)", r"\1\t\taccept\n", "web"),
        (r"^(.*192.168.150.0/24.* )masquerade", r"\1mascarade", "a b out vpn web"),
        (r"^(table inet kvmplan \{\n)", r"\1\tflags dormant\n", "a b out vpn web"),
        (r"\Z", "# mine\n", "a b out vpn web"),
        (r"^(\tchain postrouting \{\n.*\n)", r"\1\t\tudp dport 9 drop\n", ""),
    ],
)
def test_one_line_of_the_file_was_changed_by_hand(station: Station, what: str, into: str, shown: str) -> None:
    station.edit(what, into)
    assert station.told() == all_of(*shown.split())
    assert [one.summary for one in station.warnings] == [f"A stranger in {FILE}"] * (
        "udp dport 9" in into or "accept\\n" in into
    )


@pytest.mark.parametrize(
    ("what", "into", "shown"),
    [
        (r"10.0.0.2", "10.0.0.3", "s"),
        (r"tcp dport 1 accept", "tcp dport 9 accept", "r"),
        (r"tcp dport 1 accept", "tcp dport 9 acept", "mine s in r q"),
        (r"tcp dport 3 accept", "tcp dport 9 acept", "theirs"),
        (r"policy accept", "policy drop", "in"),
        (r"^(table inet mine \{\n)", r"\1\tflags dormant\n", "mine"),
        (r"exit", "true; exit", "mine s in r q theirs"),
    ],
)
def test_one_line_of_the_script_was_changed_by_hand(station: Station, what: str, into: str, shown: str) -> None:
    station.edit(what, into, others.FILE)
    assert station.told() == all_of(*shown.split())


@pytest.mark.parametrize("lose", [lambda fake: fake.files.pop(FILE), lambda fake: disable(fake)])
def test_without_the_file_or_what_loads_it_nothing_of_it_is_saved(
    station: Station, lose: Callable[[Any], None]
) -> None:
    lose(station.fake)
    assert station.told().keys() >= set(OWN)
    assert set(station.told().values()) == {"saved"}


def disable(fake: Any) -> None:
    fake.answers["systemctl", "show"] = b"UnitFileState=disabled\nNeedDaemonReload=no\n\nNeedDaemonReload=no\n"
