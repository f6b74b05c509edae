"""``nftables_flowtable`` on Debian's kernel, which has flowtables whether this machine's has them or not."""

from __future__ import annotations

import pytest

from . import booted

pytestmark = pytest.mark.lab
PROGRAM = booted.ROOT / "tests/providers/nftables/matrix/fastpath.py"


def test_packets_take_the_fast_path() -> None:
    said = booted.run(PROGRAM, {}, 800)
    lines = [line.strip() for line in said.splitlines()]
    assert any(line.startswith("done") for line in lines), said[-3000:]
    assert [line for line in lines if line.startswith("WRONG")] == []
    assert sum(line.startswith("right") for line in lines) == 21
