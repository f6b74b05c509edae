"""The cases of the update matrix: for every attribute of a kind a change from one value to another, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "update_matrix"
MEASURED = FOLDER / "measured.json"
_OPTIONS = {"at", "drop", "refused", "lacks"}


@dataclass(frozen=True, slots=True)
class Case:
    """``before``, ``written``: the object before and after the change. ``refused``: what the plan says against
    it, None where nothing; ``lacks``: what it says where libvirt does not have that.
    """

    attribute: str
    before: Mapping[str, Any]
    written: Mapping[str, Any]
    refused: str | None
    lacks: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    """An object as it is at first, and the changes that follow one another. ``untried``: why nothing is measured;
    ``planned``: whether it cannot even be defined here.
    """

    name: str
    start: Mapping[str, Any]
    untried: str | None
    planned: bool
    cases: list[Case] = field(default_factory=list)


def scenes(type_: str) -> list[Scene]:
    data = tomllib.loads((FOLDER / f"{type_.removeprefix('libvirt_')}.toml").read_text())
    made = [
        Scene(name, start, data["untried"][name] if _is_off(start) else None, name in data["planned"])
        for name, start in data["scene"].items()
    ]
    for scene in made:
        scene.cases.extend(_cases(scene, data["change"]))
    return made


def _is_off(start: Mapping[str, Any]) -> bool:
    return start.get("active") is False or start.get("domain") == "off"


def _cases(scene: Scene, changes: Mapping[str, Mapping[str, Any]]) -> Iterator[Case]:
    written = deepcopy(dict(scene.start))
    for attribute, change in changes.items():
        (name,) = change.keys() - _OPTIONS
        if name != scene.name:
            continue
        after = deepcopy(written)
        for gone in change.get("drop", ()):
            _set(after, gone, None)
        _set(after, change.get("at", attribute), change[name])
        yield Case(attribute, written, after, change.get("refused"), change.get("lacks"))
        if not change.keys() & {"refused", "lacks"}:
            written = after


def _set(holder: Any, path: str, value: Any) -> None:
    """Set ``path``, or take it out where ``value`` is None. A list is entered at its first entry, unless an index says
    otherwise.
    """
    *above, last = path.split(".")
    for step in above:
        if isinstance(holder, list):
            holder = holder[int(step) if step.isdigit() else 0]
            if step.isdigit():
                continue
        holder = holder.setdefault(step, {})
    if isinstance(holder, list):
        if last.isdigit():
            del holder[int(last)]
            return
        holder = holder[0]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
