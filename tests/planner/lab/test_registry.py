"""The record of what exists: written before, readable after, locked in between."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kvmplan.lab import HostRecord, LabError, Registry
from kvmplan.lab.process import ProcessId, call
from kvmplan.lab.registry import SegmentRecord


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "lab")


def test_records_come_back_as_written(registry: Registry) -> None:
    record = HostRecord("a", "lan", "203.0.113.11", 2, ProcessId(1, 2, "b"), ProcessId(3, 4, "b"), ready=True)
    registry.write_host(record)
    registry.write_segment(SegmentRecord("lan", ProcessId(5, 6, "b")))
    assert registry.host("a") == record
    assert registry.hosts() == [record]
    assert registry.segments() == [SegmentRecord("lan", ProcessId(5, 6, "b"))]
    registry.forget_host("a")
    registry.forget_segment("lan")
    assert (registry.hosts(), registry.segments()) == ([], [])


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', None])
def test_a_torn_record_is_still_a_host_to_be_cleared(registry: Registry, content: str | None) -> None:
    folder = registry.host_folder("a")
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "host.json").write_text(content)
    assert registry.host("a") == HostRecord("a", "", "", 1)


def test_the_folder_is_private_and_goes_with_the_last_lock(registry: Registry) -> None:
    with registry.lock("registry", 1):
        assert registry.base.stat().st_mode & 0o777 == 0o700
    assert not registry.base.exists()


def test_a_lock_is_held_against_others_for_a_bounded_time(registry: Registry) -> None:
    with (
        registry.lock("host-a", 1),
        pytest.raises(LabError, match="busy with host-a"),
        registry.lock("host-a", 0.1),
    ):
        pass
    with registry.lock("host-a", 1):
        pass


def test_sweeping_takes_locks_of_the_dead_and_leaves_those_of_the_living(registry: Registry) -> None:
    with registry.lock("registry", 1), registry.lock("host-b", 1):
        (registry.base / "locks" / "host-dead").touch()
        registry.sweep()
        assert sorted(path.name for path in (registry.base / "locks").iterdir()) == ["host-b", "registry"]
    assert not registry.base.exists()


def test_a_number_used_again_is_another_process() -> None:
    me = ProcessId.of(os.getpid())
    assert me is not None
    assert me.alive()
    assert not ProcessId(me.pid, me.start - 1, me.boot).alive()
    assert not ProcessId(me.pid, me.start, "another boot").alive()


def test_a_finished_child_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    identity = ProcessId.of(child.pid)
    child.wait()
    assert identity is None or not identity.alive()
    assert ProcessId.of(child.pid) is None


def test_a_command_that_hangs_is_ended_with_its_children() -> None:
    with pytest.raises(LabError, match=r"did not finish within 0\.3 s"):
        call(["sh", "-c", "sleep 3141 & sleep 3141"], timeout=0.3)
    deadline = time.monotonic() + 60  # the kernel takes its time under load
    while left := [folder for folder in Path("/proc").glob("[0-9]*") if "sleep 3141" in _command(folder)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_failures_are_told_with_the_last_words() -> None:
    with pytest.raises(LabError, match=r"failed \(3\): first \| second"):
        call(["sh", "-c", "echo first >&2; echo second >&2; exit 3"], timeout=60)
    with pytest.raises(LabError, match="no-such-command is not installed"):
        call(["no-such-command"], timeout=5)


def _command(folder: Path) -> str:
    try:
        state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
        return "" if state in "ZX" else (folder / "cmdline").read_text()
    except OSError:
        return ""
