"""What a filter means, in one form: libvirt takes many spellings, and gives back one that nobody may have written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.plain import blocks
from kvmplan_sdk import Object, Value

Condition = dict[str, tuple[Value, bool]]
"""What a rule asks of one protocol: for each attribute its value, and whether it must match."""


def meaning(values: Object) -> dict[str, Any]:
    return {
        **{name: values.get(name) for name in ("name", "chain", "priority")},
        "uuid": str(values.get("uuid")).lower(),
        "filterref": [include_meaning(include) for include in blocks(values, "filterref")],
        "rule": [rule_meaning(rule) for rule in blocks(values, "rule")],
    }


def include_meaning(include: Object) -> Value:
    """libvirt sorts parameters by name; only the values of the same one have an order."""
    parameters = sorted(blocks(include, "parameter"), key=lambda parameter: str(parameter.get("name")))
    return [include.get("filter"), [[parameter.get("name"), parameter.get("value")] for parameter in parameters]]


def ordered_as(found: Value, known: Value) -> Value:
    """A ``filterref`` with its parameters in the order of ``known``, where that means the same."""
    if isinstance(found, Mapping) and isinstance(known, Mapping) and include_meaning(found) == include_meaning(known):
        return known
    return found


def only_reordered(found: Value, wanted: Value) -> bool:
    """Whether two ``filterref`` differ only in the order of a variable's values, which to libvirt is no difference."""
    if not isinstance(found, Mapping) or not isinstance(wanted, Mapping) or found.get("filter") != wanted.get("filter"):
        return False
    one, other = (
        sorted((str(item.get("name")), str(item.get("value"))) for item in blocks(side, "parameter"))
        for side in (found, wanted)
    )
    return one == other and include_meaning(found) != include_meaning(wanted)


def detour(reference: Value) -> Value:
    """The same ``filterref`` with a variable more that nobody uses: from it libvirt sees the way to any other order."""
    if not isinstance(reference, Mapping):
        return reference
    return {**reference, "parameter": [*blocks(reference, "parameter"), {"name": "KVMPLAN_ORDER", "value": "1"}]}


def rule_meaning(rule: Object) -> dict[str, Any]:
    said = {name: rule.get(name) for name in ("action", "direction", "priority", "statematch")}
    return {**said, **{name: condition(name, rule) for name in PROTOCOLS if blocks(rule, name)}}


def condition(protocol: str, rule: Object) -> Condition:
    """The blocks of ``protocol`` together, which libvirt reads into one."""
    said = conditions(protocol, rule)
    return {name: (value, match) for name, value, match in said}


def conditions(protocol: str, rule: Object) -> Iterator[tuple[str, Value, bool]]:
    """Each attribute with its value and whether it must match, in the order they are written."""
    node = PROTOCOLS[protocol].node
    for block in blocks(rule, protocol):
        for name, field in node.fields.items():
            value = block.get(name)
            if name != "match" and value is not None:
                yield name, value if field.meaning is None else field.meaning(value), block.get("match") is not False


def same(left: Object, right: Object) -> bool:
    return meaning(left) == meaning(right)


def respelled(found: Object, known: Object) -> dict[str, Any]:
    """``found``, spelled as ``known`` wherever both mean the same."""
    return {
        **found,
        "uuid": known.get("uuid") if meaning(found)["uuid"] == meaning(known)["uuid"] else found["uuid"],
        "filterref": [ordered_as(include, partner) for include, partner in _paired(found, known, "filterref")],
        "rule": [_rule(rule, partner) for rule, partner in _paired(found, known, "rule")],
    }


def _paired(found: Object, known: Object, name: str) -> Iterator[tuple[Object, Object]]:
    mine, theirs = blocks(found, name), blocks(known, name)
    nothing: list[Object] = [{}] * len(mine)
    return zip(mine, [*theirs, *nothing], strict=False)


def _rule(found: Object, known: Object) -> Object:
    if rule_meaning(found) == rule_meaning(known):
        return known
    return {**found, **{name: _blocks(protocol.node, name, found, known) for name, protocol in PROTOCOLS.items()}}


def _blocks(node: Node, name: str, found: Object, known: Object) -> list[Mapping[str, Value]]:
    if condition(name, found) == condition(name, known):
        return blocks(known, name)
    return [_block(node, mine, theirs) for mine, theirs in _paired(found, known, name)]


def _block(node: Node, found: Object, known: Object) -> Object:
    def spelled(name: str) -> Value:
        mine, theirs, means = found.get(name), known.get(name), node.fields[name].meaning
        return theirs if means is not None and theirs is not None and means(mine) == means(theirs) else mine

    return {name: spelled(name) for name in node.fields}
