"""No command's work grows faster than what it works on: calls are counted, so that no clock is asked.

The configurations are the benchmarks', which say by the clock what this cannot: the cost of one call.
"""

from __future__ import annotations

import runpy
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kvmplan.apply import saving
from kvmplan.cli.app import run

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHAPES: dict[str, Any] = runpy.run_path(str(BENCHMARKS / "shapes.py"))["SHAPES"]
QUICK = ("foreach", "layers", "module_foreach", "replaced")
SIZES = (20, 40, 80)
LINEAR = 2.05
"""Twice the resources more are twice the calls more; sorting adds a little."""
NOISE = 300
"""Calls that depend on the moment, such as looking again whether a step has ended; a resource takes over a thousand."""
COMMANDS = (
    ("plan", "--out=saved"),
    ("show", "--json", "saved"),
    ("apply", "saved"),
    ("plan",),
    ("destroy", "--auto-approve"),
)


class Counter:
    """Counts calls, of Python's functions and of C's, in all threads."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _frame: object, event: str, _argument: object) -> None:
        if event in ("call", "c_call"):
            self.calls += 1

    @contextmanager
    def counting(self) -> Iterator[None]:
        threading.setprofile(self)
        sys.setprofile(self)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)


def calls(arguments: tuple[str, ...], status: int = 0) -> int:
    counter = Counter()
    with pytest.raises(SystemExit) as ended, counter.counting():
        run(list(arguments))
    assert ended.value.code == status, arguments
    return counter.calls


def costs(shape: Any, count: int, directory: Path) -> dict[str, int]:
    """The calls of every command in turn, in a directory of its own."""
    main = directory / "main.kvm.hcl"
    main.write_text(f"# {directory.name}: not the text of any other\n{shape.write(count)}")
    if shape.module:
        (directory / "inner").mkdir()
        (directory / "inner" / "main.kvm.hcl").write_text(shape.module)
    found: dict[str, int] = {}
    if shape.change is not None:
        calls(("apply", "--auto-approve"))
        main.write_text(shape.change(count))
    for command in COMMANDS:
        found[" ".join(command)] = calls(command)
    return found


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in SHAPES]
)
def test_calls_grow_with_the_resources(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(saving, "SAVE_SECONDS", 1e9)

    def at(count: int, folder: str) -> dict[str, int]:
        directory = tmp_path / folder
        directory.mkdir()
        monkeypatch.chdir(directory)
        return costs(SHAPES[name], count, directory)

    assert growing(at) == {}


ROLLED_BACK = """
resource "terraform_data" "x" {
  for_each = toset([for number in range(%d) : "k${number}"])
  input    = each.key
}
resource "terraform_data" "last" {
  input = terraform_data.x["k0"].id
  lifecycle {
    postcondition {
      condition     = self.output != self.input
      error_message = "It is not to be."
    }
  }
}
"""


def test_calls_of_a_rollback_grow_with_the_resources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def at(count: int, folder: str) -> dict[str, int]:
        directory = tmp_path / folder
        directory.mkdir()
        monkeypatch.chdir(directory)
        (directory / "main.kvm.hcl").write_text(ROLLED_BACK % count)
        return {"apply": calls(("apply", "--auto-approve", "--on-failure=rollback"), status=1)}

    assert growing(at) == {}


def growing(at: Callable[[int, str], dict[str, int]]) -> dict[str, tuple[int, int]]:
    """The commands whose calls grow faster than what they work on, with by how much. ``at``: calls of commands at a
    size, in a folder of that name.
    """
    at(SIZES[0], "first")  # imports everything
    few, some, many = (at(count, str(count)) for count in SIZES)
    growth = {command: (some[command] - few[command], many[command] - some[command]) for command in few}
    return {command: (less, more) for command, (less, more) in growth.items() if more > LINEAR * less + NOISE}
