"""What is broken, newer, unreachable or in somebody else's hands: nothing is written over, nothing is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kvmplan.backends.finding import find_backend
from kvmplan.backends.settings import completed
from kvmplan.state.locking import our_information
from kvmplan_sdk.backend import Storage
from kvmplan_sdk.values import Object

from ...plugins.backends.conftest import MAKE, http_values
from ...plugins.backends.servers import GitLab
from ..cli.kvmplan_command import environment, kvmplan
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
    waiting = _apply_in_background(project)
    assert waiting.stderr is not None
    assert waiting.stderr.readline().startswith("Waiting for the lock of ")
    storage.unlock("default", info.id)
    waiting.communicate()
    assert waiting.returncode == 0
    project("plan", "-lock=false")


def test_of_two_applies_at_once_one_does_the_work_and_the_other_finds_it_done(kept: tuple[Project, Open]) -> None:
    project, _ = kept
    with (project.directory / "main.kvm.hcl").open("a") as file:
        file.write('resource "terraform_data" "b" {}\n')
    both = [_apply_in_background(project) for _ in range(2)]
    said = sorted(process.communicate()[0] for process in both)
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(text.rpartition("Resources: ")[2].partition(" added")[0] for text in said) == ["0", "1"]
    assert project.listed() == ["terraform_data.a", "terraform_data.b"]
    assert project("plan", "-detailed-exitcode").status == 0


def _apply_in_background(project: Project) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "apply", "-auto-approve", "-lock-timeout=60s"],
        cwd=project.directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


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


def test_a_lock_that_its_holder_left_is_forced_open(served: Project) -> None:
    storage = _storage("http", http_values_of(served), served.directory)
    info = our_information("apply", "there")
    storage.lock("default", replace(info, info=f"process {2**22 + 1}"))
    said = served("plan", fails="State is locked")
    assert "no such process any more on this machine" in said.stderr.replace("\n", " ")
    served("force-unlock", "-force", "another", fails="The lock has another ID")
    assert "The lock stays." in kvmplan("force-unlock", info.id, cwd=served.directory, stdin="no\n").stdout
    assert " is open." in served("force-unlock", info.id, stdin="yes\n").stdout
    served("force-unlock", info.id, fails="State is not locked")
    served("apply", "-auto-approve")


def test_one_state_is_all_there_is(served: Project) -> None:
    served("workspace", "new", "dev", fails="One workspace only")
    assert served("workspace", "list").stdout == "* default\n"


def test_a_lock_that_cannot_be_let_go_is_told(served: Project, gitlab: GitLab) -> None:
    gitlab.faults.append(("UNLOCK", 500))
    said = served("plan", fails="Cannot unlock the state")
    assert "kvmplan force-unlock " in said.stderr.replace("\n", " ")


def http_values_of(project: Project) -> Object:
    values: Object = json.loads((project.directory / ".kvmplan" / "backend.json").read_text())["values"]
    return values


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Project]:
    """A folder on a file system that nothing can be written to any more."""
    place = tmp_path / "place"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("no tmpfs can be mounted here")
    project = Project(place)
    project.write()
    project("apply", "-auto-approve")
    subprocess.run(["mount", "-o", "remount,ro", place], check=True)
    yield project
    subprocess.run(["umount", "-l", place], check=True)


def test_a_folder_that_may_only_be_read(read_only: Project) -> None:
    for command in (("apply", "-auto-approve"), ("workspace", "new", "dev"), ("workspace", "select", "default")):
        said = kvmplan(*command, cwd=read_only.directory)
        assert (said.status, "Read-only file system" in said.stderr, "bug" in said.stderr) == (1, True, False), said
    assert read_only("plan", "-lock=false", "-detailed-exitcode").status == 0
    assert read_only.listed() == ["terraform_data.a"]
