"""SCTP through forwards, in a kernel that has it, as distributions' kernels do."""

from __future__ import annotations

import pytest

from . import booted

pytestmark = pytest.mark.lab
PROGRAM = booted.ROOT / "tests/providers/nftables/sctp/booted.py"


def test_sctp_gets_through_forwards() -> None:
    said = booted.run(PROGRAM, {}, 800, ("sctp",))
    lines = [line.strip() for line in said.splitlines()]
    assert any(line.startswith("done") for line in lines), said[-3000:]
    assert [line for line in lines if line.startswith("WRONG")] == []
    assert sum(line.startswith("right") for line in lines) == 6
