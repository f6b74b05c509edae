"""Configurations as files: JSON syntax, override files and dynamic blocks mean what plain native syntax says for them.

A case is a directory: what is ``given`` gives the same plan as what is ``meant``, or the errors in ``errors.txt``.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from kvmplan.plan.model import Plan
from kvmplan.preparing import check

from ..workspace import Workspace

HERE = Path(__file__).parent
SAME = sorted(path.parent for path in HERE.glob("*/*/meant"))
WRONG = sorted(path.parent for path in HERE.glob("*/*/errors.txt"))


def _name(path: Path) -> str:
    return str(path.relative_to(HERE))


def _plan(source: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    shutil.copytree(source, directory)
    monkeypatch.chdir(directory)
    workspace = Workspace(directory)
    workspace.change_world(hosts={"local": THERE})
    return workspace.plan()


THERE = {"0": {"type": "toy_thing", "tag": "", "values": {"name": "there", "size": 1, "id": "0"}}}


def _said(plan: Plan) -> dict[str, Any]:
    """What a plan says, without where it was written."""
    changes = {
        str(address): (change.action, change.after, change.lane, change.dependencies, change.waits)
        for address, change in plan.changes.items()
    }
    outputs = {name: (change.after, change.type, change.sensitive) for name, change in plan.outputs.items()}
    return {"changes": changes, "outputs": outputs, "data": {str(at): one.values for at, one in plan.data.items()}}


@pytest.mark.parametrize("case", SAME, ids=_name)
def test_a_configuration_means_what_is_meant(case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = _plan(case / "given", tmp_path / "given", monkeypatch)
    meant = _plan(case / "meant", tmp_path / "meant", monkeypatch)
    assert _said(given) == _said(meant)


@pytest.mark.parametrize("case", SAME, ids=_name)
def test_what_is_meant_can_be_validated(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case / "given")
    assert check(Path())[1] == []


@pytest.mark.parametrize("case", WRONG, ids=_name)
def test_errors_and_their_places(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case / "given")
    _, diagnostics = check(Path())
    told = "".join(f"{one.source}: {one.summary}: {one.detail}\n" for one in diagnostics)
    if os.environ.get("KVMPLAN_RECORD"):
        (case / "errors.txt").write_text(told)
    assert told == (case / "errors.txt").read_text()
    assert told
