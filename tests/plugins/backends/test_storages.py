"""What every backend must do, on real servers: keep what is written, lose no update, tell who holds a lock."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import pytest

from kvmplan.state.locking import Locking, locked, our_information
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.backend import ChangedError, HeldError, Storage, Stored

from .conftest import Kind

CONTEXT = multiprocessing.get_context("fork")


def test_what_is_written_is_read_back(kind: Kind) -> None:
    storage = kind.open()
    assert storage.read("default") is None
    text = '{"a": "Grüße\\n"}'.encode() + b" " * 100_000
    version = storage.write("default", text, None)
    found = kind.open().read("default")
    assert found is not None
    assert (found.data, found.version) == (text, version)
    assert storage.write("default", b"{}", found) != version


def test_what_was_changed_meanwhile_is_left_alone(kind: Kind) -> None:
    one, other = kind.open(), kind.open()
    one.write("default", b"1", None)
    with pytest.raises(ChangedError):
        other.write("default", b"2", None)
    seen = other.read("default")
    assert seen is not None
    one.write("default", b"3", seen)
    with pytest.raises(ChangedError):
        other.write("default", b"4", seen)
    found = other.read("default")
    assert found is not None and found.data == b"3"


def test_workspaces_are_apart(kind: Kind) -> None:
    storage = kind.open()
    assert list(storage.workspaces()) == []
    storage.write("default", b"1", None)
    assert list(storage.workspaces()) == ["default"]
    if not kind.workspaces:
        return
    storage.write("dev", b"2", None)
    assert sorted(kind.open().workspaces()) == ["default", "dev"]
    assert len({storage.place("default"), storage.place("dev")}) == 2
    found = storage.read("dev")
    assert found is not None and found.data == b"2"
    storage.delete("dev")
    storage.delete("dev")
    assert list(storage.workspaces()) == ["default"]


def test_one_holds_the_lock_and_the_other_is_told_who(kind: Kind) -> None:
    one, other = kind.open(), kind.open()
    assert one.holder("default") is None
    info = our_information("apply", one.place("default"))
    one.lock("default", info)
    with pytest.raises(HeldError) as refused:
        other.lock("default", our_information("plan", ""))
    assert refused.value.holder == info
    assert other.holder("default") == info
    one.write("default", b"1", None)
    one.unlock("default", info.id)
    assert other.holder("default") is None
    again = our_information("plan", "")
    other.lock("default", again)
    other.unlock("default", again.id)


def test_what_users_are_told_of_a_lock(kind: Kind) -> None:
    one, other = kind.open(), kind.open()
    with (
        locked(one, "default", "apply", Locking()),
        pytest.raises(DiagnosticError) as refused,
        locked(other, "default", "plan", Locking(timeout=0.1)),
    ):
        pass
    (problem,) = refused.value.diagnostics
    assert problem.summary == "State is locked"
    assert f"by `kvmplan apply` of {our_information('', '').who}, process {os.getpid()}, since 20" in problem.detail


def test_the_lock_of_another_is_not_opened_by_mistake(kind: Kind) -> None:
    one, other = kind.open(), kind.open()
    one.lock("default", our_information("apply", ""))
    with pytest.raises(HeldError):
        other.unlock("default", "another")


def test_a_holder_that_was_forced_out_is_told(kind: Kind) -> None:
    if kind.name in ("local", "pg"):
        pytest.skip("the lock goes with its holder: see test_a_lock_is_forced_open")
    one, other = kind.open(), kind.open()
    with pytest.raises(DiagnosticError) as told, locked(one, "default", "apply", Locking()):
        holder = other.holder("default")
        assert holder is not None
        other.unlock("default", holder.id)
        other.lock("default", our_information("plan", ""))
    assert told.value.diagnostics[0].summary == "The lock was taken from this run"


def counted(found: Stored | None) -> int:
    return int(found.data.split()[0]) if found else 0


def one_more(found: Stored | None, done: int) -> bytes:
    """The next number; no two writers write the same, as no two runs do."""
    return f"{counted(found) + 1} {os.getpid()} {done}".encode()


def count(kind: Kind, times: int) -> None:
    """Add to the number that is stored, as a run does: lock, read, write, unlock."""
    done = 0
    while done < times:
        storage = kind.open()
        try:
            with locked(storage, "default", "count", Locking(timeout=280)):
                found = storage.read("default")
                storage.write("default", one_more(found, done), found)
            done += 1
        finally:
            storage.close()


def test_no_update_is_lost_among_fifty(kind: Kind) -> None:
    _each_of(50, count, kind, 1)
    assert counted(kind.open().read("default")) == 50


def count_without_locks(kind: Kind, times: int) -> None:
    done = 0
    storage = kind.open()
    while done < times:
        found = storage.read("default")
        try:
            storage.write("default", one_more(found, done), found)
            done += 1
        except ChangedError:
            time.sleep(0.01)


def test_no_update_is_lost_without_locks_where_writes_are_conditional(kind: Kind) -> None:
    if kind.name in ("local", "http"):
        pytest.skip("what is read is compared before the write, not in it")
    _each_of(8, count_without_locks, kind, 4)
    assert counted(kind.open().read("default")) == 32


def _each_of(many: int, work: Callable[[Kind, int], None], kind: Kind, times: int) -> None:
    processes = [CONTEXT.Process(target=work, args=(kind, times)) for _ in range(many)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * many


def hold(kind: Kind, told: Connection) -> None:
    storage = kind.open()
    storage.lock("default", our_information("apply", storage.place("default")))
    told.send(True)
    signal.pause()


@pytest.fixture
def killed(kind: Kind) -> int:
    """A holder of the lock that was killed; its process."""
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=hold, args=(kind, there))
    process.start()
    assert here.poll(60) and here.recv()
    process.kill()
    process.join()
    assert process.pid is not None
    return process.pid


def test_the_lock_of_a_holder_that_died_is_free_or_forced_open(kind: Kind, killed: int) -> None:
    storage = kind.open()
    if kind.name == "pg":
        _until_free(storage)
    holder = storage.holder("default")
    if kind.name in ("local", "pg"):
        assert holder is None
    else:
        assert holder is not None and holder.info == f"process {killed}"
        storage.unlock("default", holder.id)
    with locked(storage, "default", "plan", Locking()):
        pass


def _until_free(storage: Storage) -> None:
    """The server needs a moment to see that a connection is gone."""
    end = time.monotonic() + 120
    while storage.holder("default") is not None and time.monotonic() < end:
        time.sleep(0.05)
