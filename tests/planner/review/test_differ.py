"""The difference of two values holds both: taking either side of it gives that value back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.lang import Scope, SetValue, evaluate, to_plain_with_marks, unknown, unmark
from kvmplan.plan.marks import hidden_paths
from kvmplan.plan.unknowns import known_part, unknown_tree
from kvmplan.review.diff_text import named_line
from kvmplan.review.differ import (
    ABSENT,
    Encoded,
    Entries,
    Items,
    Leaf,
    Node,
    Sign,
    Text,
    Turned,
    align,
    differ,
    subsequence,
)
from kvmplan.review.value_trees import marks_tree
from kvmplan.syntax import parse_expression
from kvmplan_sdk.schema import STRING

CASES = Path(__file__).parents[4] / "shared" / "conformance" / "diff_render.jsonl"

RECORDED = Path(__file__).with_name("differences.jsonl")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["", "a", "b", "a\nb\n", "b\nc\n", '{"a":1}', "[1]"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


def side(node: Node, *, new: bool) -> Any:
    """One of the two values that ``node`` is the difference of."""
    gone = Sign.DELETE if new else Sign.CREATE
    if node.sign is gone:
        return ABSENT
    match node:
        case Leaf(sign, before, after):
            return before if sign is Sign.DELETE or (sign is not Sign.CREATE and not new) else after
        case Text(_, lines):
            return [line for sign, line in lines if sign is not gone]
        case Turned(_, before, after):
            return whole(after if new else before)
        case Items(_, items):
            return [found for item in items if (found := side(item, new=new)) is not ABSENT]
        case Entries(_, entries):
            return {name: found for name, item in entries.items() if (found := side(item, new=new)) is not ABSENT}
        case Encoded(_, content):
            return ("json", side(content, new=new))
    raise AssertionError(node)


def whole(node: Node) -> Any:
    return side(node, new=node.sign is Sign.CREATE)


def same(value: Any, found: Any) -> bool:
    if isinstance(found, tuple):
        return isinstance(value, str) and same(json.loads(value), found[1])
    if isinstance(value, str) and isinstance(found, list):
        return value.removesuffix("\n").split("\n") == found
    if isinstance(value, list) and isinstance(found, list):
        return len(value) == len(found) and all(map(same, value, found))
    if isinstance(value, dict) and isinstance(found, dict):
        return value.keys() == found.keys() and all(same(item, found[name]) for name, item in value.items())
    return type(value) is type(found) and value == found


@given(json_values, json_values)
def test_a_difference_gives_both_sides_back(before: Any, after: Any) -> None:
    node = differ(before, after)
    assert same(before, side(node, new=False))
    assert same(after, side(node, new=True))


@given(json_values)
def test_a_value_does_not_differ_from_itself(value: Any) -> None:
    assert differ(value, value).sign is Sign.NONE


@st.composite
def hidden(draw: st.DrawFn, value: Any) -> tuple[Any, Any]:
    """``value`` with some of it made a secret, and the marks that say where."""
    if draw(st.booleans()):
        return "SECRET", True
    if isinstance(value, list):
        pairs = [draw(hidden(item)) for item in value]
        return [item for item, _ in pairs], [mark for _, mark in pairs]
    if isinstance(value, dict):
        entries = {name: draw(hidden(item)) for name, item in value.items()}
        return {name: item for name, (item, _) in entries.items()}, {name: mark for name, (_, mark) in entries.items()}
    return value, False


@given(json_values, json_values, st.booleans(), st.data())
def test_what_is_hidden_is_never_written(before: Any, after: Any, unknown: bool, data: st.DataObject) -> None:
    before, before_marks = data.draw(hidden(before))
    after, after_marks = data.draw(hidden(after))
    for left, right in ((before, after), (ABSENT, after), (before, ABSENT)):
        node = differ(left, right, unknown, before_marks, after_marks)
        assert "SECRET" not in "\n".join(named_line("o", node, 2, 1, top=True))


@given(json_values, json_values)
def test_every_difference_can_be_written(before: Any, after: Any) -> None:
    assert list(named_line("o", differ(before, after), 2, 1, top=True))
    assert list(named_line("o", differ(ABSENT, after), 2, 1, top=True))
    assert list(named_line("o", differ(before, ABSENT), 2, 1, top=True))


@given(st.lists(json_values, max_size=7), st.lists(json_values, max_size=7))
def test_aligned_positions_are_each_there_once_and_in_order(old: list[Any], new: list[Any]) -> None:
    for pairs in (align(old, new), subsequence(old, new)):
        assert [left for left, _ in pairs if left is not None] == list(range(len(old)))
        assert [right for _, right in pairs if right is not None] == list(range(len(new)))
        assert (None, None) not in pairs


@given(st.lists(st.integers(0, 3), max_size=8), st.lists(st.integers(0, 3), max_size=8))
def test_as_much_as_can_be_stays_in_place(old: list[int], new: list[int]) -> None:
    def longest(a: list[int], b: list[int]) -> int:
        if not a or not b:
            return 0
        return max(longest(a[1:], b), longest(a, b[1:]), longest(a[1:], b[1:]) + 1 if a[0] == b[0] else 0)

    kept = [1 for left, right in subsequence(old, new) if left is not None and right is not None]
    if len(old) + len(new) <= 10:
        assert len(kept) == longest(old, new)


@dataclass
class Evaluated:
    known: Any
    unknown: Any
    hidden: Any
    is_set: bool


def evaluated(text: str | None) -> Evaluated:
    """``None``: there is no value."""
    if text is None:
        return Evaluated(None, False, False, is_set=True)
    expression, problems = parse_expression(text, "case")
    assert expression is not None and not problems, text
    scope = Scope({"terraform_data": {"new": {"id": unknown(STRING)}}})
    value = evaluate(expression, scope)
    assert not scope.diagnostics, text
    plain, marks = to_plain_with_marks(value)
    return Evaluated(
        known_part(plain),
        unknown_tree(plain),
        marks_tree(hidden_paths(marks)),
        is_set=isinstance(unmark(value)[0], SetValue),
    )


@pytest.mark.parametrize("path", [CASES, RECORDED], ids=lambda path: path.stem)
def test_differences_look_as_terraform_shows_them(path: Path) -> None:
    """The second file has values made at random, with what Terraform 1.11.4 made of them."""
    if not path.exists():
        pytest.skip("no conformance data")
    wrong = []
    for line in path.read_text().splitlines():
        case = json.loads(line)
        before, after = evaluated(case["before"]), evaluated(case["after"])
        node = differ(
            ABSENT if before.known is None else before.known,
            ABSENT if after.known is None and after.unknown is not True else after.known,
            after.unknown,
            before.hidden,
            after.hidden,
            is_set=before.is_set and after.is_set,
        )
        rendered = "\n".join(named_line("o", node, 2, 1, top=True))
        if rendered != case["rendered"]:
            wrong.append((case.get("id"), case["before"], case["after"], case["rendered"], rendered))
    assert not wrong, "\n\n".join(f"{i}: {b} -> {a}\nwanted\n{w}\ngot\n{g}" for i, b, a, w, g in wrong)


@given(json_values, json_values, st.sampled_from(["a", "b"]))
def test_a_secret_is_not_shown_whatever_it_becomes(other: Any, inside: Any, name: str) -> None:
    secret = {name: "s3cret", "c": inside}
    for node in (differ(secret, other, False, {name: True}), differ(other, secret, False, False, {name: True})):
        assert "s3cret" not in "".join(named_line("o", node, 2, 1, top=True))
    pending = differ(secret, None, True, {name: True})
    assert "s3cret" not in "".join(named_line("o", pending, 2, 1, top=True))
