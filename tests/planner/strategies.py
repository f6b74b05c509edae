"""Hypothesis strategies for what the engine's documents hold."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from kvmplan.addresses import Address
from kvmplan.state.check_results import ORDER, CheckResult, sorted_results
from kvmplan.state.model import Instance, Output, State
from kvmplan_sdk import types
from kvmplan_sdk.values import UNKNOWN, Value

identifiers = st.from_regex(r"\A[^\W\d][\w-]{0,8}\Z").filter(lambda name: name not in {"module", "data"})
keys = st.none() | st.integers(0, 10**6) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def addresses(draw: st.DrawFn, mode: str | None = None) -> Address:
    return Address(
        draw(identifiers),
        draw(identifiers),
        draw(keys),
        mode or draw(st.sampled_from(["managed", "data"])),
        tuple(draw(st.lists(st.tuples(identifiers, keys), max_size=2))),
    )


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
decimals = st.decimals(-(10**6), 10**6, places=3).filter(lambda number: number != number.to_integral_value())
scalars: st.SearchStrategy[Value] = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | decimals | texts


def values(leaves: st.SearchStrategy[Value] = scalars) -> st.SearchStrategy[Value]:
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
    )


def objects(leaves: st.SearchStrategy[Value] = scalars) -> st.SearchStrategy[dict[str, Value]]:
    return st.dictionaries(identifiers, values(leaves), max_size=4)


partly_unknown = scalars | st.just(UNKNOWN)
paths = st.lists(identifiers | st.integers(0, 3), min_size=1, max_size=3).map(tuple)


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    address = draw(addresses())
    deposed = draw(st.sampled_from(["", "", "0a1b2c3d"])) if address.mode == "managed" else ""
    return Instance(
        address=replace(address, deposed=deposed),
        host=draw(texts),
        provider=draw(st.sampled_from(["", "other"])),
        configuration=draw(st.sampled_from(["", "east", "module.site.east"])),
        values=draw(objects()),
        private=draw(objects()),
        schema_version=draw(st.integers(0, 9)),
        dependencies=tuple(draw(st.lists(addresses(), max_size=2))),
        sensitive=tuple(draw(st.lists(paths, max_size=2))),
        prevent_destroy=draw(st.booleans()),
        created_first=draw(st.booleans()),
        tainted=draw(st.booleans()),
        keep=draw(st.booleans()),
    )


@st.composite
def check_results(draw: st.DrawFn) -> CheckResult:
    address = draw(addresses())
    return CheckResult(
        kind=draw(st.sampled_from(["resource", "output", "var", "check"])),
        address=str(address),
        module=address.module,
        status=draw(st.sampled_from(ORDER)),
        messages=tuple(draw(st.lists(texts, max_size=2))),
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    found = draw(st.lists(instances(), max_size=4))
    return State(
        lineage=draw(texts),
        serial=draw(st.integers(0, 10**9)),
        instances={instance.address: instance for instance in found},
        outputs={
            name: Output(value=value, type=types.ANY, sensitive=sensitive)
            for name, (value, sensitive) in draw(
                st.dictionaries(texts, st.tuples(values(), st.booleans()), max_size=3)
            ).items()
        },
        hosts=draw(st.dictionaries(texts, texts, max_size=3)),
        checks=sorted_results(draw(st.lists(check_results(), max_size=3, unique_by=lambda one: one.key))),
    )


__all__ = ["addresses", "identifiers", "instances", "objects", "partly_unknown", "states", "values"]
