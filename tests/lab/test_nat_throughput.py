"""`benchmarks/nat_throughput.py` still measures: in a namespace of its own, with few packets."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from . import booted

pytestmark = pytest.mark.lab
PROGRAM = booted.ROOT / "benchmarks/nat_throughput.py"


@pytest.mark.parametrize(("options", "rows"), [([], 4), (["--many", "1,20"], 6)])
def test_a_row_for_all_that_is_measured(options: list[str], rows: int) -> None:
    command = ["unshare", "-nm", sys.executable, str(PROGRAM), *options]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=800, check=False, env={**os.environ, "COUNTED": "1"}
    )
    assert ran.returncode == 0, ran.stderr
    measured = [line.split(" | ") for line in ran.stdout.splitlines()[2:]]
    assert len(measured) == rows, ran.stdout
    numbers = [row[-2] for row in measured if "no flowtables" not in row[1]]
    assert all(float(number.replace(",", "")) > 100 for number in numbers), ran.stdout
