"""What nft has against a batch, told of the resource that it is about."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kvmplan_nftables.table.difference import Line
from kvmplan_nftables.table.pieces import MARKS
from kvmplan_sdk import Diagnostic, error

_ERROR = re.compile(r"^[^:\n]*:(\d+):[\d-]+: Error: (.*)$", re.MULTILINE)
_FEW = 100
"""So many elements of a command go to the kernel in one message; of those of the next, nft 1.0.6 names any line."""

Refused = Callable[[Sequence[Line]], bool]
"""Whether nft refuses a batch, which it is only asked about."""


def explain(stderr: bytes, batch: Sequence[Line], refused: Refused) -> tuple[Diagnostic, ...]:
    """nft's errors, each about the resource whose line it is."""
    told = {_blamed(line - 1, batch, refused): reason for line, reason in reasons(stderr).items()}
    found = [_problem(batch[index] if 0 <= index < len(batch) else Line(""), reason) for index, reason in told.items()]
    return tuple(found) or (_whole(stderr.decode(errors="replace").strip()),)


def reasons(stderr: bytes) -> dict[int, str]:
    """What nft has against the lines of its input, by their numbers."""
    return {int(line): reason for line, reason in _ERROR.findall(stderr.decode(errors="replace"))}


def _whole(reason: str) -> Diagnostic:
    """About no line, but the batch."""
    if "Message too long" in reason or "No buffer space" in reason:
        detail = (
            f"{reason}. The kernel takes all changes of a step at once or none, and this many only from root of the "
            "machine itself: root of a container or of a user namespace may not raise the limit "
            "(`net.core.wmem_default`). Run kvmplan on the host, or apply fewer resources at a time with -target. "
            "Nothing was done."
        )
        return error("Too many changes at once for this host", detail)
    return error("nft refuses the changes", f"{reason} Nothing of the batch was done.")


def _problem(line: Line, reason: str) -> Diagnostic:
    hint = ""
    if "File exists" in reason:
        hint = f" The table has another entry for this: see `nft list table {_table_in(line.text)}`."
    elif "resource busy" in reason:
        hint = " A rule or an element still refers to it: see that it goes or changes, too."
    elif "not permitted" in reason:
        hint = " A table with `flags owner` is changed by the program that owns it, and by nobody else."
    elif "No such file" in reason and f" {MARKS} " in line.text:
        hint = " Its table is no nftables_table: import that first, or make one."
    elif "No such file" in reason:
        hint = " Something that it names is not there: make the table, chain or set first, or refer to its resource."
    problem = error("nft refuses a change", f"{reason}: `{line.text}`.{hint} Nothing of the batch was done.")
    return problem.about(line.address) if line.address else problem


def _table_in(text: str) -> str:
    """The table of a command; elements, which do not say, are ours."""
    words = text.split()
    return " ".join(words[2:4]) if words[:1] == ["create"] and len(words) > 3 else "inet kvmplan"


def _blamed(index: int, batch: Sequence[Line], refused: Refused) -> int:
    """The line that the one at ``index`` stands for: of a long command, the first element that nft refuses."""
    for first, end in _commands(batch):
        if first <= index < end and end - first > _FEW:
            return _first_refused(first + 1, end - 2, batch, refused, batch[end - 1])
    return index


def _commands(batch: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """Where those of several lines begin, and end before."""
    first = 0
    for index, line in enumerate(batch):
        if line.text.endswith(" {"):
            first = index
        elif line.text in ("}", "} }"):
            yield first, index + 1


def _first_refused(low: int, high: int, batch: Sequence[Line], refused: Refused, ending: Line) -> int:
    while low < high:
        middle = (low + high) // 2
        if refused((*batch[: middle + 1], ending)):
            high = middle
        else:
            low = middle + 1
    return low
