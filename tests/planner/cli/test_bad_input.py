"""Bad input: each directory of ``bad`` is a configuration and, in ``expected.txt``, exactly what ``plan`` says of it.

``KVMPLAN_WRITE_EXPECTED=1`` writes the expected texts anew: read the difference before you commit it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from .kvmplan_command import kvmplan

BAD = Path(__file__).parent / "bad"


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir()))
def test_bad_input_is_explained(name: str, tmp_path: Path) -> None:
    shutil.copy(BAD / name / "main.kvm.hcl", tmp_path)
    said = kvmplan("plan", cwd=tmp_path)
    expected = BAD / name / "expected.txt"
    if os.environ.get("KVMPLAN_WRITE_EXPECTED"):
        expected.write_text(said.stderr)
    assert said.stderr == expected.read_text()
    assert "Traceback" not in said.stderr
    assert said.status == 1
    assert said.stdout == ""
    assert not (tmp_path / "world.json").exists(), "nothing was done"


@pytest.mark.parametrize("name", sorted(path.name for path in BAD.iterdir()))
def test_validate_says_nothing_that_plan_would_not_say(name: str, tmp_path: Path) -> None:
    shutil.copy(BAD / name / "main.kvm.hcl", tmp_path)
    said = kvmplan("validate", cwd=tmp_path)
    expected = (BAD / name / "expected.txt").read_text()
    summaries = [line for line in said.stderr.splitlines() if line.startswith("Error: ")]
    assert said.status == (1 if summaries else 0)
    assert [line for line in summaries if line not in expected] == []
    assert "Traceback" not in said.stderr
