"""Filters by name: what each brings with it, and the values that its variables need before a guest can use it.

Source: libvirt's nwfilter_gentech_driver.c, which does the same when a NIC is plugged in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.nwfilter.variables import Access, parse_access
from kvmplan_libvirt.plain import blocks, text
from kvmplan_sdk import Object

Given = Mapping[str, tuple[str, ...]]
"""The values of each variable."""
_LEARNING = "CTRL_IP_LEARNING"
_ALWAYS: Given = {"MAC": ("",)}


@dataclass(frozen=True, slots=True)
class Reference:
    filter: str
    given: Given = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """``needs``: how its own rules use variables, rule by rule; ``firewalls``: those of the host that they are in."""

    name: str
    includes: tuple[Reference, ...] = ()
    needs: frozenset[frozenset[Access]] = frozenset()
    firewalls: frozenset[str] = frozenset()


def reference_of(block: Object | None) -> Reference | None:
    """A ``filterref`` block; None where there is none, or the filter's name is not known yet."""
    name = None if block is None else text(block, "filter")
    if block is None or name is None:
        return None
    given: dict[str, tuple[str, ...]] = {}
    for parameter in blocks(block, "parameter"):
        variable = str(parameter.get("name"))
        given[variable] = (*given.get(variable, ()), str(parameter.get("value")))
    return Reference(name, given)


def filter_of(values: Object) -> Filter:
    references = (reference_of(include) for include in blocks(values, "filterref"))
    return Filter(
        name=str(values.get("name")),
        includes=tuple(reference for reference in references if reference is not None),
        needs=frozenset(frozenset(_accesses(rule)) for rule in blocks(values, "rule")),
        firewalls=frozenset(
            protocol.firewall
            for rule in blocks(values, "rule")
            for name, protocol in PROTOCOLS.items()
            if blocks(rule, name)
        ),
    )


def _accesses(rule: Object) -> Iterator[Access]:
    for name in PROTOCOLS:
        for block in blocks(rule, name):
            found = (parse_access(value) for value in block.values() if isinstance(value, str))
            yield from (access for access in found if access is not None)


class Filters:
    def __init__(self, filters: Iterable[Filter]) -> None:
        self._filters = {item.name: item for item in filters}
        self._reached: dict[str, frozenset[str]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._filters

    def names(self) -> list[str]:
        return sorted(self._filters)

    def reached(self, name: str) -> frozenset[str]:
        """The filter itself and all that it includes, those that are not there too."""
        if name not in self._reached:
            found, waiting = {name}, [name]
            while waiting:
                new = [one for one in self._included(waiting.pop()) if one not in found]
                found.update(new)
                waiting += new
            self._reached[name] = frozenset(found)
        return self._reached[name]

    def absent(self, name: str) -> list[str]:
        return sorted(self.reached(name) - self._filters.keys())

    def firewalls(self, name: str) -> frozenset[str]:
        """The firewalls of the host that the rules of the filter, and of all that it includes, are in."""
        there = (self._filters[one] for one in self.reached(name) if one in self._filters)
        return frozenset(firewall for item in there for firewall in item.firewalls)

    def loop(self, name: str) -> tuple[str, ...]:
        """The way from the filter back to itself, empty where there is none."""
        came_from = {name: name}
        waiting = [name]
        while waiting:
            at = waiting.pop()
            for further in self._included(at):
                if further == name:
                    return (*_way(at, name, came_from), name)
                if further not in came_from:
                    came_from[further] = at
                    waiting.append(further)
        return ()

    def _included(self, name: str) -> list[str]:
        known = self._filters.get(name)
        return [] if known is None else [include.filter for include in known.includes]

    def lacks(self, reference: Reference) -> list[str]:
        """What libvirt would refuse to use the filter for: values that are missing, in words.

        An address that is missing alone is learned from the guest's traffic.
        """
        learning = _learning(reference)
        if learning not in {"any", "dhcp", "none"}:
            return [f"{_LEARNING} is one of any, dhcp and none, not {learning}"]
        if self.learns(reference):
            return []
        uneven = {
            one for item, given in self._with_values(reference) for rule in item.needs for one in _uneven(rule, given)
        }
        return [*(f"${access} has no value" for access in sorted(self._missing(reference))), *sorted(uneven)]

    def learns(self, reference: Reference) -> bool:
        """Whether libvirt finds the guest's address out from its traffic."""
        return _learning(reference) != "none" and self._missing(reference) == {"IP"}

    def _missing(self, reference: Reference) -> set[str]:
        return {
            str(access)
            for item, given in self._with_values(reference)
            for rule in item.needs
            for access in rule
            if not _is_given(access, given)
        }

    def _with_values(self, reference: Reference) -> Iterator[tuple[Filter, Given]]:
        """Each filter that comes along, once for each choice of values that it comes along with."""
        seen: set[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]] = set()
        waiting = [(reference.filter, {**reference.given, **_ALWAYS})]
        while waiting:
            name, given = waiting.pop()
            key = (name, tuple(sorted(given.items())))
            item = self._filters.get(name)
            if key not in seen and item is not None:
                seen.add(key)
                yield item, given
                waiting += [(include.filter, {**include.given, **given}) for include in item.includes]


def _way(last: str, first: str, came_from: Mapping[str, str]) -> list[str]:
    way = [last]
    while way[-1] != first:
        way.append(came_from[way[-1]])
    return way[::-1]


def _learning(reference: Reference) -> str:
    return reference.given.get(_LEARNING, ("any",))[0].lower()


def _is_given(access: Access, given: Given) -> bool:
    return access.name in given and (access.element is None or access.element < len(given[access.name]))


def _uneven(rule: frozenset[Access], given: Given) -> Iterator[str]:
    """Lists that are gone through in step are of one length."""
    in_step: dict[int, set[str]] = {}
    for access in rule:
        if access.element is None and access.name in given:
            in_step.setdefault(access.iterator, set()).add(access.name)
    for names in in_step.values():
        if len({len(given[name]) for name in names}) > 1:
            told = " and ".join(f"${name}" for name in sorted(names))
            yield f"{told} are used together, so they need equally many values"
