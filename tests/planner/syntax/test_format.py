"""Canonical formatting: own cases, each a file with what it becomes beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from kvmplan.syntax import parse_configuration
from kvmplan.syntax.format import format_configuration

from .shape import comments, shape
from .sources import SOURCES

CASES = Path(__file__).parent / "format"


@pytest.mark.parametrize("path", sorted(CASES.glob("*.in.hcl")), ids=lambda path: path.name)
def test_case(path: Path) -> None:
    wanted = path.with_name(path.name.replace(".in.", ".out.")).read_bytes().decode()
    made, problems = format_configuration(path.read_bytes().decode(), path.name)
    assert not problems
    assert made == wanted
    assert format_configuration(made, path.name) == (wanted, [])


def test_broken_text_stays_as_it_is() -> None:
    made, problems = format_configuration("a=[1 2]\n", "x")
    assert made == "a=[1 2]\n"
    assert problems


@settings(max_examples=300, deadline=None)
@given(SOURCES)
def test_nothing_is_lost_and_the_second_time_changes_nothing(text: str) -> None:
    body, problems = parse_configuration(text, "x")
    assume(not problems)
    made, _ = format_configuration(text, "x")
    again, problems = parse_configuration(made, "x")
    assert not problems
    assert shape(again) == shape(body)
    assert comments(made) == comments(text)
    assert format_configuration(made, "x") == (made, [])
