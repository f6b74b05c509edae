"""The lock: one at a time, whoever comes second is told who holds it, and a holder that dies lets go."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kvmplan.state import file_lock
from kvmplan.state.locking import Locking, our_information
from kvmplan.state.processes import this_process
from kvmplan.state.store import local_store
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.backend import HeldError, LockInfo

HOLD = """
import sys, time
from pathlib import Path
from kvmplan.state.store import local_store
with local_store(Path(sys.argv[1])).locked("apply"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path / "s"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_is_told_who_holds_it_since_when(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "s").locked("plan"):
        pass
    (problem,) = refused.value.diagnostics
    assert problem.summary == "State is locked"
    assert f"`kvmplan apply` of {os.environ.get('USER', 'root')}" in problem.detail or "@" in problem.detail
    assert f"process {holder.pid}, since 20" in problem.detail
    holder.communicate()
    with local_store(tmp_path / "s").locked("plan"):
        pass


def test_a_holder_that_is_killed_lets_go(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with local_store(tmp_path / "s").locked("plan"):
        pass


def count(path: Path, times: int) -> None:
    done = 0
    while done < times:
        try:
            with local_store(path).locked("count"):
                path.write_text(str(int(path.read_text()) + 1))
                done += 1
        except DiagnosticError:
            continue


def test_no_update_is_lost_among_many(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    path.write_text("0")
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=count, args=(path, 4)) for _ in range(50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert path.read_text() == "200"


def test_a_lock_where_nothing_may_be_written(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "nowhere" / "s").locked("plan"):
        pass
    assert refused.value.diagnostics[0].summary == f"Cannot lock {tmp_path / 'nowhere' / 's'}"


def test_what_is_raised_inside_lets_go_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), local_store(tmp_path / "s").locked("plan"):
        raise RuntimeError
    with local_store(tmp_path / "s").locked("plan"):
        pass


def test_whoever_waits_says_for_whom_and_gets_the_lock(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    said: list[str] = []

    def tell(text: str) -> None:
        said.append(text)
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    with local_store(tmp_path / "s").locked("plan", Locking(timeout=120, tell=tell)):
        pass
    assert len(said) == 1
    assert f"process {holder.pid}, since 20" in said[0]


def test_waiting_ends(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with (
        pytest.raises(DiagnosticError) as refused,
        local_store(tmp_path / "s").locked("plan", Locking(timeout=0.3)),
    ):
        pass
    assert "still in use after waiting 0.3 s by `kvmplan apply`" in refused.value.diagnostics[0].detail
    holder.communicate()


def test_without_locking_nobody_is_asked(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    with local_store(tmp_path / "s").locked("plan", Locking(enabled=False)):
        pass
    holder.communicate()


def test_a_lock_of_a_living_process_is_not_forced(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    storage = local_store(tmp_path / "s").storage
    found = storage.holder("default")
    assert found is not None and found.operation == "apply" and found.version
    with pytest.raises(HeldError):
        storage.unlock("default", "another")
    with pytest.raises(DiagnosticError) as refused:
        storage.unlock("default", found.id)
    assert "The holder of the lock is alive" in refused.value.diagnostics[0].summary
    holder.communicate()
    assert storage.holder("default") is None


@pytest.fixture
def no_flock(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a network file system whose server has no lock manager."""

    def unsupported(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)


def left_behind(tmp_path: Path, **process: object) -> LockInfo:
    """The note of a holder that is gone."""
    info = our_information("apply", "s")
    note = {**json.loads(info.to_json()), "Process": {**this_process().to_json(), **process}}
    (tmp_path / "s.lock.info").write_text(json.dumps(note))
    return info


@pytest.mark.usefixtures("no_flock")
def test_where_there_is_no_flock_one_holds_the_lock(tmp_path: Path) -> None:
    with local_store(tmp_path / "s").locked("apply"):
        with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "s").locked("plan"):
            pass
        assert f"process {os.getpid()}" in refused.value.diagnostics[0].detail
    with local_store(tmp_path / "s").locked("plan"):
        pass


@pytest.mark.usefixtures("no_flock")
def test_where_there_is_no_flock_a_dead_holder_lets_go(tmp_path: Path) -> None:
    for dead in ({"Pid": 2**22 + 1}, {"Start": "1"}):
        left_behind(tmp_path, **dead)
        with local_store(tmp_path / "s").locked("plan"):
            pass
        assert [path.name for path in tmp_path.iterdir()] == ["s.lock"]


@pytest.mark.usefixtures("no_flock")
def test_where_there_is_no_flock_a_holder_elsewhere_must_be_forced(tmp_path: Path) -> None:
    info = left_behind(tmp_path, Boot="another machine")
    with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "s").locked("plan"):
        pass
    assert f"kvmplan force-unlock {info.id}" in refused.value.diagnostics[0].detail
    local_store(tmp_path / "s").storage.unlock("default", info.id)
    with local_store(tmp_path / "s").locked("plan"):
        pass


def test_on_a_network_file_system_a_note_from_elsewhere_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = LockInfo(id="i", operation="apply", who="a@elsewhere", created="2026-01-01T00:00:00+00:00")
    (tmp_path / "s.lock").write_bytes(info.to_json())
    monkeypatch.setattr(file_lock, "_is_on_network", lambda _path: True)
    with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "s").locked("plan"):
        pass
    assert "a@elsewhere, since 2026-01-01" in refused.value.diagnostics[0].detail
    monkeypatch.undo()
    with local_store(tmp_path / "s").locked("plan"):
        pass
