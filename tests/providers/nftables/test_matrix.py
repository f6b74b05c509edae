"""The matrix of packets: each file in ``matrix/`` is a configuration with the table of who reaches whom under it.

Those in ``matrix/bridge_state/`` are for a kernel that knows connections through bridges; where this one does not,
`tests/lab/test_bridge_state.py` boots one that does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kvmplan_sdk import Session

from .matrix.table import apply, rows, wrong
from .matrix.town import Town, built

FILES = sorted(Path(__file__).with_name("matrix").rglob("*.toml"))


@pytest.fixture
def town(host: Any) -> Iterator[Town]:
    with built(host) as town:
        yield town


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_matrix(host: Any, town: Town, open_session: Callable[[], Session], file: Path) -> None:
    if file.parent.name == "bridge_state" and not knows_connections(host):
        pytest.skip("this kernel knows no connections through bridges (nf_conntrack_bridge)")
    configuration = tomllib.loads(file.read_text())
    apply(open_session(), configuration)
    expected = rows(configuration["table"])
    assert wrong(town.ask, expected) == []


def knows_connections(host: Any) -> bool:
    chain = "chain c {\ntype filter hook prerouting priority 0\nct state established\n}"
    return bool(host.run(["nft", "-c", "-f", "-"], input=f"table bridge probe {{\n{chain}\n}}\n".encode()).ok)
