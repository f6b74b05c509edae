"""The recorded answers of Terraform 1.11.4, kept beside the repository; without them these tests are skipped.

Rows that are left out stand with their reasons in ``left_out.json``.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kvmplan.lang import (
    DYNAMIC,
    FUNCTIONS,
    NOT_NULL,
    Entry,
    Function,
    ListValue,
    MapValue,
    ObjectValue,
    Param,
    Scope,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    evaluate,
    from_plain,
    make_set,
    null,
    render,
    type_of_value,
    unmark_deep,
    value_to_json,
)
from kvmplan.syntax import parse_configuration, parse_expression, parse_template
from kvmplan.syntax.format import format_configuration, layout
from kvmplan.syntax.number import number_text
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.types import (
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    from_json,
    to_json,
)

from ..syntax.shape import comments, shape

DATA = Path(__file__).parents[4] / "shared" / "conformance"
LEFT_OUT = json.loads(Path(__file__).with_name("left_out.json").read_text())
FIXTURES = DATA / "fixtures" / "cwd"
SKIPPED = ("nondeterministic", "env_dependent", "opentofu_only")

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no conformance data beside the repository")


def rows(name: str) -> list[Any]:
    """The rows of a file, numbers as they are written."""
    path = DATA / f"{name}.jsonl"
    if not path.is_file():
        return []
    decoded = [json.loads(line, parse_float=Decimal, parse_int=Decimal) for line in path.read_text().splitlines()]
    left_out = LEFT_OUT.get(name, {})
    wanted = [row for row in decoded if str(row["id"]) not in left_out and not any(key in row for key in SKIPPED)]
    return [pytest.param(row, id=f"{name}-{row['id']}") for row in wanted]


@pytest.fixture
def in_fixtures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FIXTURES)


def scope(*, pure: bool = False) -> Scope:
    data = ObjectValue({"id": Unknown(STRING, NOT_NULL), "input": None, "output": None, "triggers_replace": None})
    planned = ObjectValue({**data.entries, "input": DYNAMIC})
    variables: dict[str, Entry] = {
        "local": {"greeting_template": "Hello, ${name}!"},
        "path": ObjectValue({"module": ".", "root": ".", "cwd": str(FIXTURES)}),
        "terraform": ObjectValue({"workspace": "default"}),
        "terraform_data": {"u": data},
        "resource": {"terraform_data": {"u": planned}},
    }
    return Scope(variables, base_dir=FIXTURES, pure=pure)


def answer(expression: str, within: Scope) -> tuple[Value, list[Diagnostic]]:
    """The value of an expression as a local has it."""
    layout = "locals {{\n  e = {}\n}}\n" if "\n" in expression else "locals {{ e = {} }}\n"
    body, problems = parse_configuration(layout.format(expression), "x")
    if problems:
        return DYNAMIC, problems
    value = evaluate(body.blocks[0].body.attributes["e"].expression, within)
    return value, [problem for problem in within.diagnostics if problem.is_error]


def exact(data: Any) -> Any:
    """JSON with its numbers as decimals."""
    if isinstance(data, (list, tuple)):
        return [exact(item) for item in data]
    if isinstance(data, dict):
        return {name: exact(item) for name, item in data.items()}
    if isinstance(data, bool) or data is None or isinstance(data, str):
        return data
    return Decimal(str(data))


def close(got: Any, wanted: Any) -> bool:
    """Whether they are the same; recorded numbers went through a JSON reader's floating point."""
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(close, got, wanted))
    if isinstance(wanted, dict):
        return isinstance(got, dict) and got.keys() == wanted.keys() and all(close(got[k], wanted[k]) for k in wanted)
    if isinstance(wanted, Decimal) and isinstance(got, (str, Decimal)):
        return abs(Decimal(got) - wanted) <= abs(wanted) * Decimal("1e-15")
    return type(got) is type(wanted) and bool(got == wanted)


@pytest.mark.usefixtures("in_fixtures")
@pytest.mark.parametrize("row", [*rows("functions"), *rows("expressions")])
def test_known(row: Any) -> None:
    value, problems = answer(row["expr"], scope())
    if row.get("oracle_bug") or row.get("impl_dependent"):
        return
    if row.get("error"):
        assert problems, f"no error, but {render(value)}"
        return
    assert not problems
    assert to_json(type_of_value(value)) == row["type"]
    assert close(exact(value_to_json(value)), exact(row["json"]))
    if row.get("console") is not None:
        assert render(value) == row["console"]


def unknown_parts(value: Value) -> Any:
    """Where ``value`` is unknown, as the rows write it."""
    value, _ = unmark_deep(value)
    if isinstance(value, (ObjectValue, MapValue)):
        inner = {name: unknown_parts(item) for name, item in value.entries.items()}
        return {name: part for name, part in inner.items() if part is not False} or False
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        parts = [unknown_parts(item) for item in value.items]
        return parts if any(part is not False for part in parts) else False
    return isinstance(value, Unknown)


@pytest.mark.usefixtures("in_fixtures")
@pytest.mark.parametrize("row", [*rows("unknown"), *rows("functions_unknown")])
def test_unknown(row: Any) -> None:
    value, problems = answer(row["expr"], scope(pure=True))
    if row.get("error"):
        assert problems, f"no error, but {render(value)}"
        return
    assert not problems
    assert unknown_parts(value) == row["unknown"]
    if row["unknown"] is False:
        assert close(exact(value_to_json(value)), exact(row["json"]))


def from_row(data: Any, type_: Type) -> Value:
    """A variable of a row, where ``{"$unknown": true}`` stands for what is not known."""
    if isinstance(data, dict) and "$unknown" in data:
        return Unknown(type_)
    if data is None:
        return null(type_)
    match type_:
        case ObjectType(attributes):
            return ObjectValue({name: from_row(data[name], kind) for name, kind in attributes.items()})
        case TupleType(elements):
            return TupleValue(map(from_row, data, elements))
        case ListType(element):
            return ListValue(element, [from_row(item, element) for item in data])
        case SetType(element):
            return make_set(element, [from_row(item, element) for item in data])
        case MapType(element):
            return MapValue(element, {name: from_row(item, element) for name, item in data.items()})
    return from_plain(int(data) if isinstance(data, Decimal) and data == int(data) else data, type_)


def with_unknowns(value: Value) -> Any:
    value, _ = unmark_deep(value)
    if isinstance(value, Unknown):
        return {"$unknown": True}
    if isinstance(value, (ObjectValue, MapValue)):
        return {name: with_unknowns(item) for name, item in value.entries.items()}
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return [with_unknowns(item) for item in value.items]
    return value_to_json(value)


def functions_of(row: Any) -> dict[str, Function]:
    if "functions" not in row:
        return {}
    known = dict(FUNCTIONS)
    for name, implementation in row["functions"].items():
        if implementation == "stdlib.NegateFunc":
            known[name] = Function(name, (Param("num", NUMBER),), None, NUMBER, lambda number: -number, "")
        elif implementation == "stdlib.UpperFunc":
            known[name] = FUNCTIONS["upper"]
    return known


@pytest.mark.parametrize("row", rows("hcl_expressions"))
def test_syntax(row: Any) -> None:
    variables = {
        name: from_row(given["value"], from_json(given["type"])) for name, given in (row.get("variables") or {}).items()
    }
    within = Scope(variables, functions_of(row))
    parse = parse_template if row["kind"] == "template" else parse_expression
    expression, problems = parse(row["input"], "x")
    value = evaluate(expression, within) if expression is not None else DYNAMIC
    problems = [*problems, *within.diagnostics]
    assert bool(problems) == (row["diag_count"] is None or row["diag_count"] > 0)
    if not problems and "want" in row:
        assert to_json(type_of_value(value)) == row["want"]["type"]
        assert close(exact(with_unknowns(value)), exact(row["want"]["value"]))


@pytest.mark.parametrize("row", rows("fmt"))
def test_format(row: Any) -> None:
    if row["valid_config"]:
        made, problems = format_configuration(row["input"], "x")
        assert not problems
        assert made == row["terraform_fmt"]
    else:
        wanted = row["hclwrite_want"]
        made = layout(row["input"])
        assert made == wanted if wanted.endswith("\n") else made == wanted + "\n"


def corpus() -> list[Any]:
    path = DATA / "parse_corpus" / "manifest.jsonl"
    found = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
    return [pytest.param(row, id=row["file"]) for row in found]


def text_of(file: str) -> str:
    return (DATA / "parse_corpus" / file).read_bytes().decode(errors="surrogateescape")


@pytest.mark.parametrize("row", corpus())
def test_corpus(row: Any) -> None:
    _, problems = parse_configuration((DATA / "parse_corpus" / row["file"]).read_bytes(), row["file"])
    assert not problems if row["syntax_ok"] else problems
    if not row["syntax_ok"] or row["file"] in LEFT_OUT["parse_corpus"]:
        return
    if row.get("formatted") or row.get("fmt_clean"):
        made, _ = format_configuration(text_of(row["file"]), row["file"])
        assert made == text_of(row.get("formatted") or row["file"])


@pytest.mark.parametrize("row", [row for row in corpus() if row.values[0]["syntax_ok"]])
def test_formatting_the_corpus_loses_nothing(row: Any) -> None:
    text = text_of(row["file"])
    made, _ = format_configuration(text, row["file"])
    again, problems = parse_configuration(made, row["file"])
    assert not problems
    assert shape(again) == shape(parse_configuration(text, row["file"])[0])
    assert comments(made) == comments(text)
    assert format_configuration(made, row["file"])[0] == made


def test_left_out_rows_exist() -> None:
    for name, reasons in LEFT_OUT.items():
        if name != "parse_corpus":
            known = {str(json.loads(line)["id"]) for line in (DATA / f"{name}.jsonl").read_text().splitlines()}
            assert reasons.keys() <= known


def test_numbers_are_printed_in_full() -> None:
    value, _ = answer("1 / 3", scope())
    assert isinstance(value, (int, float)) is False
    assert len(number_text(value)) == 157  # type: ignore[arg-type]
