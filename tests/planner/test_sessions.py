"""Sessions: opened once for a lane, the same failure each time, closed whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvmplan.lane import Lane
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan_sdk import DiagnosticError, Known

LANE = Lane("local", "toy")


@pytest.fixture
def sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sessions]:
    monkeypatch.chdir(tmp_path)
    with Sessions(Plugins(), {"local": "local"}, {}, "lineage") as opened:
        yield opened


def test_a_lane_has_one_session_for_all_threads(sessions: Sessions) -> None:
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(sessions.get(LANE))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, found))) == 1
    assert sessions.get(Lane("other", "toy")) is not found[0]


def test_a_lane_that_failed_fails_the_same_way_again(sessions: Sessions) -> None:
    Path("world.json").write_bytes(b"unreachable")
    said = []
    for _ in range(2):
        with pytest.raises(DiagnosticError) as problem:
            sessions.get(LANE)
        said.append(problem.value.diagnostics)
        Path("world.json").unlink(missing_ok=True)
    assert said[0] == said[1]


def test_what_a_provider_raises_is_its_fault(sessions: Sessions) -> None:
    Path("world.json").write_text("no json")
    with pytest.raises(DiagnosticError) as problem:
        sessions.get(LANE)
    assert problem.value.diagnostics[0].summary == "Provider toy failed"
    assert "JSONDecodeError" in problem.value.diagnostics[0].detail


def test_a_type_that_the_provider_does_not_know_any_more(sessions: Sessions) -> None:
    with pytest.raises(DiagnosticError) as problem:
        sessions.read(LANE, [Known(address="toy_gone.a", type="toy_gone", values={})])
    assert problem.value.diagnostics[0].summary == "Provider toy does not know toy_gone"


def test_a_session_that_cannot_be_closed_keeps_nobody_from_closing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    closed = []

    def close(self: object) -> None:
        closed.append(self)
        raise RuntimeError("cannot close")

    with Sessions(Plugins(), {}, {}, "lineage") as opened:
        kind = type(opened.get(LANE))
        opened.get(Lane("other", "toy"))
        monkeypatch.setattr(kind, "close", close)
    assert len(closed) == 2
