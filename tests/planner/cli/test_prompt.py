"""What the prompt hands to completion, and what it puts in the place of the word."""

from __future__ import annotations

import pytest

from kvmplan.cli.prompt import completed


def complete(prefix: str) -> list[str]:
    return [name for name in ("local.a", "provider::toy::", "provider::toy::half(") if name.startswith(prefix)]


@pytest.mark.parametrize(
    ("word", "candidates"),
    [
        ("loc", ["local.a"]),
        ("x:loc", ["x:local.a"]),
        ("provider::toy::h", ["provider::toy::half("]),
        ("x:y:provider::toy::h", ["x:y:provider::toy::half("]),
        ("x:", ["x:local.a", "x:provider::toy::", "x:provider::toy::half("]),
        ("nothing", []),
    ],
)
def test_a_colon_alone_ends_a_word_and_two_do_not(word: str, candidates: list[str]) -> None:
    assert completed(word, complete) == candidates
