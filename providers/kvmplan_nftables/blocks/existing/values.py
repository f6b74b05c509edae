"""Objects that are there, as values of their resources. What no argument says is an error: it would be lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from kvmplan_nftables.blocks.existing.there import There
from kvmplan_nftables.table.listing import FoundElement, FoundRule
from kvmplan_sdk import Object, Value

_HOOK = re.compile(
    r'type (?P<type>\w+) hook (?P<hook>\w+)(?: device "(?P<device>[^"]+)"| devices = \{ (?P<devices>[^}]+) \})? '
    r"priority (?P<priority>[^;]+);(?: policy (?P<policy>\w+);)?"
)
_LIMIT = re.compile(
    r"rate (?P<over>over )?(?P<rate>\d+)(?P<unit> \w+)?/(?P<per>\w+)(?: burst (?P<burst>\d+) (?P<of>\w+))?"
)
_QUOTA = re.compile(r"(?P<over>over )?(?P<bytes>\d+ \w+)(?: used .*)?")
_BYTES = {"packets": 1, "bytes": 1, "kbytes": 1 << 10, "mbytes": 1 << 20}
_SECONDS = {"timeout": "timeout", "gc-interval": "gc_interval"}


class UntoldError(ValueError):
    """Something of an object has no argument."""

    def __init__(self, line: str) -> None:
        super().__init__(f"kvmplan has no argument for `{line}`")


def table_values(there: There) -> Object:
    family, name = there.name
    lines = there.lines("table", name)
    _nothing_but(lines, ("flags dormant",))
    return {"family": family, "name": name, "dormant": "flags dormant" in lines}


def chain_values(there: There, name: str) -> Object:
    base: Mapping[str, str | None] = {}
    for line in there.lines("chain", name):
        found = _HOOK.fullmatch(line)
        if found is None:
            raise UntoldError(line)
        base = found.groupdict()
    policy, devices = base.get("policy"), base.get("devices")
    return {
        **_in(there, name),
        **{one: base.get(one) for one in ("type", "hook", "priority", "device")},
        "devices": sorted(one.strip('" ') for one in devices.split(",")) if devices else None,
        "policy": None if policy == "accept" else policy,
        "comment": there.comment("chain", name),
    }


def rule_values(there: There, rule: FoundRule, order: int = 0) -> Object:
    text, comment = there.text(rule)
    return {
        **_at(there),
        "chain": rule.chain,
        "rule": text,
        "comment": None if rule.digest else comment or None,
        "order": order or rule.order or None,
        "position": "end",
    }


def set_values(there: There, name: str) -> Object:
    told = _holder(there, "set", name)
    keys = [element.key for element in _lasting(there, name, told)]
    return {**told, "elements": sorted(keys) or None}


def map_values(there: There, name: str) -> Object:
    told = dict(_holder(there, "map", name))
    type_ = told.pop("type")
    key, _, value = str(type_).partition(" : ") if type_ else ("", "", "")
    elements: dict[str, Value] = {element.key: element.data for element in _lasting(there, name, told)}
    return {**told, "key": key or None, "value": value or None, "elements": elements or None}


def counter_values(there: There, name: str) -> Object:
    return _in(there, name)


def limit_values(there: There, name: str) -> Object:
    found = _only(there, "limit", name, _LIMIT)
    burst = int(found["burst"]) * _BYTES.get(str(found["of"]), 1) if found["burst"] else None
    rate = f"{found['rate']}{found['unit'] or ''}/{found['per']}"
    return {**_in(there, name), "rate": rate, "over": bool(found["over"]), "burst": burst}


def quota_values(there: There, name: str) -> Object:
    found = _only(there, "quota", name, _QUOTA)
    return {**_in(there, name), "bytes": found["bytes"], "over": bool(found["over"])}


def _at(there: There) -> dict[str, Value]:
    return {"family": there.name[0], "table": there.name[1]}


def _in(there: There, name: str) -> dict[str, Value]:
    return {**_at(there), "name": name}


def _nothing_but(lines: Iterable[str], known: Sequence[str]) -> None:
    for line in lines:
        if line not in known:
            raise UntoldError(line)


def _only(there: There, kind: str, name: str, pattern: re.Pattern[str]) -> Mapping[str, str | None]:
    line = " ".join(there.lines(kind, name))
    found = pattern.fullmatch(line)
    if found is None:
        raise UntoldError(line)
    return found.groupdict()


def _holder(there: There, kind: str, name: str) -> dict[str, Value]:
    listed = there.listing.named[kind, name]
    values: dict[str, Value] = {
        **_in(there, name),
        **dict.fromkeys(("type", "typeof", "flags", "size", "timeout", "gc_interval", "policy")),
        "auto_merge": False,
        "counter": False,
        "comment": there.comment(kind, name),
    }
    for line in there.lines(kind, name):
        word, _, rest = line.partition(" ")
        if word in ("type", "typeof", "policy") and rest:
            values[word] = rest
        elif word == "flags":
            values["flags"] = sorted(flag for flag in rest.split(",") if flag != "timeout" or "timeout" not in listed)
        elif word == "size":
            values["size"] = int(rest)
        elif word in _SECONDS:
            values[_SECONDS[word]] = listed[word]
        elif line in ("auto-merge", "counter"):
            values[line.replace("-", "_")] = True
        else:
            raise UntoldError(line)
    values["flags"] = values["flags"] or None
    return values


def _lasting(there: There, name: str, told: Object) -> list[FoundElement]:
    """What packets added, or runs out, is no configuration."""
    flags = told["flags"] if isinstance(told["flags"], list) else []
    elements = there.elements(name)
    if elements and "constant" in flags:
        raise ValueError("its elements cannot be marked as kvmplan's while it is constant")
    return [] if "dynamic" in flags else [element for element in elements if not element.passing]


OF_NAMED: Mapping[str, Callable[[There, str], Object]] = {
    "nftables_chain": chain_values,
    "nftables_counter": counter_values,
    "nftables_limit": limit_values,
    "nftables_map": map_values,
    "nftables_quota": quota_values,
    "nftables_set": set_values,
}
"""Of an object with a name, by the type of its resource."""
