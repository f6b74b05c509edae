"""Firewalls of bridged guests where the kernel knows connections through bridges, as distributions' kernels do."""

from __future__ import annotations

import pytest

from . import booted

pytestmark = pytest.mark.lab
PROGRAM = booted.ROOT / "tests/providers/nftables/matrix/booted.py"


@pytest.mark.timeout(1200)
def test_the_tables_of_bridged_guests_with_state() -> None:
    said = booted.run(PROGRAM, {"PATIENCE": "12"}, 900)
    lines = [line.strip() for line in said.splitlines()]
    assert any(line.startswith("done") for line in lines), said[-3000:]
    assert [line for line in lines if line.startswith("WRONG")] == []
    assert sum(line.startswith("right") for line in lines) > 30
