"""What nft lists of tables with a flag, which nft 1.0.6 itself writes wrong as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kvmplan_nftables.listed import listed

RULESETS = sorted(Path(__file__).with_name("existing").joinpath("rulesets").glob("*.nft"))

UNASKED = ("ct timeout", "synproxy")
"""nft cannot list one of them as JSON; nobody needs them."""


@pytest.mark.parametrize("ruleset", RULESETS, ids=lambda path: path.stem)
def test_a_sleeping_table_is_listed_like_one_that_is_awake(host: Any, ruleset: Path) -> None:
    """Beside another one that sleeps, and whichever of them comes first."""
    host.nft(f"table ip first {{ }}\n{ruleset.read_text()}\ntable inet last {{ }}\n")
    tables = [line for line in host.nft("list tables\n").splitlines() if "netdev" not in line]
    for line in tables:
        host.nft(f"add {line} {{ }}\n")
    awake = list(items(host))
    for line in tables:
        host.nft(f"add {line} {{ flags dormant; }}\n")
    asleep = list(items(host))
    assert sum(kind == "table" and "flags" in item for kind, item in asleep) == len(tables)
    assert sorted(map(str, awake)) == sorted(str((kind, unflagged(kind, item))) for kind, item in asleep)


def items(host: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for item in json.loads(listed(host, "list", "ruleset").stdout)["nftables"]:
        yield from ((kind, body) for kind, body in item.items() if kind not in ("metainfo", *UNASKED))


def unflagged(kind: str, item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if kind != "table" or name != "flags"}


def test_what_nft_refuses_stays_refused(host: Any) -> None:
    done = listed(host, "list", "table", "inet", "nosuch")
    assert not done.ok
    assert b"No such file or directory" in done.stderr
