"""What nft lists as JSON; by pieces where nft writes it wrong.

nft 1.0.6 to 1.0.8 look into freed memory where a table has one flag, `dormant` or `owner`: any text stands in its
place, or what follows is missing and nft ends well, or it crashes. So the tables and their flags are taken from the
text then, and what is in them is listed one by one, all in one go, which prints no table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kvmplan_sdk import Completed, Host

_TABLE = re.compile(r"table (?P<family>\w+) (?P<name>\S+) \{(?: # handle (?P<handle>\d+).*)?")
_FLAGS = re.compile(r"\tflags (?P<flags>\S+)")
_PIECE = re.compile(r"\t(?P<kind>chain|set|map|counter|quota|limit|flowtable|ct helper) (?P<name>\S+) \{.*")
"""nft 1.0.6 aborts when it is asked as JSON for one of the other kinds."""

_LAST = {"add": {"table": {"family": "inet", "name": "kvmplan"}}}
"""Only checked, not done: after lists alone nft 1.0.6 knows nothing but what the last one is about."""


def listed(host: Host, *words: str) -> Completed:
    """``nft -j`` with ``words``, options before `list`."""
    done = host.run(("nft", "-j", *words))
    if _whole(done):
        return done
    options, what = words[: words.index("list")], words[words.index("list") :]
    told = host.run(("nft", *options, "-t", "-a", *what))
    if not told.ok:
        return done
    tables = list(_tables(told.stdout.decode(errors="replace")))
    asked = {"nftables": [*({"list": piece} for _, pieces in tables for piece in pieces), _LAST]}
    pieces = host.run(("nft", "-j", "-c", *options, "-f", "-"), input=json.dumps(asked).encode())
    found = [{"table": table} for table, _ in tables] + list(_items(pieces.stdout)) if pieces.ok else []
    return replace(pieces, stdout=json.dumps({"nftables": found}).encode())


def _whole(done: Completed) -> bool:
    """Whether it is JSON to its end, or a refusal that nft has words for."""
    return done.stdout.rstrip().endswith(b"]}") if done.ok else b"Error" in done.stderr


def _tables(text: str) -> Iterator[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]:
    """Each table as JSON has it, and what is in it, as JSON asks for that."""
    table: dict[str, Any] = {}
    pieces: list[Mapping[str, Any]] = []
    for line in text.splitlines():
        if found := _TABLE.fullmatch(line):
            table, pieces = {**found.groupdict(), "handle": int(found["handle"] or 0)}, []
        elif found := _FLAGS.fullmatch(line):
            table["flags"] = found["flags"].split(",")
        elif found := _PIECE.fullmatch(line):
            pieces.append({found["kind"]: {"family": table["family"], "table": table["name"], "name": found["name"]}})
        elif line == "}":
            yield table, pieces


def _items(printed: bytes) -> Iterator[Mapping[str, Any]]:
    """What is in the documents, of which each is in a line of its own."""
    for line in printed.splitlines():
        yield from (item for item in json.loads(line)["nftables"] if "metainfo" not in item)
