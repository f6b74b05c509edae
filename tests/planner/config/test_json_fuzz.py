"""Whatever a JSON configuration or an override says: diagnostics, never a traceback."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.config.loader import parse_sources
from kvmplan.graph import build_graph
from kvmplan.plan.checking import check_blocks
from kvmplan.plan.modules import Modules
from kvmplan.plugins import Plugins

WORDS = [
    "resource", "data", "variable", "locals", "output", "provider", "host", "kvmplan", "toy_thing", "toy", "a", "b",
    "//", "name", "size", "tags", "port", "rule", "place", "link", "number", "dynamic", "content", "for_each",
    "iterator", "count", "lifecycle", "ignore_changes", "depends_on", "type", "default", "validation", "condition",
    "value",
]  # fmt: skip
TEXTS = [
    "", "a", "${var.a}", "${toy_thing.a.name}", "toy_thing.a", "list(string)", "${", "%{ if true }x%{ endif }", "all",
    "${port.value}", "${[1, 2]}", "${{a = 1}}", "local.a", "${local.a}", "${each.key}", "\n\t\"${var.b}\"",
]  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers(-2, 3) | st.sampled_from(TEXTS)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(WORDS), ANYTHING, max_size=5)
DYNAMIC = st.fixed_dictionaries({}, optional={"for_each": ANYTHING, "iterator": LEAVES, "content": BODIES})
THINGS = st.fixed_dictionaries(
    {"name": st.just("a")},
    optional={
        "port": ANYTHING,
        "rule": BODIES,
        "size": ANYTHING,
        "lifecycle": BODIES,
        "dynamic": st.fixed_dictionaries(
            {}, optional={"port": DYNAMIC, "place": DYNAMIC | st.lists(DYNAMIC, max_size=2)}
        ),
    },
)
ROOTS = st.fixed_dictionaries(
    {"resource": st.fixed_dictionaries({"toy_thing": st.fixed_dictionaries({"a": THINGS | BODIES, "b": THINGS})})},
    optional={"variable": BODIES, "locals": BODIES, "output": BODIES, "provider": BODIES, "host": BODIES},
)


@settings(deadline=None)
@given(ROOTS | ANYTHING, st.none() | ROOTS | ANYTHING)
def test_any_configuration_is_told_what_is_wrong_with_it(base: Any, top: Any) -> None:
    sources = {"main.kvm.json": json.dumps(base)}
    if top is not None:
        sources["override.kvm.json"] = json.dumps(top)
    configuration, diagnostics = parse_sources(sources, ".")
    dependencies, problems = build_graph(configuration)
    found = [*diagnostics, *problems, *check_blocks(Modules(configuration), dependencies, Plugins())]
    assert all(diagnostic.summary and diagnostic.detail for diagnostic in found)
