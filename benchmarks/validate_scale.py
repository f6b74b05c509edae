"""How `kvmplan validate` and `kvmplan console` grow with the configuration, each run a process of its own.

    python benchmarks/validate_scale.py [--sizes 1000,10000] [--shapes blocks,chain,fan,nested,json] [--runs 3]

For every shape and size the fastest of some runs: without anything in the cache but the grammar's tables (cold), with
parsed files in it (parsed), and with the verdict of the run before (again). Where `terraform` is installed, it gets the
same configuration. ``us`` is processor time per resource in microseconds, ``x`` that time against the smallest size of
the shape: up to 1 is linear, since starting the process counts too. Last, how many times as fast as cold by the clock.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATHS = [ROOT / "planner", ROOT / "plugins", ROOT / "providers"]
EXPRESSION = '"${upper("a")} ${1 + 2}"\n'


def blocks(count: int) -> str:
    return "".join(f'resource "terraform_data" "r{i}" {{\n  input = "r{i}"\n}}\n' for i in range(count))


def chain(count: int) -> str:
    """Each refers to the one before."""
    return 'resource "terraform_data" "r0" {\n  input = "r0"\n}\n' + "".join(
        f'resource "terraform_data" "r{i}" {{\n  input = "after ${{terraform_data.r{i - 1}.id}}"\n}}\n'
        for i in range(1, count)
    )


def fan(count: int) -> str:
    """All refer to one, to a variable and to a local value."""
    head = (
        'variable "site" {\n  type    = string\n  default = "a"\n}\n'
        'locals {\n  prefix = "${var.site}-"\n}\n'
        'resource "terraform_data" "hub" {\n  input = "hub"\n}\n'
    )
    return head + "".join(
        f'resource "terraform_data" "r{i}" {{\n  input = "${{local.prefix}}{i}-${{terraform_data.hub.id}}"\n}}\n'
        for i in range(1, count)
    )


def nested(count: int) -> str:
    """Objects, lists, calls and operators."""
    return "".join(
        f'resource "terraform_data" "r{i}" {{\n  input = {{\n    name  = upper("r{i}")\n    large = {i} > 100\n'
        f'    sizes = [for n in [1, 2, {i}] : n * 2 if n != 2]\n    note  = {i} % 2 == 0 ? "even" : "odd"\n  }}\n}}\n'
        for i in range(count)
    )


def json(count: int) -> str:
    inner = ",\n".join(f'    "r{i}": {{"input": "r{i} ${{1 + {i}}}"}}' for i in range(count))
    return f'{{"resource": {{"terraform_data": {{\n{inner}\n}}}}}}\n'


SHAPES: dict[str, Callable[[int], str]] = {
    "blocks": blocks,
    "chain": chain,
    "fan": fan,
    "nested": nested,
    "json": json,
}


@dataclass(frozen=True)
class Cost:
    """``wall`` and ``cpu`` seconds; ``peak`` memory in MiB."""

    wall: float
    cpu: float
    peak: int


def measure(
    command: list[str], environment: Mapping[str, str], stdin: str, runs: int, between: Callable[[], object]
) -> Cost:
    """The fastest of ``runs``, with ``between`` done before each."""
    costs = []
    for _ in range(runs):
        between()
        costs.append(_run(command, environment, stdin))
    return min(costs, key=lambda cost: cost.cpu)


def _run(command: list[str], environment: Mapping[str, str], stdin: str) -> Cost:
    with tempfile.TemporaryFile() as given:
        given.write(stdin.encode())
        given.seek(0)
        times = os.times()
        child = subprocess.Popen(
            command, env=environment, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        assert child.returncode == 0, command
    return Cost(os.times().elapsed - times.elapsed, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def kvmplan(folder: Path, runs: int) -> Iterable[tuple[str, Cost]]:
    kept = folder / "cache" / "kvmplan"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, PATHS)),
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def forget(*kinds: str) -> Callable[[], None]:
        def do() -> None:
            for path in (path for kind in kinds for path in kept.glob(f"{kind}-*")):
                path.unlink()

        return do

    def cost(arguments: list[str], stdin: str, between: Callable[[], object], *, times: int = runs) -> Cost:
        command = [sys.executable, "-m", "kvmplan", *arguments, "--chdir", str(folder)]
        return measure(command, environment, stdin, times, between)

    for arguments, stdin in ((["validate"], ""), (["console"], EXPRESSION)):
        cost(arguments, stdin, forget(), times=1)
        yield f"{arguments[0]} cold", cost(arguments, stdin, forget("tree", "valid"))
        yield f"{arguments[0]} parsed", cost(arguments, stdin, forget("valid"))
        if arguments == ["validate"]:
            yield f"{arguments[0]} again", cost(arguments, stdin, forget())


def terraform(folder: Path, runs: int) -> Iterable[tuple[str, Cost]]:
    program = shutil.which("terraform")
    if program is None:
        return
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
    command = [program, f"-chdir={folder}"]
    subprocess.run([*command, "init"], env=environment, check=True, capture_output=True)
    for arguments, stdin in ((["validate"], ""), (["console"], EXPRESSION)):
        yield f"terraform {arguments[0]}", measure([*command, *arguments], environment, stdin, runs, lambda: None)


def report(shape: str, sizes: list[int], runs: int) -> None:
    base: dict[str, float] = {}
    for size in sizes:
        text = SHAPES[shape](size)
        ending = "json" if shape == "json" else "hcl"
        with tempfile.TemporaryDirectory() as directory:
            folder = Path(directory)
            (folder / f"main.kvm.{ending}").write_text(text)
            (folder / ("main.tf.json" if shape == "json" else "main.tf")).write_text(text)
            found = {**dict(kvmplan(folder, runs)), **dict(terraform(folder, runs))}
        for name, cost in found.items():
            each = cost.cpu / size
            gain = found.get(f"{name.split()[0]} cold", cost).wall / cost.wall
            print(
                f"{shape:7} {size:6}  {name:18} {cost.wall:6.2f} s {cost.cpu:6.2f} s cpu {each * 1e6:6.0f} us "
                f"(x{each / base.setdefault(name, each):.2f}) {cost.peak:4} MiB  {gain:4.1f} times as fast",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    for shape in given.shapes.split(","):
        report(shape, list(map(int, given.sizes.split(","))), given.runs)


if __name__ == "__main__":
    main()
