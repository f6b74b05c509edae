"""The page: what matters first, everything that fits, and a count of whatever does not.

Code hosts refuse a comment that is too long. So every change is in the counts by host; as many as fit, the most
disturbing first, have a row of their own, and of these as many as fit show their difference. What is left out is
counted by what it does, with the command that prints it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from kvmplan.review.markdown.diff import MARKING, fenced
from kvmplan.review.markdown.inline import code, header, listed, literal, row
from kvmplan.review.plan_text import (
    COVERS_A_PART,
    change_lines,
    changed_outputs,
    counts,
    drift_lines,
    heading,
    is_shown,
    kind_of,
    output_lines,
    shown_drift,
    step_summary,
)
from kvmplan.review.resource_text import shape_of
from kvmplan_sdk.impact import ImpactLevel

LIMIT = 65_536
"""The longest comment that GitHub takes. We count bytes, which are never fewer than characters."""
_CLOSING = 4_000
_MOST_KINDS = 30
_MOST_GUESTS = 10
_WORDS = {
    "create": "create",
    "read": "read",
    "update": "change",
    "delete": "destroy",
    "delete create": "replace",
    "create delete": "replace",
    "forget create": "replace, leaving the old one",
    "forget": "forget",
    "no-op": "move or import",
}
_ORDER = ("delete", "delete create", "create delete", "forget create", "forget", "update", "create", "read", "no-op")
_Item = TypeVar("_Item")


class _Room:
    """The length that is left."""

    def __init__(self, length: int) -> None:
        self.left = length

    def fill(self, items: Iterable[_Item], written: Callable[[_Item], str], share: float = 1.0) -> list[str]:
        """The texts of as many ``items``, from the first, as fit into a ``share`` of what is left."""
        least = self.left - int(self.left * share)
        texts: list[str] = []
        for item in items:
            text = written(item)
            length = len(text.encode()) + 2
            if self.left - length < least:
                break
            self.left -= length
            texts.append(text)
        return texts


def plan_markdown(document: Mapping[str, Any], *, digest: str = "", limit: int = LIMIT) -> str:
    """The page for the plan representation ``document``, shorter than ``limit`` bytes, ending in a newline."""
    changes = sorted(filter(is_shown, document["resource_changes"]), key=_urgency)
    outputs = changed_outputs(document)
    room = _Room(limit - _CLOSING)
    head = [*_head(document, changes, outputs, digest), *_hosts(changes, room)]
    room.left -= sum(len(line.encode()) + 1 for line in head)
    failing = list(_failing(document["checks"]))
    failed = room.fill(failing, lambda line: line, 0.2)
    several = len({change["kvmplan_host"] for change in changes}) > 1
    rows = room.fill(changes, lambda change: _row(change, several=several), 0.5)
    order = room.fill(document["kvmplan_steps"], _step_row, 0.2)
    values = room.fill(outputs.items(), _output, 0.2)
    drift = shown_drift(document)
    drifted = room.fill(drift, lambda entry: _drifted(entry, document), 0.3)
    shapes = document["kvmplan_shapes"]
    details = room.fill(changes, lambda change: _details(change, shape_of(change, shapes)))
    titles = ["", "change", *(["host"] if several else []), "who will notice"]
    lines = [*head, *_paragraphs(failed), *_table(titles, rows)]
    if len(rows) < len(changes):
        lines += ["", *_left_out(changes[len(rows) :])]
    lines += [*_paragraphs(details), *_folded("Changed outside of kvmplan", drifted)]
    lines += _folded("In this order", _table(["step", "host and provider", "what", "who will notice"], order))
    lines += _folded("Changes to outputs", values)
    missing = {
        "failing checks": len(failing) - len(failed),
        "differences": len(changes) - len(details),
        "steps": len(document["kvmplan_steps"]) - len(order),
        "outputs": len(outputs) - len(values),
        "objects changed outside": len(drift) - len(drifted),
    }
    lines += _missing(missing)
    return "\n".join(lines) + "\n"


def _urgency(change: Mapping[str, Any]) -> tuple[int, int]:
    """What disturbs most comes first, then what destroys."""
    return -ImpactLevel.parse(change["kvmplan_impact"]["level"]), _ORDER.index(kind_of(change))


def _head(
    document: Mapping[str, Any], changes: Sequence[Mapping[str, Any]], outputs: Mapping[str, Any], digest: str
) -> Iterator[str]:
    if not changes and not outputs:
        yield "### kvmplan: no changes"
        yield ""
        yield "The hosts are as the configuration says."
    else:
        yield f"### kvmplan: {counts(changes).removesuffix('.')}"
        worst = [change for change in changes if change["kvmplan_impact"]["level"] != "none"]
        yield ""
        yield f"Who will notice: {_impact(_together(worst))}."
    if digest:
        yield ""
        yield f"Digest {code(digest)}, the same as long as the plan is."
    if not document["complete"]:
        yield ""
        yield f"**{COVERS_A_PART}**"


def _hosts(changes: Sequence[Mapping[str, Any]], room: _Room) -> list[str]:
    by_host: dict[str, list[Mapping[str, Any]]] = {}
    for change in changes:
        by_host.setdefault(change["kvmplan_host"], []).append(change)
    hosts = sorted(by_host.items())
    rows = _Room(room.left // 4).fill(hosts, lambda host: _host_row(code(host[0]), host[1]))
    others = hosts[len(rows) :]
    if others:
        rest = [change for _, members in others for change in members]
        rows.append(_host_row(f"{len(others):,} more hosts", rest))
    return _table(["host", "#to add", "#to change", "#to destroy", "#other", "who will notice"], rows)


def _host_row(title: str, changes: Sequence[Mapping[str, Any]]) -> str:
    actions = Counter(action for change in changes for action in change["change"]["actions"])
    other = sum(actions.values()) - actions["create"] - actions["update"] - actions["delete"]
    numbers = (actions["create"], actions["update"], actions["delete"], other)
    return row([title, *(f"{number:,}" for number in numbers), _impact(_together(changes))])


def _together(changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One impact for all of ``changes``, which begin with the worst."""
    impacts = [change["kvmplan_impact"] for change in changes]
    return {
        "level": impacts[0]["level"] if impacts else "none",
        "guests": sorted({guest for impact in impacts for guest in impact["guests"]}),
        "why": impacts[0]["why"] if len(impacts) == 1 else "",
    }


def _impact(impact: Mapping[str, Any]) -> str:
    if impact["level"] == "none":
        return "nobody"
    guests = f": {listed(impact['guests'], _MOST_GUESTS)}" if impact["guests"] else ""
    why = f" ({literal(impact['why'].rstrip('.'))})" if impact["why"] else ""
    return f"**{literal(impact['level'])}**{guests}{why}"


def _failing(checks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for check in checks:
        for instance in check.get("instances", ()):
            for problem in instance.get("problems", ()):
                name = instance["address"].get("to_display", check["address"]["to_display"])
                yield f"**Check failed:** {code(name)}: {literal(problem['message'])}"


def _row(change: Mapping[str, Any], *, several: bool) -> str:
    host = [code(change["kvmplan_host"])] if several else []
    return row([_WORDS[kind_of(change)], code(change["address"]), *host, _impact(change["kvmplan_impact"])])


def _left_out(changes: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The changes that have no row of their own, counted."""
    kinds = Counter((_WORDS[kind_of(change)], change["type"]) for change in changes).most_common()
    shown = [f"{count:,} to {word} of {code(type_)}" for (word, type_), count in kinds[:_MOST_KINDS]]
    rest = sum(count for _, count in kinds[_MOST_KINDS:])
    shown += [f"{rest:,} others"] if rest else []
    yield f"**And {sum(count for _, count in kinds):,} more changes:** {', '.join(shown)}."


def _details(change: Mapping[str, Any], shape: Mapping[str, Any]) -> str:
    return _fold(literal(heading(change)), fenced(list(change_lines(change, shape, MARKING))[1:]))


def _drifted(entry: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    return fenced(drift_lines(entry, shape_of(entry, document["kvmplan_shapes"]), MARKING))


def _step_row(step: Mapping[str, Any]) -> str:
    where = code(f"{step['host']} / {step['provider']}")
    return row([str(step["step"]), where, step_summary(step), _impact(step["impact"])])


def _output(item: tuple[str, Mapping[str, Any]]) -> str:
    return fenced(output_lines(dict([item]), MARKING))


def _missing(missing: Mapping[str, int]) -> Iterator[str]:
    named = [f"{count:,} {what}" for what, count in missing.items() if count]
    if named:
        yield ""
        yield f"**Left out, for a comment has an end:** {', '.join(named)}. `kvmplan show PLAN` prints all."


def _table(titles: Sequence[str], rows: Sequence[str]) -> list[str]:
    return ["", *header(titles), *rows] if rows else []


def _folded(title: str, texts: Sequence[str]) -> Iterator[str]:
    if texts:
        yield ""
        yield _fold(title, "\n".join(texts).strip("\n"))


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield ""
        yield text
