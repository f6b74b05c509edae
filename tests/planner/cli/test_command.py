"""The command line: what it imports, how options may be written, exit codes, and the whole way of a plan."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from kvmplan import __version__
from kvmplan.cli.app import app, normalized
from kvmplan.encryption import PLAIN
from kvmplan.plan.file.container import read_head, unpack

from .kvmplan_command import environment, kvmplan

HEAVY = ("networkx", "lark", "hcl2", "libvirt", "pydantic", "pluggy", "rich")
THING = 'resource "toy_thing" "a" {\n  name = "a"\n}\noutput "label" {\n  value = toy_thing.a.label\n}\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(THING)
    return tmp_path


@pytest.mark.parametrize(
    "arguments", [["--help"], ["-h"], ["plan", "--help"], ["plan", "-h"], ["state", "--help"], ["--version"]]
)
def test_help_imports_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    code = (
        "import sys, atexit\n"
        f"atexit.register(lambda: sys.stderr.write(' '.join(n for n in {HEAVY!r} if n in sys.modules)))\n"
        f"sys.argv = ['kvmplan', *{arguments!r}]\n"
        "from kvmplan.__main__ import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert done.stdout


def test_version(tmp_path: Path) -> None:
    for spelling in ("--version", "-version", "-v"):
        assert kvmplan(spelling, cwd=tmp_path).stdout == f"kvmplan {__version__}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["plan", "-detailed-exitcode"], ["plan", "--detailed-exitcode"]),
        (["plan", "-out=p", "-var", "-x-y=1"], ["plan", "--out=p", "--var", "-x-y=1"]),
        (["plan", "--var", "-auto-approve"], ["plan", "--var", "-auto-approve"]),
        (["plan", "-var=a=-b-c"], ["plan", "--var=a=-b-c"]),
        (["apply", "-auto-approve", "-parallelism", "3"], ["apply", "--auto-approve", "--parallelism", "3"]),
        (["state", "show", "-json", "x.y"], ["state", "show", "--json", "x.y"]),
        (["lab", "exec", "n", "--", "ls", "-all"], ["lab", "exec", "n", "--", "ls", "-all"]),
        (["plan", "-h"], ["plan", "-h"]),
        (["-chdir=x", "plan", "-out=p"], ["--chdir=x", "plan", "--out=p"]),
        (["fmt", "-list=false", "-check=true", "-write=x"], ["fmt", "--no-list", "--check", "--write=x"]),
        (["plan", "-var=true=false"], ["plan", "--var=true=false"]),
    ],
)
def test_long_options_with_one_dash(written: list[str], meant: list[str]) -> None:
    from typer.main import get_command

    assert normalized(written, get_command(app)) == meant


@pytest.mark.parametrize(
    "arguments", [["plan", "--typo"], ["plna"], ["plan", "-detailed-exitcode", "-typo"], ["state"]]
)
def test_a_command_line_that_is_not_understood_is_exit_1(arguments: list[str], project: Path) -> None:
    said = kvmplan(*arguments, cwd=project)
    assert said.status == 1, "2 would say that there are changes"
    assert "Traceback" not in said.stderr


def test_exit_codes_of_plan(project: Path) -> None:
    assert kvmplan("plan", cwd=project).status == 0
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 2
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 0
    (project / "main.kvm.hcl").write_text("broken")
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 1


def test_the_whole_way_of_a_saved_plan(project: Path) -> None:
    planned = kvmplan("plan", "-out", "p", cwd=project)
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in planned.stdout
    assert "# toy_thing.a will be created" in planned.stdout
    shown = kvmplan("show", "p", cwd=project)
    assert shown.stdout.strip() in planned.stdout
    document = json.loads(kvmplan("show", "-json", "p", cwd=project).stdout)
    assert document["resource_changes"][0]["change"]["actions"] == ["create"]
    applied = kvmplan("apply", "p", cwd=project)
    assert "Apply complete! Resources: 1 added, 0 changed, 0 destroyed." in applied.stdout
    assert 'label = "label of a"' in applied.stdout
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 0, "what was made is ours"
    stale = kvmplan("apply", "p", cwd=project)
    assert (stale.status, "Saved plan is stale" in stale.stderr) == (1, True)
    (project / "kvmplan.state.json").rename(project / "elsewhere.json")
    kvmplan("plan", "-out", "q", "-state=elsewhere.json", cwd=project)
    assert "it is another, or an earlier one" in kvmplan("apply", "q", cwd=project).stderr
    (project / "elsewhere.json").rename(project / "kvmplan.state.json")
    assert kvmplan("state", "list", cwd=project).stdout == "toy_thing.a\n"
    assert 'resource "toy_thing" "a"' in kvmplan("state", "show", "toy_thing.a", cwd=project).stdout
    assert kvmplan("state", "show", "toy_thing.b", cwd=project).status == 1
    destroyed = kvmplan("destroy", "-auto-approve", cwd=project)
    assert "Destroy complete! Resources: 1 destroyed." in destroyed.stdout
    assert kvmplan("state", "list", cwd=project).stdout == ""


def test_what_was_made_is_destroyed_without_its_configuration(project: Path) -> None:
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    (project / "main.kvm.hcl").unlink()
    assert "No configuration files" in kvmplan("plan", cwd=project).stderr
    assert "Destroy complete! Resources: 1 destroyed." in kvmplan("destroy", "-auto-approve", cwd=project).stdout


def test_a_saved_plan_takes_no_options_for_planning(project: Path) -> None:
    kvmplan("plan", "-out", "p", cwd=project)
    said = kvmplan("apply", "-replace", "toy_thing.a", "-destroy", "p", cwd=project)
    assert said.status == 1
    assert "--destroy and --replace cannot change a plan" in said.stderr


def test_a_saved_plan_keeps_no_ephemeral_value_and_is_given_it_again(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'variable "token" {\n  ephemeral = true\n}\nvariable "size" {\n  default = 1\n}\n'
        'resource "terraform_data" "a" {\n  input = var.size\n  lifecycle {\n    precondition {\n'
        '      condition     = sha1(var.token) != ""\n      error_message = "no"\n    }\n  }\n}\n'
    )
    assert kvmplan("plan", "-var", "token=t0ken", "-out", "p", cwd=project).status == 0
    data = (project / "p").read_bytes()
    assert b"t0ken" not in unpack(data, read_head(data, "p"), PLAIN, "p")
    assert "No value for required variable" in kvmplan("apply", "p", cwd=project).stderr
    said = kvmplan("apply", "-var", "token=t0ken", "-var", "size=2", "p", cwd=project)
    assert (said.status, "Leave out --var size" in said.stderr) == (1, True)
    assert kvmplan("apply", "-var", "token=t0ken", "p", cwd=project).status == 0


def test_the_backend_says_where_the_state_is(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'kvmplan {\n  backend "local" {\n    path = "there.json"\n  }\n}\nresource "terraform_data" "a" {}\n'
    )
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    assert (project / "there.json").exists()
    assert kvmplan("state", "list", cwd=project).stdout == "terraform_data.a\n"
    assert kvmplan("plan", "-detailed-exitcode", cwd=project).status == 0
    assert kvmplan("plan", "-detailed-exitcode", "-state", "other.json", cwd=project).status == 2


def test_apply_asks_and_only_yes_is_yes(project: Path) -> None:
    for answer in ("", "y\n", "no\n"):
        said = kvmplan("apply", cwd=project, stdin=answer)
        assert (said.status, "Apply cancelled." in said.stdout) == (1, True)
        assert not (project / "world.json").exists()
    assert kvmplan("apply", cwd=project, stdin="yes\n").status == 0


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}])
def test_colours_only_on_a_terminal_and_never_with_no_color(project: Path, variables: dict[str, str]) -> None:
    assert "\x1b[" not in kvmplan("plan", cwd=project).stdout
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "plan"], cwd=project, env=environment(**variables), stdout=theirs
    )
    os.close(theirs)
    text = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:
            break
        if not part:
            break
        text += part
    assert process.wait() == 0
    assert (b"\x1b[" in text) is (not variables)


def test_colour_can_be_forced_and_forbidden(project: Path) -> None:
    assert "\x1b[" in kvmplan("plan", cwd=project, FORCE_COLOR="1").stdout
    assert "\x1b[" not in kvmplan("plan", "-no-color", cwd=project, FORCE_COLOR="1").stdout


def test_a_bug_is_a_diagnostic_and_a_traceback_only_where_it_is_asked_for(project: Path) -> None:
    (project / "sitecustomize.py").write_text(
        "import kvmplan.cli.terminal as t\ndef broken(*a, **k): raise RuntimeError('oops')\nt.styled = broken\n"
    )
    paths = os.pathsep.join([str(project), environment()["PYTHONPATH"]])
    command = [sys.executable, "-m", "kvmplan", "plan"]
    said, asked = (
        subprocess.run(
            command,
            cwd=project,
            env=environment(PYTHONPATH=paths, KVMPLAN_TRACEBACK=wanted),
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        for wanted in ("", "1")
    )
    assert said.returncode == 1
    assert "Traceback" not in said.stderr
    assert "Error: A bug in kvmplan" in said.stderr
    assert "RuntimeError: oops" in said.stderr
    assert "Traceback" in asked.stderr


def test_output_that_nobody_reads_is_no_error(project: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m kvmplan plan | true", shell=True, cwd=project, env=environment(), stderr=-1, check=False
    )
    assert b"Traceback" not in done.stderr


def test_the_directory_may_stand_before_the_command_as_in_terraform(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for spelling in ([f"-chdir={project}"], ["--chdir", str(project)]):
        assert kvmplan(*spelling, "plan", "-out=p", cwd=elsewhere).status == 0
        assert (project / "p").exists()
        (project / "p").unlink()
    said = kvmplan("-chdir=nowhere", "plan", cwd=elsewhere)
    assert (said.status, said.stderr) == (
        1,
        "\nError: Cannot work in nowhere\n\nNo such file or directory. Check the path of --chdir.\n",
    )


def test_warnings_follow_the_plan(project: Path) -> None:
    check = 'check "c" {\n  assert {\n    condition     = toy_thing.a.name != "a"\n    error_message = "is a"\n  }\n}\n'
    (project / "main.kvm.hcl").write_text(THING + check)
    for arguments in (["plan"], ["apply"]):
        said = subprocess.run(
            [sys.executable, "-m", "kvmplan", *arguments],
            cwd=project,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        ).stdout
        assert said.count("Check block assertion failed") == 1
        before, after = said.split("Warning: Check block assertion failed")
        assert "Plan: 1 to add" in before
        assert ("Do you want" in after) == (arguments == ["apply"])


def test_what_is_cancelled_and_how_it_goes_without_anybody(project: Path) -> None:
    hint = " Where nobody answers, use --auto-approve, or apply a saved plan.\n"
    assert kvmplan("apply", cwd=project).stdout.endswith(f"Apply cancelled.{hint}")
    assert kvmplan("apply", "-auto-approve", cwd=project).status == 0
    assert kvmplan("destroy", cwd=project).stdout.endswith(f"Destroy cancelled.{hint}")
    assert kvmplan("destroy", "-auto-approve", cwd=project).status == 0
    said = kvmplan("destroy", cwd=project)
    assert (said.status, said.stdout.splitlines()[0]) == (0, "No changes. No objects need to be destroyed.")


def test_a_digest_that_is_none_is_told_before_planning(project: Path) -> None:
    said = kvmplan("destroy", "-expect-digest=abc", cwd=project)
    assert (said.status, said.stdout, "Not a digest" in said.stderr) == (1, "", True)


def test_a_plan_file_in_no_directory(project: Path) -> None:
    said = kvmplan("plan", "-out=nowhere/p", cwd=project)
    assert (said.status, "Make the directory nowhere" in said.stderr) == (1, True)
