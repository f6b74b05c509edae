"""A file of the matrix: a configuration, and the table of who reaches whom under it.

A row is asked in four ways, over TCP and UDP, IPv4 and IPv6. ``yes``: an answer; ``refused``: an answer that says no;
``no``: none; ``2/4``: two of four questions are answered; ``-``: not asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from kvmplan_nftables.provider import SCHEMA
from kvmplan_sdk import Object, Operation, Session, Step, Verb
from kvmplan_sdk.testing.proposals import proposal

from .town import ADDRESSES, Questions

COLUMNS = (("tcp", 4), ("tcp", 6), ("udp", 4), ("udp", 6))
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
_TIMES = 3
Row = tuple[str, str, tuple[str, ...]]


def resources(configuration: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for type_, named in configuration.get("resource", {}).items():
        for name, written in named.items():
            yield f"{type_}.{name}", type_, written


def planned(session: Session, address: str, type_: str, written: Mapping[str, Any]) -> Object:
    answer = session.plan(proposal(SCHEMA.resources[type_], address, written))
    assert not answer.diagnostics, answer.diagnostics
    return answer.values


def apply(session: Session, configuration: Mapping[str, Any]) -> None:
    operations = tuple(
        Operation(
            verb=Verb.CREATE, address=address, type=type_, before=None, after=planned(session, address, type_, written)
        )
        for address, type_, written in resources(configuration)
    )
    for outcome in session.apply(Step(operations=operations, lineage=LINEAGE)):
        assert not outcome.diagnostics, outcome.diagnostics


def rows(table: str) -> list[Row]:
    found = []
    for line in table.strip().splitlines():
        source, target, *cells = line.split()
        assert len(cells) in (1, 4), line
        found.append((source, target, tuple(cells * 4 if len(cells) == 1 else cells)))
    return found


def question(source: str, target: str, protocol: str, version: int) -> Mapping[str, Any]:
    name, _, port = target.rpartition(":")
    index = (version - 4) // 2
    return {
        "protocol": protocol,
        "version": version,
        "host": ADDRESSES[name][index],
        "port": int(port),
        "source": ADDRESSES[source][index] if "/" in source else "",
        "device": "other" if source.endswith("/mac") else "",
    }


Ask = Callable[[Mapping[str, Questions]], Mapping[str, list[str]]]


def wrong(ask: Ask, expected: Sequence[Row]) -> list[tuple[Row, Row]]:
    """What came of the rows that did not turn out as expected, and those. They are asked again, in case that the
    machine was too busy to answer in time.
    """
    left = list(expected)
    for _ in range(_TIMES):
        turned_out = list(zip(asked(ask, left), left, strict=True))
        left = [row for is_, row in turned_out if is_ != row]
        if not left:
            break
    return [(is_, row) for is_, row in turned_out if is_ != row]


def asked(ask: Ask, table: Sequence[Row]) -> list[Row]:
    """The same table as the machines see it. ``ask``: what comes of questions, by machine."""
    questions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    cells: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, (source, target, expected) in enumerate(table):
        machine = source.partition("/")[0]
        for column, cell in enumerate(expected):
            for _ in range(int(cell.partition("/")[2] or 1) if cell != "-" else 0):
                questions[machine].append(question(source, target, *COLUMNS[column]))
                cells[machine].append((number, column))
    answers: dict[tuple[int, int], list[str]] = defaultdict(list)
    for machine, said in ask(questions).items():
        for place, answer in zip(cells[machine], said, strict=True):
            answers[place].append(answer)
    return [
        (source, target, tuple(_cell(answers[number, column]) for column in range(4)))
        for number, (source, target, _) in enumerate(table)
    ]


def _cell(answers: Sequence[str]) -> str:
    if len(answers) > 1:
        return f"{answers.count('yes')}/{len(answers)}"
    return answers[0] if answers else "-"
