"""The matrix of packets with booted guests: `packets/main.kvm.hcl`, applied as users do, and `packets/table.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.providers.nftables.matrix.table import Row, rows, wrong
from tests.providers.nftables.matrix.town import BRIDGES

from .conftest import HostFactory
from .operator_desk import Desk, snapshot
from .packets.stage import Stage, built

FOLDER = Path(__file__).with_name("packets")
TABLE = tomllib.loads((FOLDER / "table.toml").read_text())
KINDS = {"nat": "nat1", "bridged": "lan1", "isolated": "iso1"}
TREATMENTS = {"forward", "allow", "deny", "reject", "limit", "spoofed"}
CLIENTS = {"outside", "host", "other guest", "same guest"}


def everything() -> list[tuple[str, str, Row]]:
    return [(kind, how, row) for kind, cells in TABLE.items() for how, text in cells.items() for row in rows(text)]


def client(kind: str, how: str, row: Row) -> str:
    """Which of the four it is who asks; whoever spoofs is the guest itself, so there it is who is asked."""
    name = (row[1].partition(":") if how == "spoofed" else row[0].partition("/"))[0]
    if name in BRIDGES:
        return "same guest" if name == KINDS[kind] else "other guest"
    if name == "host" and how == "spoofed":
        return "same guest"  # a port that is forwarded to it
    return "outside" if name in ("outside", "lan") else "host"


def test_the_table_has_every_cell() -> None:
    found = {(kind, how, client(kind, how, row)) for kind, how, row in everything()}
    assert found == {(kind, how, who) for kind in KINDS for how in TREATMENTS for who in CLIENTS}


@pytest.fixture
def stage(lab_host: HostFactory) -> Iterator[Stage]:
    with built(lab_host("packets", nics=2)) as stage:
        yield stage


@pytest.mark.lab
def test_the_matrix_with_real_guests(stage: Stage) -> None:
    before = snapshot(stage.lab)
    desk = Desk(stage.lab)
    desk.write("main.kvm.hcl", (FOLDER / "main.kvm.hcl").read_text())
    desk.run("apply", "--auto-approve", "--var", "guarded=false")
    with ThreadPoolExecutor(len(stage.guests)) as pool:
        list(pool.map(lambda guest: guest.settle(), stage.guests))
    plain = [row for _, _, row in everything() if not row[0].endswith("/mac")]
    disguised = [row for _, _, row in everything() if row[0].endswith("/mac")]
    assert wrong(stage.ask, [unguarded(row) for row in plain]) == []

    desk.run("apply", "--auto-approve")
    assert wrong(stage.ask, plain) == []
    for guest in stage.guests:
        guest.disguise()
    assert wrong(stage.ask, disguised) == []
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")

    desk.run("apply", "--auto-approve", "--var", "guarded=false")
    assert wrong(stage.ask, [unguarded(row) for row in disguised]) == []
    desk.run("destroy", "--auto-approve")
    assert snapshot(stage.lab) == before


def unguarded(row: Row) -> Row:
    """Without firewalls everybody reaches everybody."""
    source, target, cells = row
    return source, target, tuple("/".join([cell[2:]] * 2) if "/" in cell else "yes" for cell in cells)
