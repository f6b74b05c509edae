"""Blocks that somebody else made are imported by the engine's own commands, and taken over where they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from kvmplan_nftables.table.texts import parse_texts
from kvmplan_sdk import DiagnosticError

from .desk import COMMENTS, Desk, without_marks

RULESET = Path(__file__).with_name("edge.nft").read_text()
IDENTIFIERS = {
    "nftables_table.edge": "inet edge",
    "nftables_chain.input": "inet edge input",
    "nftables_set.admins": "inet edge admins",
    "nftables_set.seen": "inet edge seen",
    "nftables_map.ways": "inet edge ways",
    "nftables_counter.web": "inet edge web",
    "nftables_limit.ssh": "inet edge ssh",
    "nftables_quota.daily": "inet edge daily",
}
LOCAL = 'iifname "lo" accept'


@pytest.fixture
def desk(host: Any, tmp_path: Path) -> Desk:
    return Desk(host, tmp_path)


def handles(host: Any) -> list[tuple[str, str]]:
    """The rules of the chain, each with its handle."""
    listed = host.run(["nft", "-s", "-a", "list", "chain", "inet", "edge", "input"]).stdout.decode()
    return re.findall(r"^\t\t(\S[^\n]*?)(?: comment \"[^\"]*\")? # handle (\d+)$", listed, re.MULTILINE)


def test_everything_is_taken_over_where_it_is_with_what_it_has_counted(host: Any, desk: Desk) -> None:
    host.nft(RULESET)
    before = host.ruleset()
    rules = {f"nftables_rule.r{handle}": f"inet edge input handle {handle}" for _, handle in handles(host)}
    desk.write({**IDENTIFIERS, **rules})
    planned = desk.run("plan", "--generate-config-out=made.kvm.hcl")
    assert f"Plan: {len(IDENTIFIERS) + len(rules)} to import, 0 to add, 0 to change, 0 to destroy." in planned
    assert host.ruleset() == before
    desk.run("apply", "--auto-approve")
    after = host.ruleset()
    assert without_marks(after) == without_marks(before)
    assert "counter packets 7 bytes 700" in after
    assert "nftables_rule.r" in after and "from the office" in after
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    (desk.folder / "made.kvm.hcl").unlink()
    desk.write({})
    assert "table inet edge would go with a rule of chain jumps, limit free" in desk.run("plan", status=1)
    assert host.ruleset() == after


def test_a_changed_import_changes_that_alone_and_keeps_the_places_of_rules(host: Any, desk: Desk) -> None:
    host.nft(RULESET)
    handle = dict(handles(host))[LOCAL]
    block = """resource "nftables_rule" "lo" {
  table = "edge"
  chain = "input"
  rule  = "iifname { lo, dummy0 } accept"
}
"""
    before = [line.strip() for line in host.ruleset().splitlines()]
    desk.write({"nftables_rule.lo": f"inet edge input handle {handle}"}, block)
    assert "1 to import, 0 to add, 1 to change" in desk.run("plan")
    desk.run("apply", "--auto-approve")
    after = [COMMENTS.sub("", line.strip()) for line in host.ruleset().splitlines()]
    changed = {'iifname "lo" accept': 'iifname { "lo", "dummy0" } accept'}
    assert after == [COMMENTS.sub("", changed.get(line, line)) for line in before]


def test_the_command_imports_and_an_object_can_go_without_having_been_tagged(host: Any, desk: Desk) -> None:
    host.nft(RULESET)
    before = host.ruleset()
    handle = dict(handles(host))[LOCAL]
    blocks = """resource "nftables_rule" "lo" {
  table = "edge"
  chain = "input"
  rule  = "iifname \\"lo\\" accept"
}
"""
    desk.write({}, blocks)
    desk.run("import", "nftables_rule.lo", f"inet edge input handle {handle}")
    assert host.ruleset() == before
    desk.write({})
    assert "1 destroyed" in desk.run("apply", "--auto-approve")
    assert host.ruleset() == before.replace(f"\t\t{LOCAL}\n", "")


def test_a_set_of_a_table_that_is_not_ours_cannot_be_marked(host: Any, desk: Desk) -> None:
    host.nft(RULESET)
    desk.write({"nftables_limit.free": "inet edge free"})
    assert "is no nftables_table" in desk.run("plan", "--generate-config-out=made.kvm.hcl", status=1)


@pytest.mark.parametrize(
    ("type_", "identifier", "told"),
    [
        ("table", "edge", 'write it as in "inet edge"'),
        ("table", "inet egde", "There is no table inet egde"),
        ("table", "inet kvmplan", "kvmplan's own"),
        ("chain", "inet edge inptu", "There is no chain inptu in table inet edge"),
        ("set", "inet edge input", "There is no set input in table inet edge"),
        ("set", "inet edge rated", "no argument for `limit rate over 10/second`"),
        ("set", "inet edge fixed", "constant"),
        ("rule", "inet edge input", "`nft -a list ruleset` shows handles"),
        ("rule", "inet edge input handle 99", "There is no rule with handle 99"),
        ("rule", "inet edge jumps handle JUMP", "outside of double quotes"),
        ("masquerade", "inet edge", "nftables_masquerade cannot be imported"),
    ],
)
def test_errors_say_what_to_write(host: Any, open_session: Any, type_: str, identifier: str, told: str) -> None:
    host.nft(RULESET)
    listed = host.run(["nft", "-s", "-a", "list", "chain", "inet", "edge", "jumps"]).stdout.decode()
    jump = re.findall(r"# handle (\d+)", listed)[-1]
    with pytest.raises(DiagnosticError) as raised:
        open_session().import_state(f"nftables_{type_}", identifier.replace("JUMP", jump))
    assert told in str(raised.value)


def test_what_another_state_made_is_refused(host: Any, desk: Desk, tmp_path: Path) -> None:
    host.nft(RULESET)
    rule = f"inet edge input handle {dict(handles(host))[LOCAL]}"
    imports = {"nftables_table.edge": "inet edge", "nftables_set.admins": "inet edge admins", "nftables_rule.lo": rule}
    desk.write(imports)
    desk.run("plan", "--generate-config-out=made.kvm.hcl")
    desk.run("apply", "--auto-approve")
    other = tmp_path / "other"
    other.mkdir()
    second = Desk(host, other)
    imports["nftables_rule.lo"] = f"inet edge input handle {dict(handles(host))[LOCAL]}"
    second.write(imports)
    told = second.run("plan", "--generate-config-out=made.kvm.hcl", status=1)
    assert told.count("belongs to another state") == len(imports)
    assert "nftables_set.admins" in told


def test_of_a_set_that_newer_nft_counts_the_size_is_read() -> None:
    listing = "table inet edge { # handle 1\n\tset seen { # handle 2\n\t\tsize 9\t# count 2\n\t}\n}\n"
    assert parse_texts(listing).named["set", "seen"] == ["size 9"]
