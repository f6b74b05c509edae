"""The journal: what was written before the run was cut off is there, whatever byte it was cut off at."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from kvmplan.addresses import Address
from kvmplan.apply.journal import Journal, head
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change
from kvmplan.state.left_open import LeftOpen, read_journal
from kvmplan.state.model import Instance, State
from kvmplan_sdk import UNKNOWN, DiagnosticError
from kvmplan_sdk.provider import Verb

from ..workspace import Workspace


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


A, B, C, D = (Address("toy_thing", name, "ключ") for name in "abcd")
HEAD = head("lineage", {"kvm1": "ssh://kvm1"}, "")


def made(address: Address) -> Instance:
    return Instance(
        address=address, host="kvm1", values={"name": address.name, "id": "7"}, private={"x": Decimal("1.5")}
    )


def written(path: Path) -> list[tuple[int, set[str], set[str]]]:
    """Writes a journal; returns its length after each commit, and what is open and what is known to stand then."""
    journal = Journal(path, HEAD)
    marks: list[tuple[int, set[str], set[str]]] = [(0, set(), set())]

    def mark(in_doubt: str, standing: str) -> None:
        journal.commit()
        marks.append((path.stat().st_size, set(in_doubt), set(standing)))

    journal.intent({(A, Verb.CREATE): change("a"), (B, Verb.DELETE): change("b", Action.DELETE)})
    mark("ab", "")
    journal.intent({(C, Verb.CREATE): change("c")})
    mark("abc", "")
    journal.outcome([((A, Verb.CREATE), made(A)), ((B, Verb.DELETE), None)])
    mark("c", "a")
    journal.moved({A: None, B: made(B)})
    mark("c", "b")
    journal.intent({(D, Verb.CREATE): change("d")})
    mark("cd", "b")
    journal.outcome([((C, Verb.CREATE), made(C))])
    mark("d", "bc")
    journal.close(complete=False)
    return marks


def open_names(run: LeftOpen | None) -> set[str]:
    return {address.name for address, _ in run.intents} if run else set()


def standing_names(run: LeftOpen | None) -> set[str]:
    return {address.name for address, instance in run.standing.items() if instance} if run else set()


def test_a_journal_torn_at_any_byte_has_what_was_whole(tmp_path: Path) -> None:
    path = tmp_path / "j"
    marks = written(path)
    data = path.read_bytes()
    ends = {size: (doubt, standing) for size, doubt, standing in marks}
    for length in range(len(data) + 1):
        path.write_bytes(data[:length])
        run = read_journal(path)
        if length in ends:
            assert (open_names(run), standing_names(run)) == ends[length]
        path.write_bytes(data[: data.rfind(b"\n", 0, length) + 1])
        assert run == read_journal(path), "a torn line says nothing"


def test_an_intent_tells_everything_needed_to_look_for_its_object(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    run = read_journal(path)
    assert run is not None
    ((key, instance),) = run.intents.items()
    assert (run.lineage, run.hosts, key) == ("lineage", {"kvm1": "ssh://kvm1"}, (D, Verb.CREATE))
    assert instance is not None
    assert instance.lane == Lane("kvm1", "toy")
    assert instance.values == {"name": "d", "id": None}
    assert instance.sensitive == (("name",),)
    assert instance.dependencies == (Address("toy_thing", "base"),)


def test_outcomes_are_whole_instances_and_replayed_as_often_as_you_like(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    run = read_journal(path)
    assert run is not None
    before = State(lineage="lineage", serial=7, instances={A: made(A), D: made(D)})
    once = run.replayed_on(before)
    assert once.instances == {B: made(B), C: made(C), D: made(D)}
    assert once.hosts == {"kvm1": "ssh://kvm1"}
    assert run.replayed_on(once) == once
    with pytest.raises(DiagnosticError):
        run.replayed_on(replace(before, lineage="another"))


def test_a_state_command_takes_in_what_came_of_a_run_and_leaves_what_is_in_doubt(workspace: Workspace) -> None:
    written(workspace.journal)
    store = workspace.store
    found = store.load()
    assert found is not None
    assert set(found.instances) == {B, C}
    without = {address: one for address, one in found.instances.items() if address != C}
    store.save(found.next(instances=without, outputs={}, hosts=found.hosts))
    assert set(workspace.state.instances) == {B}, "what was removed stays removed"
    assert open_names(read_journal(workspace.journal)) == {"d"}


def test_what_came_of_a_run_does_not_overrule_what_somebody_else_stored_since(tmp_path: Path) -> None:
    path = tmp_path / "j"
    written(path)
    run = read_journal(path)
    assert run is not None
    theirs = State(lineage="lineage", serial=9, instances={A: made(A), B: made(B)})
    beside = run.beside(theirs, "another digest")
    assert beside.replayed_on(theirs).instances == theirs.instances
    assert beside.intents.keys() == {(C, Verb.CREATE), (D, Verb.CREATE)}, "what it made, and they know nothing of"
    assert run.beside(theirs, "") is run


def test_the_states_that_a_run_saves_itself_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path, HEAD)
    journal.saving("too early to tell")
    assert not path.exists()
    journal.intent({(A, Verb.CREATE): change("a")})
    journal.commit()
    journal.saving("mine")
    run = read_journal(path)
    assert run is not None
    assert run.seen == {"", "mine"}


def test_nothing_is_written_before_there_is_something_to_tell(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path, HEAD) as journal:
        journal.commit()
        assert not path.exists()


def test_an_operation_without_an_outcome_keeps_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path, HEAD) as journal:
        journal.intent({(A, Verb.CREATE): change("a")})
        journal.commit()
    assert open_names(read_journal(path)) == {"a"}


@pytest.mark.parametrize(
    "line", [b"\xff", b"5", b"{}", b'{"intent": [{}]}', b'{"intent": 3}', b'{"saved": 3}', b"\0\0"]
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
    with Journal(path, HEAD) as journal:
        journal.intent({(A, Verb.CREATE): change("a")})
        journal.commit()
        assert open_names(read_journal(path)) == {"a"}, "a new run begins a new journal"
        journal.outcome([((A, Verb.CREATE), made(A))])
    assert read_journal(path) is None


def test_a_short_write_is_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:7]))
    _, doubt, standing = written(tmp_path / "j")[-1]
    run = read_journal(tmp_path / "j")
    assert (doubt, standing) == (open_names(run), standing_names(run))


def test_an_interrupt_that_saves_in_the_middle_of_a_commit_writes_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    journal = Journal(path, HEAD)
    fsync, pending = os.fsync, ["saved"]

    def interrupted(descriptor: int) -> None:
        fsync(descriptor)
        if pending and journal.path.stat().st_size:
            journal.saving(pending.pop())

    monkeypatch.setattr(os, "fsync", interrupted)
    journal.intent({(A, Verb.CREATE): change("a")})
    journal.commit()
    assert [next(iter(json.loads(line))) for line in path.read_bytes().splitlines()] == ["lineage", "intent", "saving"]
