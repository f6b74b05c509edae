"""A run killed at any instant is finished by the next one, whichever backend keeps the state."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from kvmplan.apply import saving
from kvmplan.backends.finding import find_backend
from kvmplan.backends.opening import store_of
from kvmplan.backends.settings import completed
from kvmplan.state.store import StateStore
from kvmplan_sdk.backend import Stored
from kvmplan_sdk.values import Object

from ...plugins.backends.conftest import MAKE
from ..apply.test_crash import FIRST, check_whole, killed_at
from ..workspace import Workspace

pytestmark = pytest.mark.slow


@dataclass
class Kept(Workspace):
    """Its state is kept by a backend; right before a write and right after it are places to die."""

    backend: str = ""
    values: Object | None = None

    @property
    def store(self) -> StateStore:
        backend = find_backend(self.backend)
        values = {**dict.fromkeys(backend.schema.attributes), **(self.values or {})}
        storage = backend.open(completed(values, backend, {}), str(self.directory))
        write = storage.write

        def written(workspace: str, data: bytes, over: Stored | None) -> str:
            _place_to_die()
            version = write(workspace, data, over)
            _place_to_die()
            return version

        storage.write = written  # type: ignore[method-assign]
        return store_of(storage, str(self.directory), "default", kind=self.backend)


def _place_to_die() -> None:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)


@pytest.mark.parametrize("backend", [name for name in MAKE if name != "local"])
def test_a_run_killed_anywhere(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setattr(saving, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(saving, "SHARE", 0)
    place = 0
    for place in range(1, 2000, 3):
        directory = tmp_path / str(place)
        directory.mkdir()
        monkeypatch.chdir(directory)
        workspace = Kept(directory, backend=backend, values=MAKE[backend](request))
        workspace.write(FIRST % {"batch": "false"})
        if not killed_at(place, workspace.apply):
            break
        assert workspace.apply().complete, place
        check_whole(workspace, {"base", "part-0", "part-1", "part-2", "loner"})
        shutil.rmtree(directory)
    assert place > 25
