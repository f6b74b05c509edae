"""Locks on a host: one at a time, open when whoever had it is gone, and not waited for against the user's wish."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from kvmplan.hosts import LocalHost, SshHost, locks
from kvmplan_sdk import HostError

AnyHost = LocalHost | SshHost
_FORK = multiprocessing.get_context("fork")


def never() -> bool:
    return False


@pytest.fixture
def name() -> Iterator[str]:
    name = f"test-{secrets.token_hex(4)}"
    yield name
    Path(f"/run/lock/kvmplan-{name}").unlink(missing_ok=True)


def add(host: AnyHost, name: str, file: Path, times: int) -> None:
    """Read, change and write what ``file`` counts, slowly."""
    for _ in range(times):
        with host.lock(name, never):
            count = int(file.read_text())
            time.sleep(0.01)
            file.write_text(str(count + 1))


def test_what_is_read_changed_and_written_is_not_lost(host: AnyHost, name: str, tmp_path: Path) -> None:
    file = tmp_path / "count"
    file.write_text("0")
    host.facts()
    others = [_FORK.Process(target=add, args=(LocalHost(), name, file, 10)) for _ in range(2)]
    for other in others:
        other.start()
    add(host, name, file, 10)
    for other in others:
        other.join(60)
    assert file.read_text() == "30"


def hold(name: str, held: Event) -> None:
    with LocalHost().lock(name, never):
        held.set()
        time.sleep(600)


def test_a_lock_does_not_outlive_who_has_it(host: AnyHost, name: str) -> None:
    held = _FORK.Event()
    other = _FORK.Process(target=hold, args=(name, held))
    other.start()
    assert held.wait(60)
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    with host.lock(name, never):
        pass


def test_other_locks_are_others(host: AnyHost, name: str) -> None:
    with host.lock(name, never), host.lock(f"{name}-too", never):
        Path(f"/run/lock/kvmplan-{name}-too").unlink()


def test_who_does_not_wish_to_wait_does_not(host: AnyHost, name: str) -> None:
    with (
        LocalHost().lock(name, never),
        pytest.raises(HostError, match=f"Another kvmplan is changing {name} on"),
        host.lock(name, lambda: True),
    ):
        raise AssertionError


def test_who_waits_too_long_is_told_how_to_find_the_other(
    host: AnyHost, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(locks, "PATIENCE", 0.0)
    with LocalHost().lock(name, never), pytest.raises(HostError, match=f"fuser -v /run/lock/kvmplan-{name}"):
        host.lock(name, never).__enter__()


def test_a_host_that_cannot_be_locked_is_told(host: AnyHost) -> None:
    with pytest.raises(HostError, match=r"Cannot lock no/such on .*: .*Directory nonexistent"):
        host.lock("no/such", never).__enter__()


@pytest.mark.parametrize(("status", "hints"), [(1, True), (255, False)])
def test_a_line_that_breaks_is_no_want_of_rights(
    host: AnyHost, name: str, monkeypatch: pytest.MonkeyPatch, status: int, hints: bool
) -> None:
    monkeypatch.setattr(locks, "_HOLD", f"exit {status}")
    with pytest.raises(HostError, match="no answer") as raised:
        host.lock(name, never).__enter__()
    assert ("be root" in str(raised.value)) is hints


def test_where_the_lock_got_lost_the_error_of_the_step_is_told(
    host: AnyHost, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The holder ends as soon as it has the lock, and the first sign of life finds nobody."""
    monkeypatch.setattr(locks, "_BEAT", 0.01)
    monkeypatch.setattr(locks, "_HOLD", locks._HOLD.partition("while")[0])
    before = set(threading.enumerate())
    with pytest.raises(HostError, match="the step failed"), host.lock(name, never):
        for beats in set(threading.enumerate()) - before:
            beats.join(60)
        raise HostError("the step failed", "")


def test_who_locks_after_root_needs_no_more_rights_than_to_read(name: str) -> None:
    before = os.umask(0o077)
    try:
        with LocalHost().lock(name, never):
            assert Path(f"/run/lock/kvmplan-{name}").stat().st_mode & 0o444 == 0o444
    finally:
        os.umask(before)
