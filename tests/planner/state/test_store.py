"""The state file: written whole or not at all, for its owner alone, with what was there before beside it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvmplan.addresses import Address
from kvmplan.state.document import dump_state
from kvmplan.state.files import write_durably
from kvmplan.state.model import Instance, State
from kvmplan.state.store import local_store
from kvmplan_sdk import DiagnosticError

from ..workspace import PlanningError, Workspace

ROOT = os.geteuid() == 0


def state(serial: int, size: int = 0) -> State:
    address = Address("x_y", "z")
    return State(
        lineage="l",
        serial=serial,
        instances={address: Instance(address=address, host="local", values={"text": "x" * size})},
    )


def test_a_state_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        local_store(tmp_path / "s").save(state(1))
        local_store(tmp_path / "s").save(state(2))
    finally:
        os.umask(before)
    assert {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {"s": 0o600, "s.backup": 0o600}


def test_the_backup_is_the_state_before_the_run(tmp_path: Path) -> None:
    file = local_store(tmp_path / "s")
    assert file.load() is None
    for serial in (1, 2, 3):
        file.save(state(serial))
    assert not (tmp_path / "s.backup").exists(), "there was none before this run"
    again = local_store(tmp_path / "s")
    for serial in (4, 5):
        again.save(state(serial))
    assert local_store(tmp_path / "s.backup").load() == state(3)
    assert again.load() == state(5)


def test_nothing_is_left_lying_about(tmp_path: Path) -> None:
    local_store(tmp_path / "s").save(state(1))
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_broken_state_stops_every_command_and_is_left_as_it_is(workspace: Workspace) -> None:
    workspace.write('resource "toy_thing" "a" {\n  name = "a"\n}\n')
    workspace.apply()
    data = workspace.state_path.read_bytes()
    for broken in (data[: len(data) // 2], b"", data.replace(b'"version": 1', b'"version": 9')):
        workspace.state_path.write_bytes(broken)
        for destroy in (False, True):
            with pytest.raises(PlanningError):
                workspace.apply(destroy=destroy)
        assert workspace.state_path.read_bytes() == broken
    assert set(workspace.objects()) == {"a"}


@pytest.mark.skipif(ROOT, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written(tmp_path: Path) -> None:
    local_store(tmp_path / "s").save(state(1))
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(DiagnosticError) as refused:
            local_store(tmp_path / "s").save(state(2))
    finally:
        tmp_path.chmod(0o700)
    assert "Permission denied" in refused.value.diagnostics[0].detail
    assert local_store(tmp_path / "s").load() == state(1)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    if not ROOT:
        pytest.skip("only root can mount")
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def test_a_full_disk_leaves_the_state_that_was_there(small: Path) -> None:
    file = local_store(small / "s")
    file.save(state(1))
    with pytest.raises(DiagnosticError) as refused:
        file.save(state(2, size=100_000))
    (problem,) = refused.value.diagnostics
    assert problem.summary == f"Cannot write {small / 's'}"
    assert "No space left on device" in problem.detail
    assert file.load() == state(1)
    assert [path.name for path in small.iterdir()] == ["s"]


@pytest.mark.parametrize(("count", "full_at"), [(22, "the state"), (40, "the journal")])
def test_a_disk_that_fills_during_an_apply_loses_nothing(
    small: Path, monkeypatch: pytest.MonkeyPatch, count: int, full_at: str
) -> None:
    """The world is elsewhere; what was made and could not be saved is taken in once there is room."""
    monkeypatch.chdir(small)
    elsewhere = small.parent / "world.json"
    workspace = Workspace(small)
    note = "x" * 900
    things = "".join(f'resource "toy_thing" "r{i}" {{\n  name = "r{i}"\n  note = "{note}"\n}}\n' for i in range(count))
    workspace.write(f'provider "toy" {{\n  world = "{elsewhere}"\n}}\n{things}')
    full = workspace.apply()
    assert not full.complete
    assert "No space left on device" in full.diagnostics[0].detail
    assert elsewhere.exists() is (full_at == "the state"), "without a journal nothing is begun"
    subprocess.run(["mount", "-o", "remount,size=1m", small], check=True)
    result = workspace.apply()
    assert result.complete
    assert len(workspace.state.instances) == count
    assert workspace.plan().is_empty
    assert not workspace.journal.exists()


def test_write_durably_keeps_the_old_file_when_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    write_durably(path, b"old")

    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["f"]


def test_a_state_is_readable_an_instance_a_line() -> None:
    lines = dump_state(state(1)).decode().splitlines()
    assert sum('"attributes"' in line for line in lines) == 1
