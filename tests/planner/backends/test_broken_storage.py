"""What is broken, newer, unreachable or in somebody else's hands: nothing is written over, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kvmplan.backends.finding import find_backend
from kvmplan.backends.settings import completed
from kvmplan.state.locking import our_information
from kvmplan_sdk.backend import Storage
from kvmplan_sdk.values import Object

from ...plugins.backends.conftest import MAKE, http_values
from ...plugins.backends.servers import GitLab
from ..cli.kvmplan_command import environment
from .project import Project

Open = Callable[[], Storage]


@pytest.fixture(params=MAKE)
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Project, Open]:
    """A project whose state is kept by each backend, applied once; and its storage."""
    values = MAKE[request.param](request)
    project = Project(tmp_path)
    project.write(request.param, values)
    project("init")
    project("apply", "-auto-approve")
    return project, lambda: _storage(request.param, values, tmp_path)


def _storage(name: str, values: Object, directory: Path) -> Storage:
    backend = find_backend(name)
    return backend.open(completed({**dict.fromkeys(backend.schema.attributes), **values}, backend, {}), str(directory))


def test_a_state_that_cannot_be_read_is_left_as_it_is(kept: tuple[Project, Open]) -> None:
    project, opened = kept
    storage = opened()
    whole = storage.read("default")
    assert whole is not None
    newer = json.dumps({**json.loads(whole.data), "version": 99}).encode()
    for broken, says in ((whole.data[:-40], "State cannot be read"), (newer, "State is newer than this kvmplan")):
        storage.write("default", broken, storage.read("default"))
        for command in (("plan",), ("destroy", "-auto-approve"), ("state", "list")):
            said = project(*command, fails=says)
            assert storage.place("default").removeprefix(f"{project.directory}/") in said.stderr.replace("\n", " ")
        found = opened().read("default")
        assert found is not None and found.data == broken


def test_who_comes_second_is_told_who_is_first_or_waits(kept: tuple[Project, Open]) -> None:
    project, opened = kept
    storage = opened()
    info = our_information("apply", "there")
    storage.lock("default", info)
    said = project("apply", "-auto-approve", fails="State is locked")
    assert f"{info.who}, {info.info}," in said.stderr.replace("\n", " ")
    assert f"since {info.created}" in said.stderr.replace("\n", " ")
    waiting = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "apply", "-auto-approve", "-lock-timeout=60s"],
        cwd=project.directory,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stderr is not None
    assert waiting.stderr.readline().startswith("Waiting for the lock of ")
    storage.unlock("default", info.id)
    assert waiting.wait() == 0
    project("plan", "-lock=false")


@pytest.fixture
def served(tmp_path: Path, gitlab: GitLab) -> Project:
    project = Project(tmp_path)
    project.write("http", {**http_values(gitlab), "retry_max": 0})
    project("init")
    return project


def test_a_write_whose_answer_got_lost_was_done(served: Project, gitlab: GitLab) -> None:
    _fail_writes(gitlab, "drop late")
    served("apply", "-auto-approve")
    assert served.listed() == ["terraform_data.a"]


def test_what_could_not_be_stored_is_kept_and_pushed_later(served: Project, gitlab: GitLab) -> None:
    _fail_writes(gitlab, 500)
    said = served("apply", "-auto-approve", fails="Cannot write the state")
    rescued = served.directory / "errored.kvmplan.state.json"
    assert "kvmplan state push errored.kvmplan.state.json" in said.stderr.replace("\n", " ")
    assert rescued.stat().st_mode & 0o777 == 0o600
    assert gitlab.states == {}
    assert gitlab.locks == {}
    identifier = json.loads(rescued.read_text())["resources"][0]["instances"][0]["attributes"]["id"]
    served("state", "push", "errored.kvmplan.state.json")
    assert served.listed() == ["terraform_data.a"]
    assert identifier in served("state", "show", "terraform_data.a").stdout
    assert served("plan", "-detailed-exitcode").status == 0


def _fail_writes(gitlab: GitLab, fault: int | str) -> None:
    """The first write of a state; locks are taken by the same method."""
    gitlab.fault_at_state = fault
