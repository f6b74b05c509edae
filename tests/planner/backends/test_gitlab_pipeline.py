"""The example of a pipeline, job by job on a runner of its own, against the stand-in for GitLab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ...plugins.backends import servers
from ...plugins.backends.servers import GitLab
from ..cli.kvmplan_command import environment

EXAMPLE = Path(__file__).parents[3] / "examples" / "gitlab-pipeline"
CONFIGURATION = re.compile(r"host \"kvm\".*", re.DOTALL)


def test_the_pipeline_plans_and_applies(gitlab: GitLab, tmp_path: Path) -> None:
    text = (EXAMPLE / ".gitlab-ci.yml").read_text()
    given = {
        "CI_API_V4_URL": gitlab.address.partition("/projects")[0],
        "CI_PROJECT_ID": "1",
        "CI_JOB_TOKEN": servers.TOKEN,
    }
    variables = {
        name: re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], value)
        for name, value in re.findall(r'^  (KVMPLAN_\w+): "(.*)"$', text, re.MULTILINE)
    }
    variables["KVMPLAN_HTTP_USERNAME"] = servers.USER
    jobs = re.findall(r"^(\w+):\n  stage: .*\n  script:\n((?:    - .*\n)+)", text, re.MULTILINE)
    assert [name for name, _ in jobs] == ["plan", "apply"]
    for name, script in jobs:
        runner = checked_out(tmp_path, name)
        for command in re.findall("    - (.*)", script):
            run(command, runner, variables)
    assert "1 to add, 0 to change, 0 to destroy" in (tmp_path / "plan" / "plan.md").read_text()
    assert b'"lan"' in next(iter(gitlab.states.values()))
    assert gitlab.locks == {}


def checked_out(tmp_path: Path, job: str) -> Path:
    """A runner's folder: the configuration, what needs a host left out of it, and the artifacts of the job before."""
    runner = tmp_path / job
    runner.mkdir()
    text = (EXAMPLE / "main.kvm.hcl").read_text()
    assert CONFIGURATION.search(text)
    (runner / "main.kvm.hcl").write_text(CONFIGURATION.sub('resource "terraform_data" "lan" {}\n', text))
    if job == "apply":
        shutil.copy(tmp_path / "plan" / "plan.kvmplan", runner)
    return runner


def run(command: str, runner: Path, variables: dict[str, str]) -> None:
    program = runner / "bin" / "kvmplan"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kvmplan "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=runner,
        env=environment(**variables, PATH=path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
