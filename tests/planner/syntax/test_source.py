"""Places in a text: lines, columns of what a reader takes for characters, bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Position

texts = st.text(alphabet="ab \u00e9\U0001f600\n", max_size=20)


@given(texts, st.data())
def test_position(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset]
    line = before.count("\n")
    column = len(before.rpartition("\n")[2])
    wanted = Position(5 + line, (3 if line == 0 else 1) + column, 7 + len(before.encode()))
    assert Source(text, "x", Position(5, 3, 7)).position(offset) == wanted


def test_what_a_reader_takes_for_one_character_is_one_column() -> None:
    assert Source("e\u0301\nae\u0301b", "x").position(6) == Position(2, 3, 8)
