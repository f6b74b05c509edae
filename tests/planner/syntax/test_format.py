"""Canonical formatting: own cases, each a file with what it becomes beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.syntax.format import format_configuration

CASES = Path(__file__).parent / "format"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.in.hcl")), ids=lambda path: path.name)
def test_case(path: Path) -> None:
    wanted = path.with_name(path.name.replace(".in.", ".out.")).read_text()
    made, problems = format_configuration(path.read_text(), path.name)
    assert not problems
    assert made == wanted
    assert format_configuration(made, path.name) == (wanted, [])


def test_broken_text_stays_as_it_is() -> None:
    made, problems = format_configuration("a=[1 2]\n", "x")
    assert made == "a=[1 2]\n"
    assert problems
