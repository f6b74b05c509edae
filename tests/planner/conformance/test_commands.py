"""Commands that scripts read, beside Terraform's: a folder of ``commands`` is a configuration that is applied, and in
``asked.json`` what is asked of it then, with what Terraform 1.11.4 printed.

``KVMPLAN_ORACLE=terraform`` asks that program anew and writes what it prints: for ``{"command": ...}`` alone, too.
Identifiers, which are random, are masked. The differences that are meant are `_comparable`'s.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ..cli.kvmplan_command import Said, kvmplan

HERE = Path(__file__).parent / "commands"
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ORACLE = os.environ.get("KVMPLAN_ORACLE")


@pytest.mark.parametrize("case", sorted(path.parent for path in HERE.glob("*/asked.json")), ids=lambda path: path.name)
def test_commands_print_what_terraform_prints(case: Path, tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = json.loads((case / "asked.json").read_text())
    if ORACLE:
        asked = _ask_terraform(case, [entry["command"] for entry in asked], tmp_path / "oracle")
        (case / "asked.json").write_text(json.dumps(asked, indent=2, ensure_ascii=False) + "\n")
    ours = tmp_path / "ours"
    shutil.copytree(case, ours)
    assert kvmplan("apply", "-auto-approve", cwd=ours).status == 0
    said = [(entry["command"], kvmplan(*entry["command"], cwd=ours)) for entry in asked]
    came = [{"command": command, "status": one.status, "printed": _printed(command, one)} for command, one in said]
    assert _comparable(came) == _comparable(asked)


def _printed(command: list[str], said: Said) -> Any:
    """Standard output: what it means, where that is JSON. Warnings, of which kvmplan has its own, are left out."""
    text = "" if said.stdout.startswith("\nWarning: ") else IDENTIFIER.sub("ID", said.stdout)
    return json.loads(text) if "-json" in command and text else text


def _comparable(printed: Any) -> Any:
    """Without what is meant to differ: versions, what is ours alone, how a provider is called; ``depends_on``, which
    names only direct dependencies; the results of checks, which state does not keep and graphs do
    not show.
    """
    if isinstance(printed, Mapping):
        left_out = {"terraform_version", "checks", "depends_on"}
        return {
            name: _comparable(value)
            for name, value in printed.items()
            if name not in left_out and not name.startswith("kvmplan_")
        }
    if isinstance(printed, list):
        return [_comparable(item) for item in printed]
    if isinstance(printed, str):
        lines = (line for line in printed.splitlines(True) if "check.c (report)" not in line)
        return "".join(lines).replace("terraform.io/builtin/terraform", "terraform")
    return printed


def _ask_terraform(case: Path, commands: list[list[str]], directory: Path) -> list[dict[str, Any]]:
    for path in case.rglob("*.kvm.hcl"):
        target = directory / path.relative_to(case).with_name(path.name.replace(".kvm.hcl", ".tf"))
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    for command in (["init"], ["apply", "-auto-approve"]):
        assert _terraform(command, directory).status == 0
    answers = [(command, _terraform(command, directory)) for command in commands]
    return [
        {"command": command, "status": said.status, "printed": _printed(command, said)} for command, said in answers
    ]


def _terraform(command: list[str], directory: Path) -> Said:
    environment = {**os.environ, "TF_CLI_ARGS": "-no-color", "TF_CLI_CONFIG_FILE": "/dev/null"}
    if command[0] in {"state", "graph", "version", "providers"}:  # which know no colours, or no such option
        del environment["TF_CLI_ARGS"]
    done = subprocess.run(
        [str(ORACLE), *command], cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    return Said(done.returncode, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout), done.stderr)
