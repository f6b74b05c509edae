"""A plan as text for people, made from its JSON: what changes, who will notice, and in which order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kvmplan.review.diff_text import named_line
from kvmplan.review.differ import ABSENT, Hidden, Sign, differ
from kvmplan.review.resource_text import resource_body, shape_of
from kvmplan.review.style import PLAIN, Style

COVERS_A_PART = "This plan covers a part of the configuration only."
NOTHING_DRIFTED = "No changes. Your infrastructure still matches the configuration."
NO_CHANGES = "No changes. Your infrastructure matches the configuration."
NOTHING_TO_DESTROY = "No changes. No objects need to be destroyed."

_HEADINGS = {
    "create": "will be created",
    "read": "will be read during apply",
    "update": "will be updated in-place",
    "delete": "will be destroyed",
    "delete create": "must be replaced",
    "create delete": "must be replaced",
    "forget create": "must be replaced",
    "forget": "will no longer be managed by kvmplan, but will not be destroyed",
}
_SIGNS = {
    "create": "  +",
    "read": " <=",
    "update": "  ~",
    "delete": "  -",
    "delete create": "-/+",
    "create delete": "+/-",
    "forget create": "./+",
    "forget": "  .",
    "no-op": "   ",
}
_LEGEND = {
    "create": "  + create",
    "update": "  ~ update in-place",
    "delete": "  - destroy",
    "delete create": "-/+ destroy and then create replacement",
    "create delete": "+/- create replacement and then destroy",
    "forget create": "./+ forget and then create replacement",
    "read": " <= read (data resources)",
    "forget": "  . forget",
}
_REASONS = {
    "delete_because_no_resource_config": "because {resource} is not in configuration",
    "delete_because_count_index": "because index [{index}] is out of range for count",
    "delete_because_each_key": 'because key ["{index}"] is not in for_each map',
    "delete_because_no_module": "because {module} is not in configuration",
    "delete_because_no_move_target": "because {former} was moved to {address}, which is not in configuration",
    "delete_because_wrong_repetition": "because {resource} uses another kind of repetition now",
}


_WAITS = {
    "read_because_config_unknown": "an argument is known only during apply",
    "read_because_dependency_pending": "it depends on what this plan changes",
    "read_because_check_nested": "its check is judged again after the changes",
}

_REQUESTED = {
    "replace_because_tainted": "is tainted, so must be replaced",
    "replace_by_request": "will be replaced, as requested",
    "replace_by_triggers": "will be replaced due to changes in replace_triggered_by",
}


def plan_text(document: Mapping[str, Any], style: Style = PLAIN) -> str:
    """The whole text of a plan, ending in a newline."""
    return "\n".join(_sections(document, style)) + "\n"


def _sections(document: Mapping[str, Any], style: Style) -> Iterator[str]:
    drift = shown_drift(document)
    if drift:
        yield from _drift(drift, document["kvmplan_shapes"], style)
    if document.get("kvmplan_mode") == "refresh-only":
        yield from _refreshing(drift, document, style)
        return
    changes = [change for change in document["resource_changes"] if is_shown(change)]
    outputs = changed_outputs(document)
    if not changes and not outputs and document.get("kvmplan_mode") == "destroy":
        yield style(NOTHING_TO_DESTROY, "bold")
        yield ""
        yield "Nothing that this plan covers is in the state."
        yield from _reservations(document)
        return
    if not changes and not outputs:
        yield style(NO_CHANGES, "bold")
        yield ""
        yield "kvmplan compared the configuration with what it knows of the hosts and found no differences."
        yield from _reservations(document)
        return
    if changes:
        yield from _changes(changes, document["kvmplan_shapes"], style)
        yield style("Plan:", "bold") + " " + counts(changes)
        yield from _steps(document["kvmplan_steps"], style)
        yield from [""] if outputs else []
    if outputs:
        yield "Changes to Outputs:"
        yield from output_lines(outputs, style)
    if not changes:
        yield ""
        yield "Applying this plan saves these outputs in the state and changes nothing on any host."
    yield from _reservations(document)


def _refreshing(drift: list[dict[str, Any]], document: Mapping[str, Any], style: Style) -> Iterator[str]:
    """What a plan is about that does nothing but let the state follow the hosts."""
    outputs = changed_outputs(document)
    if outputs:
        yield "Changes to Outputs:"
        yield from output_lines(outputs, style)
        yield ""
    if drift or outputs:
        yield "This plan only refreshes: applying it writes what is shown above into the state and changes nothing on"
        yield "any host. To undo what has changed instead, plan without --refresh-only."
        return
    yield style(NOTHING_DRIFTED, "bold")
    yield ""
    yield "kvmplan compared what is on the hosts with what it remembers of them and found no differences."


def changed_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: change for name, change in document["output_changes"].items() if change["actions"] != ["no-op"]}


def shown_drift(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The drift that a reader must know."""
    return [entry for entry in document["resource_drift"] if entry.get("kvmplan_relevant", True)]


def _reservations(document: Mapping[str, Any]) -> Iterator[str]:
    """What a reader must keep in mind."""
    if not document.get("complete", True):
        yield ""
        yield COVERS_A_PART
    unshown = len(document["resource_drift"]) - len(shown_drift(document))
    if unshown:
        objects = "1 object has" if unshown == 1 else f"{unshown} objects have"
        yield ""
        yield f"{objects} changed outside of kvmplan in ways that do not matter here; `kvmplan drift` shows them."


def kind_of(change: Mapping[str, Any]) -> str:
    """The actions of a change in one word or two: ``update``, ``delete create``."""
    return " ".join(change["change"]["actions"])


def is_shown(change: Mapping[str, Any]) -> bool:
    """Whether a change is one that a reader must know of: it does something to a host or to the state."""
    return kind_of(change) != "no-op" or "previous_address" in change or "importing" in change["change"]


def _changes(changes: list[dict[str, Any]], shapes: Mapping[str, Any], style: Style) -> Iterator[str]:
    kinds = {kind_of(change) for change in changes}
    if kinds != {"no-op"}:
        yield "Actions are indicated with the following symbols:"
        for kind, line in _LEGEND.items():
            if kind in kinds:
                yield style.sign(line[:3]) + line[3:]
        yield ""
    yield "kvmplan will perform the following actions:"
    yield ""
    for change in changes:
        yield from change_lines(change, shape_of(change, shapes), style)
        yield ""


def change_lines(change: Mapping[str, Any], shape: Mapping[str, Any], style: Style) -> Iterator[str]:
    """A change with its heading, its notes and its difference."""
    kind = kind_of(change)
    yield "  " + style(f"# {heading(change)}", "bold")
    yield from (f"  # ({note})" for note in _notes(change))
    impact = impact_line(change["kvmplan_impact"])
    where = "" if change["kvmplan_host"] == "local" else f"on {change['kvmplan_host']}"
    if "kvmplan_previous_host" in change:
        where = f"moves from {change['kvmplan_previous_host']} to {change['kvmplan_host']}"
    notes = " · ".join(note for note in (where, impact) if note)
    if notes:
        yield f"  # {notes}"
    word = "data" if change["mode"] == "data" else "resource"
    yield f'{style.sign(_SIGNS[kind])} {word} "{change["type"]}" "{change["name"]}" {{'
    yield from resource_body(change["change"], shape, style)
    yield "    }"


def heading(change: Mapping[str, Any]) -> str:
    """``libvirt_network.lan will be created``: a line that tools around pull requests match."""
    kind, address = kind_of(change), change["address"]
    if "deposed" in change:
        return f"{address} (deposed object {change['deposed']}) {_HEADINGS[kind]}"
    if kind == "no-op" and "importing" in change["change"]:
        return f"{address} will be imported"
    if kind == "no-op":
        return f"{change['previous_address']} has moved to {address}"
    return f"{address} {_REQUESTED.get(change.get('action_reason', ''), _HEADINGS[kind])}"


def _notes(change: Mapping[str, Any]) -> Iterator[str]:
    reason = _REASONS.get(change.get("action_reason", ""))
    if kind_of(change) == "read":
        yield _WAITS[change["action_reason"]]
    elif kind_of(change) == "forget":
        yield "destroy = false is set in the configuration"
    elif reason:
        resource = f"{change['type']}.{change['name']}"
        module = change.get("module_address", "")
        yield reason.format(
            resource=resource,
            index=change.get("index", ""),
            module=module,
            former=change.get("previous_address", ""),
            address=change["address"],
        )
    if kind_of(change) == "forget create":
        yield "the old object is left alone and forgotten: destroy = false"
    if change.get("kvmplan_unguarded"):
        yield "prevent_destroy is set, and --allow-destroy allows it"
    if "previous_address" in change and kind_of(change) != "no-op":
        yield f"moved from {change['previous_address']}"
    if "importing" in change["change"] and kind_of(change) != "no-op":
        yield f"imported from {json.dumps(change['change']['importing']['id'], ensure_ascii=False)}"


def impact_line(impact: Mapping[str, Any]) -> str:
    """``impact live: web1, web2 (why)``, or nothing when nobody will notice."""
    if impact["level"] == "none":
        return ""
    guests = f": {', '.join(impact['guests'])}" if impact["guests"] else ""
    why = f" ({impact['why'].rstrip('.')})" if impact["why"] else ""
    return f"impact {impact['level']}{guests}{why}"


def _drift(drift: list[dict[str, Any]], shapes: Mapping[str, Any], style: Style) -> Iterator[str]:
    yield style("Note: Objects have changed outside of kvmplan", "bold")
    yield ""
    yield "kvmplan found these changes on the hosts since the last apply:"
    yield ""
    for entry in drift:
        yield from drift_lines(entry, shape_of(entry, shapes), style)
        yield ""


def drift_lines(entry: Mapping[str, Any], shape: Mapping[str, Any], style: Style) -> Iterator[str]:
    """What became of one object without us."""
    what = {
        "delete": f"{entry['address']} has been deleted",
        "update": f"{entry['address']} has changed",
        "no-op": f"{entry.get('previous_address')} has moved to {entry['address']}",
    }
    yield "  " + style(f"# {what[kind_of(entry)]}", "bold")
    if kind_of(entry) != "no-op" and "previous_address" in entry:
        yield f"  # (moved from {entry['previous_address']})"
    if entry.get("kvmplan_host", "local") != "local":
        yield f"  # on {entry['kvmplan_host']}"
    yield f'{style.sign(_SIGNS[kind_of(entry)])} resource "{entry["type"]}" "{entry["name"]}" {{'
    yield from resource_body(entry["change"], shape, style)
    yield "    }"


def counts(changes: Sequence[Mapping[str, Any]]) -> str:
    """``2 to add, 1 to change, 0 to destroy.``"""
    actions = [action for change in changes for action in change["change"]["actions"]]
    forgotten = actions.count("forget")
    imported = sum("importing" in change["change"] for change in changes)
    return (
        (f"{imported} to import, " if imported else "")
        + f"{actions.count('create')} to add, {actions.count('update')} to change, {actions.count('delete')} to destroy"
        + (f", {forgotten} to forget" if forgotten else "")
        + "."
    )


def _steps(steps: list[dict[str, Any]], style: Style) -> Iterator[str]:
    if not steps:
        return
    rows = [
        (
            f"Step {step['step']}",
            f"{step['host']} / {step['provider']}",
            step_summary(step),
            impact_line(step["impact"]).removeprefix("impact ") or "none",
        )
        for step in steps
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    yield ""
    yield style("In this order, and who will notice:", "bold")
    for row in rows:
        yield "  " + "   ".join(cell.ljust(width) for cell, width in zip(row, [*widths, 0], strict=True)).rstrip()


def step_summary(step: Mapping[str, Any]) -> str:
    """``2 to add, 1 to destroy``"""
    actions = [operation["action"] for operation in step["operations"]]
    words = {"import": "import", "create": "add", "update": "change", "delete": "destroy", "read": "read"}
    return ", ".join(f"{actions.count(action)} to {word}" for action, word in words.items() if action in actions)


def output_lines(outputs: Mapping[str, Any], style: Style) -> Iterator[str]:
    width = max(map(len, outputs))
    for name, change in outputs.items():
        node = differ(
            ABSENT if change["before"] is None else change["before"],
            ABSENT if change.get("after") is None and not change["after_unknown"] else change.get("after"),
            change["after_unknown"],
            change["before_sensitive"],
            change["after_sensitive"],
        )
        if isinstance(node, Hidden) and node.sign is Sign.NONE:
            node = replace(node, sign=Sign.UPDATE)  # the value stays, that it is sensitive is new
        yield from named_line(name, node, 2, width, style, top=True)
