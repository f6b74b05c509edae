"""Laws that hold for whatever values one thinks of."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.lang import (
    NOT_NULL,
    SENSITIVE,
    Entry,
    ListValue,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    convert,
    from_plain,
    make_set,
    marks_of,
    render,
    to_plain,
    to_plain_with_marks,
    type_of_value,
    unify,
    value_from_json,
    value_to_json,
)
from kvmplan.lang import mark as marked
from kvmplan.lang.equality import equal
from kvmplan.syntax.number import number_text, parse_number, rounded
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import BOOL, NUMBER, STRING, ListType, SetType, from_json, to_json

from .language import try_value, value_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(normalized)
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20), st.decimals(-1000, 1000, places=4).map(lambda d: parse_number(str(d)))
)
PRIMITIVES = st.one_of(st.none(), st.booleans(), TEXT, NUMBERS)
VALUES: st.SearchStrategy[Value] = st.recursive(
    PRIMITIVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(TupleValue),
        st.dictionaries(TEXT, inner, max_size=4).map(ObjectValue),
    ),
    max_leaves=12,
)
STRINGS = st.lists(TEXT, max_size=6).map(lambda items: ListValue(STRING, items))


def same(left: Value, right: Value) -> bool:
    return type_of_value(left) == type_of_value(right) and render(left) == render(right)


@given(VALUES)
def test_json_round_trip(value: Value) -> None:
    assert same(value_of("jsondecode(jsonencode(x))", {"x": value}), value)


@given(VALUES)
def test_yaml_round_trip(value: Value) -> None:
    assert same(value_of("yamldecode(yamlencode(x))", {"x": value}), value)


@given(VALUES)
def test_plain_and_json_keep_values(value: Value) -> None:
    type_ = type_of_value(value)
    assert same(from_plain(to_plain(value), type_), value)
    assert same(value_from_json(value_to_json(value), type_), value)
    assert from_json(to_json(type_)) == type_


@given(VALUES, VALUES)
def test_equality_is_symmetric_and_reflexive(left: Value, right: Value) -> None:
    assert equal(left, right) == equal(right, left)
    if left is not None and "any" not in str(type_of_value(left)):
        assert equal(left, left) is True


@given(VALUES, VALUES)
def test_what_unifies_converts(left: Value, right: Value) -> None:
    common = unify([type_of_value(left), type_of_value(right)], safe=True)
    if common is not None and "any" not in str(common):
        convert(left, common)
        convert(right, common)
    assert common == unify([type_of_value(right), type_of_value(left)], safe=True)


@given(NUMBERS)
def test_numbers_print_what_they_are(number: Value) -> None:
    text = convert(number, STRING)
    assert convert(text, NUMBER) == number


@given(st.integers(1, 10**30), st.integers(1, 10**30))
def test_shortest_digits_read_back(numerator: int, denominator: int) -> None:
    number = rounded(numerator, denominator)
    assert parse_number(number_text(number)) == number


@given(STRINGS)
def test_sort_and_sets(strings: ListValue) -> None:
    ordered = value_of("sort(x)", {"x": strings})
    assert isinstance(ordered, ListValue)
    assert list(ordered.items) == sorted(strings.items)  # type: ignore[type-var]
    unique = value_of("sort(toset(x))", {"x": strings})
    assert same(unique, value_of("sort(distinct(x))", {"x": strings}))
    assert same(value_of("reverse(reverse(x))", {"x": strings}), strings)


@given(STRINGS, STRINGS)
def test_set_algebra(left: ListValue, right: ListValue) -> None:
    names: dict[str, object] = {"a": left, "b": right}
    union = value_of("setunion(a, b)", names)  # type: ignore[arg-type]
    parts = value_of("setunion(setsubtract(a, b), setsubtract(b, a), setintersection(a, b))", names)  # type: ignore[arg-type]
    assert same(union, parts)


@given(STRINGS, STRINGS)
def test_setproduct_is_as_large_as_the_product(left: ListValue, right: ListValue) -> None:
    made = value_of("setproduct(a, b)", {"a": left, "b": right})
    assert isinstance(made, ListValue)
    assert len(made) == len(left) * len(right)


@given(VALUES)
def test_flatten_is_idempotent(value: Value) -> None:
    once = value_of("flatten([x])", {"x": value})
    assert same(value_of("flatten(x)", {"x": once}), once)


@given(st.dictionaries(TEXT, PRIMITIVES, max_size=4), st.dictionaries(TEXT, PRIMITIVES, max_size=4))
def test_merge_takes_the_last(first: dict[str, Value], second: dict[str, Value]) -> None:
    made = value_of("merge(a, b)", {"a": ObjectValue(first), "b": ObjectValue(second)})
    assert same(made, ObjectValue({**first, **second}))


@given(VALUES)
def test_marks_survive_everything_made_of_a_value(value: Value) -> None:
    secret = {"x": marked(value, frozenset({SENSITIVE}))}
    for text in ("[x]", "{a = x}", "jsonencode(x)", "x == 1", "try(x, 1)", "true ? x : null", "[for y in [x] : y]"):
        made = value_of(text, secret)
        assert SENSITIVE in marks_of(made)
        assert "(sensitive value)" in render(made)


@given(VALUES)
def test_marks_cross_the_line_by_path(value: Value) -> None:
    made = ObjectValue({"open": 1, "secret": marked(TupleValue([value]), frozenset({SENSITIVE}))})
    plain, marks = to_plain_with_marks(made)
    assert marks == {("secret",): frozenset({SENSITIVE})}
    assert marks_of(from_plain(plain, type_of_value(made), marks)) == {SENSITIVE}


@settings(max_examples=50)
@given(st.lists(TEXT, min_size=1, max_size=5))
def test_sets_do_not_care_about_order(items: list[str]) -> None:
    assert same(make_set(STRING, items), make_set(STRING, reversed(items)))


def test_a_set_with_an_unknown_has_no_certain_length() -> None:
    made = make_set(STRING, ["a", Unknown(STRING, NOT_NULL)])
    assert isinstance(made, SetValue)
    assert value_of("length(x) > 0", {"x": made}) is True
    assert isinstance(value_of("length(x)", {"x": made}), Unknown)
    assert type_of_value(value_of("tolist(x)", {"x": made})) == ListType(STRING)
    assert type_of_value(made) == SetType(STRING)


@given(VALUES)
def test_conversion_is_idempotent(value: Value) -> None:
    for function in ("tostring", "tolist", "toset", "tomap"):
        made, said = try_value(f"{function}(x)", {"x": value})
        if not said:
            assert same(value_of(f"{function}(x)", {"x": made}), made)


@given(VALUES)
def test_sets_and_lists_lose_only_order_and_repetition(value: Value) -> None:
    made, said = try_value("toset([x, x])", {"x": value})
    if not said:
        assert isinstance(made, SetValue)
        assert len(made) == 1
        assert same(value_of("toset(tolist(x))", {"x": made}), made)


@given(st.lists(VALUES, max_size=4))
def test_what_unifies_is_a_list_of_that(values: list[Value]) -> None:
    made, said = try_value("tolist(x)", {"x": TupleValue(values)})
    common = unify(map(type_of_value, values))
    if common is None:
        assert said
    elif not said:
        assert isinstance(made, ListValue)
        assert len(made) == len(values)
        assert all(type_of_value(item) == made.element for item in made)


@given(VALUES, VALUES)
def test_a_conditional_is_the_chosen_branch(yes: Value, no: Value) -> None:
    first, said = try_value("true ? a : b", {"a": yes, "b": no})
    second, _ = try_value("false ? b : a", {"a": yes, "b": no})
    if not said:
        assert render(first) == render(second)
        assert same(convert(yes, type_of_value(first)), first)


@given(VALUES, VALUES)
def test_an_unknown_condition_keeps_the_type(yes: Value, no: Value) -> None:
    known, said = try_value("true ? a : b", {"a": yes, "b": no})
    unknown, also_said = try_value("c ? a : b", {"a": yes, "b": no, "c": Unknown(BOOL)})
    if not said and not also_said:
        assert isinstance(unknown, Unknown) or yes is None or no is None or same(known, unknown)


@given(STRINGS)
def test_sort_is_idempotent_and_keeps_elements(strings: ListValue) -> None:
    once = value_of("sort(x)", {"x": strings})
    assert same(value_of("sort(x)", {"x": once}), once)
    assert same(value_of("sort(reverse(x))", {"x": strings}), once)


@given(st.dictionaries(TEXT, PRIMITIVES, max_size=4))
def test_merge_has_a_neutral_element_and_keys_and_values_make_the_whole(entries: dict[str, Value]) -> None:
    names: dict[str, Entry] = {"x": ObjectValue(entries)}
    assert same(value_of("merge(x, {})", names), value_of("merge({}, x)", names))
    assert same(value_of("merge(x, x)", names), ObjectValue(entries))
    assert same(value_of("zipmap(keys(x), values(x))", names), ObjectValue(entries))


@given(st.lists(STRINGS, min_size=2, max_size=3))
def test_setproduct_holds_every_choice_once(lists: list[ListValue]) -> None:
    made = value_of("setproduct(x...)", {"x": TupleValue(lists)})
    assert isinstance(made, ListValue)
    assert [render(item) for item in made] == [
        render(TupleValue(choice)) for choice in product(*(one.items for one in lists))
    ]


@given(VALUES)
def test_flatten_keeps_every_leaf(value: Value) -> None:
    def leaves(part: Value) -> list[str]:
        if isinstance(part, TupleValue):
            return [leaf for item in part.items for leaf in leaves(item)]
        return [render(part)]

    made = value_of("flatten([x])", {"x": value})
    assert isinstance(made, TupleValue)
    assert [render(item) for item in made] == leaves(value)
