"""A step as one batch for ``nft -f -``: one object a line, so that nft's errors lead back to the resource.

nft takes a batch whole or not at all, so the order inside it is free: everything goes before anything comes, and
forwards may swap their ports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables import skeleton
from kvmplan_nftables.identity import tag
from kvmplan_nftables.objects import Command, entry
from kvmplan_nftables.table import Table
from kvmplan_sdk import Diagnostic, DiagnosticError, Operation, Verb, error

_ERROR = re.compile(r"^[^:\n]*:(\d+):[\d-]+: Error: (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the batch; ``address`` is the resource it is for, empty for the table's own parts."""

    text: str
    address: str = ""


def compile_batch(table: Table | None, operations: Sequence[Operation], lineage: str) -> tuple[Line, ...]:
    """What nft must do so that ``table`` (None: not there) becomes as ``operations`` say. Unknown values are left out.

    Raises `DiagnosticError` when the table would have to go with something of somebody else's inside.
    """
    current = dict(table.objects) if table is not None else {}
    kept = {comment: (placed.entry.add(comment), "") for comment, placed in current.items()}
    gone: list[tuple[Command, str]] = []
    come: list[tuple[Command, str]] = []
    for operation in operations:
        wanted = None if operation.after is None else entry(operation.type, operation.after)
        if operation.verb is not Verb.DELETE and wanted is None:
            continue
        comment = tag(lineage, operation.address)
        carried = tag(lineage, operation.tagged)
        if placed := current.pop(carried, None):
            gone.append((placed.entry.delete(placed.handle), operation.address))
            kept.pop(carried)
        if wanted is not None:
            come.append((wanted.add(comment), operation.address))
    if table is not None and table.intact and (kept or come):
        return (*_lines(gone), *_lines(come))
    return (*_cleared(table), *_built([*kept.values(), *come]))


def _lines(commands: Sequence[tuple[Command, str]]) -> Iterator[Line]:
    """Commands with their resources' addresses; those on the elements of one map become one command."""
    groups: dict[str, list[Line]] = {}
    for (head, line), address in commands:
        groups.setdefault(head, []).append(Line(line, address))
    for head, lines in groups.items():
        if head:
            yield Line(f"{head} {{")
            yield from (Line(f"{line.text},", line.address) for line in lines)
            yield Line("}")
        else:
            yield from lines


def _cleared(table: Table | None) -> Iterator[Line]:
    if table is None:
        return
    if table.foreign:
        detail = (
            f"It must be removed or rebuilt, but it holds what kvmplan did not make: {', '.join(table.foreign)}. "
            "Move that to a table of your own, then try again."
        )
        raise DiagnosticError(error("Table inet kvmplan holds foreign objects", detail))
    yield Line("delete table inet kvmplan")


def _built(objects: Sequence[tuple[Command, str]]) -> Iterator[Line]:
    if objects:
        yield from map(Line, skeleton.lines())
        yield from _lines(objects)


def explain(stderr: bytes, batch: Sequence[Line]) -> tuple[Diagnostic, ...]:
    """nft's errors, each about the resource whose line it names."""
    text = stderr.decode(errors="replace")
    found = []
    for number, reason in _ERROR.findall(text):
        line = batch[int(number) - 1] if 0 < int(number) <= len(batch) else Line("")
        hint = ""
        if "File exists" in reason:
            hint = " The table has another entry for this port: see `nft list table inet kvmplan`."
        problem = error("nft refuses a change", f"{reason}: `{line.text}`.{hint} Nothing of the batch was done.")
        found.append(problem.about(line.address) if line.address else problem)
    return tuple(found) or (error("nft refuses the changes", f"{text.strip()} Nothing of the batch was done."),)
