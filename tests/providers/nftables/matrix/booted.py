"""Runs the tables for kernels that know connections through bridges in such a kernel, and prints what comes of each."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.providers.nftables.matrix.table import LINEAGE, apply, planned, resources, rows, wrong
from tests.providers.nftables.matrix.town import built
from tests.providers.nftables.namespace_host import NamespaceHost

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, Verb


def play(file: Path) -> None:
    configuration = tomllib.loads(file.read_text())
    command = ["unshare", "-Urnm", "sh", "-c", "ip link set lo up; echo ready; exec sleep 600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sleeper:
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        host = NamespaceHost(sleeper.pid, {"nft": "/bin/nft", "ip": "/bin/ip"})
        try:
            _judge(host, configuration)
            with built(host) as town:
                apply(NftablesProvider().open(host, {}, LINEAGE), configuration)
                expected = rows(configuration["table"])
                failed = {row: is_ for is_, row in wrong(town.ask, expected)}
                for row in expected:
                    print("WRONG" if row in failed else "right", file.stem, row, failed.get(row, ""), flush=True)
        finally:
            sleeper.kill()


def _judge(host: NamespaceHost, configuration: Mapping[str, Any]) -> None:
    """The plan finds nothing that this kernel lacks."""
    session: Any = NftablesProvider().open(host, {}, LINEAGE)
    changes = [
        Change(
            verb=Verb.CREATE, address=address, type=type_, before=None, after=planned(session, address, type_, written)
        )
        for address, type_, written in resources(configuration)
    ]
    for diagnostic in session.assess(changes, []).diagnostics:
        if diagnostic.is_error:
            print("WRONG", diagnostic, flush=True)


for one in sorted((Path(__file__).parent / "bridge_state").glob("*.toml")):
    play(one)
print("done", os.uname().release, flush=True)
