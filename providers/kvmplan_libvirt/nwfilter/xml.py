"""Between a filter's values and libvirt's document of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.document import read, write
from kvmplan_libvirt.nwfilter.meaning import include_meaning, rule_meaning
from kvmplan_libvirt.nwfilter.model import FILTER, INCLUDE, RULE
from kvmplan_sdk import Object, Value


def values_of(element: ET.Element) -> dict[str, Any]:
    return read(FILTER, element)


def document(values: Object, existing: ET.Element | None = None) -> str:
    """The document that defines the filter: includes, then rules. Of ``existing`` stays what is said there beyond the
    table, and where its includes are among its rules, which counts for those of one priority.
    """
    element = ET.Element("filter") if existing is None else deepcopy(existing)
    before = _take_entries(element)
    stays = {_meaning(entry): entry for entry in reversed(before)}
    made = _take_entries(write(FILTER, element, values))
    element.extend(_placed([stays.pop(_meaning(entry), entry) for entry in made], before))
    return ET.tostring(element, encoding="unicode")


_MEANINGS: Mapping[str, Callable[[ET.Element], Value | Mapping[str, Any]]] = {
    "filterref": lambda element: include_meaning(read(INCLUDE, element)),
    "rule": lambda element: rule_meaning(read(RULE, element)),
}


def _meaning(entry: ET.Element) -> str:
    return f"{entry.tag} {_MEANINGS[entry.tag](entry)}"


def _take_entries(element: ET.Element) -> list[ET.Element]:
    entries = [child for child in element if child.tag in _MEANINGS]
    for entry in entries:
        element.remove(entry)
    return entries


def _placed(wanted: Sequence[ET.Element], before: Sequence[ET.Element]) -> Iterator[ET.Element]:
    """``wanted`` with each include of ``before`` ahead of the rule it was ahead of, and new ones after the last."""
    rules = [element for element in wanted if element.tag == "rule"]
    places = _places(before, {rule: index for index, rule in enumerate(rules)})
    ahead: list[list[ET.Element]] = [[] for _ in range(len(rules) + 1)]
    place = 0
    for include in wanted:
        if include.tag == "filterref":
            place = max(place, places.get(include, place))
            ahead[place].append(include)
    for includes, rule in zip(ahead, rules, strict=False):
        yield from includes
        yield rule
    yield from ahead[-1]


def _places(before: Sequence[ET.Element], rules: Mapping[ET.Element, int]) -> dict[ET.Element, int]:
    """For each include, how many of ``rules`` go before it."""
    places: dict[ET.Element, int] = {}
    place = len(rules)
    for element in reversed(before):
        if element.tag == "filterref":
            places[element] = place
        else:
            place = rules.get(element, place)
    return places
