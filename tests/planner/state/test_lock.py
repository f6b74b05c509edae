"""The lock: one at a time, whoever comes second is told who holds it, and a holder that dies lets go."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kvmplan.state.store import local_store
from kvmplan_sdk import DiagnosticError

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
    processes = [context.Process(target=count, args=(path, 20)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert path.read_text() == "120"


def test_a_lock_where_nothing_may_be_written(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as refused, local_store(tmp_path / "nowhere" / "s").locked("plan"):
        pass
    assert refused.value.diagnostics[0].summary == f"Cannot lock {tmp_path / 'nowhere' / 's'}"


def test_what_is_raised_inside_lets_go_too(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), local_store(tmp_path / "s").locked("plan"):
        raise RuntimeError
    with local_store(tmp_path / "s").locked("plan"):
        pass
