"""The journal: what was written before the run was cut off is there, whatever byte it was cut off at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kvmplan.addresses import Address
from kvmplan.apply.journal import Journal, OpenRun, read_journal
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change
from kvmplan_sdk import UNKNOWN, DiagnosticError
from kvmplan_sdk.provider import Verb


def change(name: str, action: Action = Action.CREATE) -> Change:
    return Change(
        address=Address("toy_thing", name, "ключ"),
        action=action,
        lane=Lane("kvm1", "toy"),
        before={"name": name} if action is not Action.CREATE else None,
        after={"name": name, "id": UNKNOWN} if action is not Action.DELETE else None,
        dependencies=(Address("toy_thing", "base"),),
        sensitive=(("name",),),
    )


def written(path: Path) -> list[tuple[int, set[str]]]:
    """Writes a journal; returns its length after each entry, and what is open then."""
    journal = Journal(path, "lineage")
    marks: list[tuple[int, set[str]]] = [(0, set())]

    def mark(*names: str) -> None:
        marks.append((path.stat().st_size, set(names)))

    hosts = {"kvm1": "ssh://kvm1"}
    journal.intent(1, [(change("a"), Verb.CREATE), (change("b", Action.DELETE), Verb.DELETE)], hosts)
    mark("a", "b")
    journal.intent(2, [(change("c"), Verb.CREATE)], hosts)
    mark("a", "b", "c")
    journal.saved(1)
    mark("c")
    journal.intent(1, [(change("d"), Verb.CREATE)], hosts)  # the part of step 1 that was left untried
    mark("c", "d")
    journal.saved(2)
    mark("d")
    journal.close(complete=False)
    return marks


def open_names(run: OpenRun | None) -> set[str]:
    return {intent.address.name for intent in run.intents} if run else set()


def test_a_journal_torn_at_any_byte_has_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "j"
    marks = written(path)
    data = path.read_bytes()
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        wanted = next(names for size, names in reversed(marks) if size <= length)
        assert open_names(read_journal(path)) == wanted, length


def test_an_intent_tells_everything_needed_to_look_for_its_object(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    run = read_journal(path)
    assert run is not None
    (intent,) = run.intents
    assert (run.lineage, intent.verb, intent.lane, intent.host_address) == (
        "lineage",
        Verb.CREATE,
        Lane("kvm1", "toy"),
        "ssh://kvm1",
    )
    assert intent.instance is not None
    assert intent.instance.values == {"name": "d", "id": None}
    assert intent.instance.sensitive == (("name",),)
    assert intent.instance.dependencies == (Address("toy_thing", "base"),)


@pytest.mark.parametrize(
    "line", [b"\xff", b"5", b"{}", b'{"intent": 3, "operations": [{}]}', b'{"intent": 3}', b"\0\0"]
)
def test_a_journal_broken_in_the_middle_is_not_passed_over(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "j"
    written(path)
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n" + line + b"\n" + rest)
    with pytest.raises(DiagnosticError) as refused:
        read_journal(path)
    assert refused.value.diagnostics[0].summary == f"{path} is broken"
    assert "Line 2" in refused.value.diagnostics[0].detail


def test_the_journal_is_removed_when_the_run_is_complete_and_only_then(tmp_path: Path) -> None:
    path = tmp_path / "kvmplan.state.json.journal"
    written(path)
    assert path.stat().st_mode & 0o777 == 0o600
    journal = Journal(path, "l")
    journal.intent(1, [(change("a"), Verb.CREATE)], {})
    assert open_names(read_journal(path)) == {"a"}, "a new run begins a new journal"
    journal.close(complete=True)
    assert read_journal(path) is None


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    assert [names for _, names in written(tmp_path / "j")][-1] == open_names(read_journal(tmp_path / "j"))
