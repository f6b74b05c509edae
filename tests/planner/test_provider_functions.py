"""Functions of providers in expressions: converted, marked, blamed, and known no earlier than their arguments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kvmplan.console import Console, answer_json, answer_text
from kvmplan.lang import (
    DYNAMIC,
    EPHEMERAL,
    SENSITIVE,
    Entry,
    Function,
    Mark,
    Scope,
    Value,
    evaluate,
    mark,
    marks_of,
    render,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan.plugins import Plugins
from kvmplan.preparing import check, prepare
from kvmplan.provider_functions import ProviderFunctions
from kvmplan.syntax import parse_expression
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.types import NUMBER, STRING, ListType, Type

from .workspace import PlanningError, Workspace

FUNCTIONS = ProviderFunctions(Plugins(), {"plaything": "toy"})


def asked(text: str, **variables: Entry) -> tuple[Value, list[Diagnostic]]:
    expression, problems = parse_expression(text, "test")
    assert expression is not None, problems
    scope = Scope(variables, provided=FUNCTIONS.find)
    return evaluate(expression, scope), scope.diagnostics


def value_of(text: str, **variables: Entry) -> Value:
    value, diagnostics = asked(text, **variables)
    assert not diagnostics, diagnostics
    return value


def problem_of(text: str, **variables: Entry) -> Diagnostic:
    _, diagnostics = asked(text, **variables)
    (diagnostic,) = diagnostics
    return diagnostic


def columns(diagnostic: Diagnostic) -> tuple[int, int]:
    assert diagnostic.source is not None
    return diagnostic.source.start.column, diagnostic.source.end.column


@pytest.mark.parametrize(
    ("call", "same_as"),
    [
        ("provider::toy::half(8)", "4"),
        ('provider::toy::half("8")', "4"),
        ("provider::plaything::half(8)", "4"),
        ('provider::toy::label("-")', '""'),
        ('provider::toy::label("-", "a", 1, true)', '"a-1-true"'),
        ('provider::toy::label(["-", "a", "b"]...)', '"a-b"'),
        ('provider::toy::either(null, "b")', '"b"'),
        ('provider::toy::count(["a"])', "1"),
        ('provider::toy::split(["b", "a", "b"])', '{ first = "a", rest = tolist(["b"]) }'),
        ('provider::toy::same([1, "a"])', '[1, "a"]'),
        ('provider::toy::same(tolist(["a"]))', 'tolist(["a"])'),
        ('provider::toy::same({ a = toset(["b"]) })', '{ a = toset(["b"]) }'),
        ("provider::toy::same(null)", "null"),
        ("try(provider::toy::half(3), 0)", "0"),
        ("can(provider::toy::half(3))", "false"),
        ("[for n in [2, 4] : provider::toy::half(n)]", "[1, 2]"),
        ("provider::toy::half(provider::toy::half(8))", "2"),
    ],
)
def test_a_call_has_the_value_that_the_provider_answers(call: str, same_as: str) -> None:
    found, wanted = value_of(call), value_of(same_as)
    assert (render(found), type_of_value(found)) == (render(wanted), type_of_value(wanted))


@pytest.mark.parametrize(
    ("call", "type_"),
    [
        ("provider::toy::half(x)", NUMBER),
        ('provider::toy::label("-", "a", x)', STRING),
        ("provider::toy::count(provider::toy::split([x]).rest)", NUMBER),
        ("provider::toy::split([x]).rest", ListType(STRING)),
    ],
)
@pytest.mark.parametrize("x", [DYNAMIC, unknown(STRING)])
def test_unknown_arguments_give_an_unknown_answer_of_the_declared_type(call: str, type_: Type, x: Value) -> None:
    value = value_of(call, x=x)
    assert value == unknown(type_)


def test_a_function_that_takes_unknowns_may_answer_all_the_same() -> None:
    assert value_of('provider::toy::count([x, "a"])', x=unknown(STRING)) == 2


@pytest.mark.parametrize("which", [SENSITIVE, EPHEMERAL])
def test_marks_of_arguments_are_on_the_answer(which: Mark) -> None:
    marks = frozenset({which})
    for argument in (mark("a", marks), unknown(STRING)):
        value = value_of('provider::toy::label("-", x, y)', x=argument, y=mark("b", marks))
        assert marks_of(value) == marks
        assert type_of_value(unmark(value)[0]) == STRING
    assert marks_of(value_of("provider::toy::split([x])", x=mark("a", marks))) == marks


@pytest.mark.parametrize(
    ("call", "summary", "words", "at"),
    [
        ("provider::toy::half(3)", "Invalid function argument", "3 is odd: give an even number.", "3"),
        ('provider::toy::label("-", "a", "b-c")', "Invalid function argument", "the separator in it", '"b-c"'),
        ("provider::toy::split([])", "Error in function call", "nothing to split", "provider::toy::split([])"),
        ('provider::toy::half("x")', "Invalid function argument", "number", '"x"'),
        ("provider::toy::half(null)", "Invalid function argument", "must not be null", "null"),
        ("provider::toy::half()", "Error in function call", '"number"', "provider::toy::half()"),
        ("provider::toy::half(2, 4)", "Error in function call", "too many", "provider::toy::half(2, 4)"),
        ("provider::toy::bug()", "Provider toy failed", "RuntimeError: this function", "provider::toy::bug()"),
        (
            "provider::toy::lie()",
            "Provider toy failed",
            "provider::toy::lie answered with list",
            "provider::toy::lie()",
        ),
        ("provider::toy::guess()", "Provider toy failed", "unknown answer", "provider::toy::guess()"),
        ("provider::toy::hlaf(2)", "Call to unknown function", 'Did you mean "half"?', "provider::toy::hlaf"),
        ("provider::libvirt::x()", "Call to unknown function", "It has: ", "provider::libvirt::x"),
        ("provider::toyy::half(2)", 'No provider "toyy"', 'Did you mean "toy"?', "provider::toyy::half"),
        ("provider::toy(2)", "Call to unknown function", "provider::NAME::FUNCTION", "provider::toy"),
        (
            "provider::toy::half::x(2)",
            "Call to unknown function",
            "provider::NAME::FUNCTION",
            "provider::toy::half::x",
        ),
    ],
)
def test_what_is_wrong_with_a_call_is_said_at_its_place(call: str, summary: str, words: str, at: str) -> None:
    text = f"[1, {call}]"
    found = problem_of(text)
    assert found.summary == summary
    assert words in found.detail
    assert not found.detail.endswith("..")
    start = text.index(at) + 1
    assert columns(found) == (start, start + len(at))


@pytest.mark.parametrize("call", ["half(x)", 'label("-", "a", x)', "split(x)"])
def test_errors_tell_nothing_sensitive(call: str) -> None:
    secrets: dict[str, Value] = {"half(x)": 31337, 'label("-", "a", x)': "s-31337", "split(x)": "31337"}
    found = problem_of(f"provider::toy::{call}", x=mark(secrets[call], frozenset({SENSITIVE})))
    assert "31337" not in found.detail


def test_a_bug_over_a_sensitive_argument_tells_nothing(installed: Path) -> None:
    install(installed, "leaky", "int(value)")
    text, variables = "provider::leaky::f(x)", {"x": mark("hunter2", frozenset({SENSITIVE}))}
    expression, _ = parse_expression(text, "test")
    assert expression is not None
    scope = Scope(variables, provided=ProviderFunctions(Plugins()).find)
    evaluate(expression, scope)
    assert [problem.summary for problem in scope.diagnostics] == ["Provider leaky failed"]
    assert "hunter2" not in scope.diagnostics[0].detail


def test_where_no_provider_is_known_that_is_said() -> None:
    found = Scope({}).function("provider::toy::half")
    assert isinstance(found, Diagnostic)
    assert "local value" in found.detail


# Plugins are loaded when they are called


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(directory: Path, name: str, body: str) -> str:
    """A plugin with a function ``f`` of one string; returns the name of its module."""
    module = f"provfn_{name}_{abs(hash(directory)) % 10**8}"
    (directory / f"{module}.py").write_text(
        f"""
from kvmplan_sdk import Function, Parameter, Provider, ProviderSchema, hookimpl
from kvmplan_sdk.types import STRING

class Made(Provider):
    name, version = "{name}", "1"
    schema = ProviderSchema(functions={{"f": Function(
        summary="F.", parameters=(Parameter(name="value", type=STRING, doc="Any."),), returns=STRING,
        call=lambda value: {body})}})

    def open(self, host, configuration, lineage):
        raise AssertionError("opened")

@hookimpl
def kvmplan_provider():
    return Made()
"""
    )
    information = directory / f"{module}-1.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
    (information / "entry_points.txt").write_text(f"[kvmplan]\n{name} = {module}\n")
    return module


def test_a_plugin_is_loaded_by_the_first_call_and_not_before(installed: Path) -> None:
    module = install(installed, "lazy", "value.upper()")
    functions = ProviderFunctions(Plugins())
    assert isinstance(functions.find("provider::toy::half"), Function)
    assert list(functions.completions("provider::la")).count("provider::lazy::") == 1
    assert module not in sys.modules
    assert isinstance(functions.find("provider::lazy::f"), Function)
    assert module in sys.modules


def test_a_plugin_that_cannot_be_loaded_is_blamed_where_it_is_called(installed: Path) -> None:
    module = install(installed, "broken", "value")
    (installed / f"{module}.py").write_text("raise RuntimeError('loaded')")
    found = ProviderFunctions(Plugins()).find("provider::broken::f")
    assert isinstance(found, Diagnostic)
    assert found.summary == 'Provider "broken" cannot be loaded'


# In commands


def opened(workspace: Workspace, text: str) -> Console:
    workspace.write(text)
    plugins = Plugins()
    prepared = prepare(workspace.directory, workspace.given, plugins)
    assert not prepared.failed, prepared.diagnostics
    return Console(prepared)


def test_the_console_calls_them_and_completes_their_names(workspace: Workspace) -> None:
    console = opened(workspace, "locals {\n  four = provider::toy::half(8)\n}\n")
    assert answer_text(console.ask("provider::toy::half(local.four)")) == "2"
    assert answer_json(console.ask("provider::toy::half(3)")).startswith('{"error": "Invalid function argument"')
    assert "provider::toy::" in console.completions("prov")
    assert console.completions("provider::to") == ["provider::toy::"]
    assert console.completions("provider::toy::ha") == ["provider::toy::half("]
    assert console.completions("provider::nobody::") == []


@pytest.mark.parametrize(
    ("size", "summaries"),
    [
        ("provider::toy::half(var.n)", []),
        ("provider::toy::half(3)", ["Invalid function argument"]),
        ("provider::toy::hlaf(var.n)", ["Call to unknown function"]),
        ("provider::nobody::half(var.n)", ['No provider "nobody"']),
    ],
)
def test_validate_checks_calls_without_values(workspace: Workspace, size: str, summaries: list[str]) -> None:
    workspace.write(
        f'variable "n" {{ type = number }}\nresource "toy_thing" "a" {{\n  name = "a"\n  size = {size}\n}}\n'
    )
    _, diagnostics = check(workspace.directory)
    assert [diagnostic.summary for diagnostic in diagnostics] == summaries
    assert all(diagnostic.source is not None and diagnostic.source.start.line == 4 for diagnostic in diagnostics)


def test_plan_and_apply_call_them_when_their_arguments_are_known(workspace: Workspace) -> None:
    workspace.write(
        'resource "toy_thing" "a" { name = "a" }\n'
        'resource "toy_thing" "b" {\n'
        '  name = "b"\n'
        "  size = provider::toy::half(8)\n"
        '  note = provider::toy::label("/", "of", toy_thing.a.id)\n'
        "}\n"
        'output "note" { value = provider::toy::either(toy_thing.b.note, "none") }\n'
    )
    change = next(one for address, one in workspace.plan().changes.items() if str(address) == "toy_thing.b")
    assert change.after is not None
    assert change.after["size"] == 4
    assert str(change.after["note"]) == "UNKNOWN"
    result = workspace.apply()
    things = workspace.objects()
    assert result.outputs["note"].value == things["b"]["note"] == f"of/{things['a']['id']}"
    assert not [one for one in workspace.plan().changes.values() if one.action.name != "NO_OP"]


def test_an_argument_that_turns_out_wrong_stops_the_apply_at_its_object(workspace: Workspace) -> None:
    workspace.write(
        'resource "toy_thing" "a" { name = "a" }\n'
        'resource "toy_thing" "b" {\n'
        '  name = "b"\n'
        "  size = provider::toy::half(toy_thing.a.revision)\n"
        "}\n"
    )
    result = workspace.apply()
    assert [problem.summary for problem in result.diagnostics] == ["Invalid function argument"]
    assert set(workspace.objects()) == {"a"}


def test_a_plan_with_a_wrong_call_is_refused(workspace: Workspace) -> None:
    workspace.write('output "half" { value = provider::toy::half(3) }\n')
    with pytest.raises(PlanningError) as problem:
        workspace.plan()
    assert [one.summary for one in problem.value.diagnostics] == ["Invalid function argument"]
