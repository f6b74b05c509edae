"""What planning and applying cost, beside Terraform: every command a process of its own, on the same configuration.

    python benchmarks/engine.py [--sizes 100,1000,10000] [--shapes blocks,foreach,...] [--tools kvmplan,terraform]
                                [--bound 120] [--runs 3]

Writes a table in Markdown. Each cell is processor seconds / seconds by the clock / MiB at the most, the medians of some
runs (one from 5,000 resources on); ``x`` is the processor time for a resource against the size before, 1 being linear.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from process import Cost, run
from shapes import SHAPES, Shape

ROOT = Path(__file__).parents[1]
PATHS = (ROOT / "planner", ROOT / "plugins", ROOT / "providers")


@dataclass(frozen=True, slots=True)
class Tool:
    """``suffix``: of its configuration's files."""

    name: str
    command: tuple[str, ...]
    suffix: str


TOOLS = {
    "kvmplan": Tool("kvmplan", (sys.executable, "-m", "kvmplan"), "kvm.hcl"),
    "terraform": Tool("terraform", ("terraform",), "tf"),
}
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "plan": ("plan", "-out=saved"),
    "show": ("show", "-json", "saved"),
    "apply": ("apply", "saved"),
    "no-op": ("plan",),
    "destroy": ("destroy", "-auto-approve"),
}
CHANGED: Mapping[str, tuple[str, ...]] = {"plan change": ("plan", "-out=saved"), "apply change": ("apply", "saved")}


def measure(tool: Tool, shape: Shape, count: int, bound: float, environment: Mapping[str, str]) -> dict[str, Cost]:
    """One run of all operations, up to the first that takes too long."""
    costs: dict[str, Cost] = {}
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        main = directory / f"main.{tool.suffix}"
        main.write_text(shape.write(count))
        if shape.module:
            (directory / "inner").mkdir()
            (directory / "inner" / f"main.{tool.suffix}").write_text(shape.module)
        run((*tool.command, "init"), directory, environment, bound)
        for operation, arguments in _operations(shape, main, count):
            if operation == "plan":
                # What is measured is planning; parsing a file once is measured by validate_scale.py.
                run((*tool.command, "validate"), directory, environment, bound * 4)
            cost = run((*tool.command, *arguments), directory, environment, bound)
            costs[operation] = cost
            if cost.over and operation != "show":
                break
    return costs


def _operations(shape: Shape, main: Path, count: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    if shape.change is None:
        yield from OPERATIONS.items()
        return
    yield from (("plan", OPERATIONS["plan"]), ("apply", OPERATIONS["apply"]))
    main.write_text(shape.change(count))
    yield from CHANGED.items()


def medians(runs: list[dict[str, Cost]]) -> dict[str, Cost]:
    return {operation: _median([one[operation] for one in runs if operation in one]) for operation in runs[0]}


def _median(costs: list[Cost]) -> Cost:
    return Cost(
        statistics.median(cost.wall for cost in costs),
        statistics.median(cost.cpu for cost in costs),
        round(statistics.median(cost.memory for cost in costs)),
        any(cost.over for cost in costs),
    )


def _cell(cost: Cost, ratio: float | None) -> str:
    if cost.over:
        return f">{cost.cpu:.0f} / killed / {cost.memory}"
    grown = f" (x{ratio:.1f})" if ratio is not None else ""
    return f"{cost.cpu:.2f} / {cost.wall:.2f} / {cost.memory}{grown}"


def report(shape_name: str, tool: Tool, sizes: list[int], given: argparse.Namespace) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment = {
        **inherited,
        "PYTHONPATH": os.pathsep.join(map(str, PATHS)),
        "PYTHONPYCACHEPREFIX": given.cache,
        "XDG_CACHE_HOME": given.cache,
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
    }
    shape, before = SHAPES[shape_name], dict[str, float]()
    for count in sizes:
        runs = 1 if count >= 5000 else given.runs
        costs = medians([measure(tool, shape, count, given.bound, environment) for _ in range(runs)])
        ratios = {name: cost.cpu / count / before[name] for name, cost in costs.items() if name in before}
        before = {name: cost.cpu / count for name, cost in costs.items()}
        columns = CHANGED if shape.change is not None else OPERATIONS
        cells = (_cell(costs[name], ratios.get(name)) if name in costs else "" for name in columns)
        print(f"| {shape_name} | {count:,} | {tool.name} | {' | '.join(cells)} |", flush=True)
        if "apply" not in costs and costs["plan"].over:
            break


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--bound", type=float, default=120, help="seconds of processor time for one command")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    shapes, head = given.shapes.split(","), ""
    with tempfile.TemporaryDirectory() as given.cache:
        for name in sorted(shapes, key=lambda name: SHAPES[name].change is not None):
            columns = ("shape", "resources", "tool", *(OPERATIONS if SHAPES[name].change is None else CHANGED))
            if (wanted := f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}") != head:
                head = wanted
                print(f"\n{head}", flush=True)
            for tool in given.tools.split(","):
                report(name, TOOLS[tool], [int(size) for size in given.sizes.split(",")], given)


if __name__ == "__main__":
    main()
