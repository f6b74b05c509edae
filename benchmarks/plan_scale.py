"""How planning and applying grow with the number of resources, on the toy provider of the tests.

    python benchmarks/plan_scale.py [--sizes 1000,5000,10000] [--shapes blocks,for_each,fan,chain,layers] [--apply]

For every shape and size: seconds to read the configuration, to plan everything new, (with ``--apply``) to apply it, to
plan again with nothing to do, and the peak memory of the process so far. ``x`` is the time per resource against that of
the smallest size of the shape: about 1 is linear.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "planner" / "toy")]

from kvmplan.config.variables import Given  # noqa: E402
from kvmplan.plugins import Plugins  # noqa: E402
from kvmplan.review.plan_json import plan_json, to_text  # noqa: E402
from kvmplan.review.plan_text import plan_text  # noqa: E402
from kvmplan.run import Prepared, prepare, started  # noqa: E402
from kvmplan.state.store import StateStore, local_store  # noqa: E402

HEADER = 'provider "toy" {\n  batch = true\n}\n'


def blocks(count: int) -> str:
    return "".join(f'resource "toy_thing" "r{i}" {{\n  name = "r{i}"\n  size = 1\n}}\n' for i in range(count))


def for_each(count: int) -> str:
    names = ",".join(f"r{i}" for i in range(count // 2))
    return (
        f'resource "toy_thing" "r" {{\n  for_each = toset(split(",", "{names}"))\n  name = each.key\n}}\n'
        'resource "toy_thing" "of" {\n  for_each = toy_thing.r\n  name = "of-${each.key}"\n'
        "  note = toy_thing.r[each.key].label\n}\n"
    )


def fan(count: int) -> str:
    rest = (
        f'resource "toy_thing" "r{i}" {{\n  name = "r{i}"\n  note = toy_thing.hub.label\n}}\n' for i in range(1, count)
    )
    return 'resource "toy_thing" "hub" {\n  name = "hub"\n}\n' + "".join(rest)


def chain(count: int) -> str:
    rest = (
        f'resource "toy_thing" "r{i}" {{\n  name = "r{i}"\n  note = toy_thing.r{i - 1}.name\n}}\n'
        for i in range(1, count)
    )
    return 'resource "toy_thing" "r0" {\n  name = "r0"\n}\n' + "".join(rest)


def layers(count: int) -> str:
    """Rows of ten, each resource referring to two of the row above."""
    text = []
    for i in range(count):
        above = sorted({i - 10, i // 10 * 10 - 10}) if i >= 10 else []
        refers = ", ".join(f"l{n} = toy_thing.r{n}.name" for n in above)
        text.append(f'resource "toy_thing" "r{i}" {{\n  name = "r{i}"\n  labels = {{ {refers} }}\n}}\n')
    return "".join(text)


def waiting(count: int) -> str:
    """Every resource waits for the id of another."""
    half = count // 2
    return (
        f'resource "toy_thing" "a" {{\n  count = {half}\n  name = "a-${{count.index}}"\n}}\n'
        f'resource "toy_thing" "b" {{\n  count = {half}\n  name = "b-${{count.index}}"\n'
        "  note = toy_thing.a[count.index].id\n}\n"
    )


MODULE = """
variable "name" {}
resource "toy_thing" "r" {
  name = var.name
  lifecycle {
    precondition {
      condition     = var.name != ""
      error_message = "A thing needs a name."
    }
  }
}
output "label" {
  value = toy_thing.r.label
}
"""


def modules(count: int) -> str:
    """A call for every resource."""
    return "".join(f'module "m{i}" {{\n  source = "./one"\n  name = "m{i}"\n}}\n' for i in range(count))


def module_foreach(count: int) -> str:
    """One call with an instance for every other resource, which refers to its output."""
    names = ",".join(f"r{i}" for i in range(count // 2))
    return (
        f'module "m" {{\n  source = "./one"\n  for_each = toset(split(",", "{names}"))\n  name = each.key\n}}\n'
        'resource "toy_thing" "of" {\n  for_each = module.m\n  name = "of-${each.key}"\n'
        "  note = module.m[each.key].label\n}\n"
    )


def moved(count: int) -> str:
    """Every instance is spoken of by a statement of its own."""
    statements = (f'moved {{\n  from = toy_thing.old["r{i}"]\n  to = toy_thing.r["r{i}"]\n}}\n' for i in range(count))
    names = ",".join(f"r{i}" for i in range(count))
    return (
        f'resource "toy_thing" "r" {{\n  for_each = toset(split(",", "{names}"))\n  name = each.key\n}}\n'
    ) + "".join(statements)


SHAPES: dict[str, Callable[[int], str]] = {
    "blocks": blocks,
    "for_each": for_each,
    "fan": fan,
    "chain": chain,
    "layers": layers,
    "waiting": waiting,
    "modules": modules,
    "module_foreach": module_foreach,
    "moved": moved,
}


class Clock:
    def __init__(self) -> None:
        self.times: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], object]) -> object:
        gc.collect()
        started_at = time.perf_counter()
        result = work()
        self.times[name] = time.perf_counter() - started_at
        return result


def measure(text: str, *, apply: bool) -> dict[str, float]:
    clock = Clock()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        Path("main.kvm.hcl").write_text(HEADER + text)
        Path("one").mkdir()
        Path("one", "main.kvm.hcl").write_text(MODULE)
        state = local_store(Path("kvmplan.state.json"))
        plan_once(clock, state, "plan", apply=apply)
        if apply:
            plan_once(clock, state, "no-op plan", apply=False)
    return clock.times


def plan_once(clock: Clock, state: StateStore, name: str, *, apply: bool) -> None:
    plugins = Plugins()
    prepared = clock("read", lambda: prepare(Path(), Given({}), plugins))
    assert isinstance(prepared, Prepared) and not prepared.failed, prepared
    with started(prepared, state, plugins) as run:
        plan = run_plan = clock(name, run.plan)
        assert not prepared.failed, prepared.diagnostics[:3]
        schemas = plugins.provider("toy").schema.resources
        clock("text", lambda: (plan_text(document := plan_json(run_plan, schemas)), to_text(document)))  # type: ignore[arg-type]
        if apply:
            stop = threading.Event()
            options = {"listener": lambda _event: None, "stop": stop, "parallelism": 10}
            result = clock("apply", lambda: run.apply(plan, state, **options))  # type: ignore[arg-type]
            assert result.complete, result.diagnostics[:3]  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,5000,10000")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--apply", action="store_true")
    given = parser.parse_args()
    print(f"{'shape':10} {'size':>6}   seconds (x: time per resource against the smallest size)")
    for shape in given.shapes.split(","):
        base: dict[str, float] = {}
        for size in map(int, given.sizes.split(",")):
            times = measure(SHAPES[shape](size), apply=given.apply)
            base = base or {name: seconds / size for name, seconds in times.items()}
            cells = (f"{name} {seconds:.2f} (x{seconds / size / base[name]:.1f})" for name, seconds in times.items())
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{shape:10} {size:6}   {'  '.join(cells)}  {peak} MiB", flush=True)


if __name__ == "__main__":
    main()
