"""Where the values of variables come from, and which wins."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvmplan.config.loader import load_configuration
from kvmplan.config.variables import Given, given_values
from kvmplan.lang import Value
from kvmplan_sdk import Diagnostic, DiagnosticError

TEXT = 'variable "x" {\n  type = string\n}\nvariable "n" {\n  type = list(number)\n  default = []\n}\n'


def values(directory: Path, given: Given) -> tuple[dict[str, Value], list[Diagnostic]]:
    (directory / "main.kvm.hcl").write_text(TEXT)
    configuration, problems = load_configuration(directory)
    assert not problems
    found, _ = given_values(configuration, given, problems)
    return found, problems


def test_later_sources_win(tmp_path: Path) -> None:
    given = Given({})

    def x() -> Value:
        return values(tmp_path, given)[0].get("x")

    assert x() is None
    given = Given({"KVMPLAN_VAR_x": "environment", "KVMPLAN_VAR_other": "ignored"})
    assert x() == "environment"
    (tmp_path / "kvmplan.kvmvars.hcl").write_text('x = "file"\n')
    assert x() == "file"
    (tmp_path / "kvmplan.kvmvars.json").write_text(json.dumps({"x": "json"}))
    assert x() == "json"
    (tmp_path / "a.auto.kvmvars.hcl").write_text('x = "auto a"\n')
    (tmp_path / "b.auto.kvmvars.json").write_text(json.dumps({"x": "auto b"}))
    assert x() == "auto b"
    (tmp_path / "more.hcl").write_text('x = "more"\n')
    given = Given(given.environment, files=(str(tmp_path / "more.hcl"),))
    assert x() == "more"
    given = Given(given.environment, given.files, ("x=first", "x=a=b"))
    assert x() == "a=b"
    given = Given(given.environment, given.files, given.assignments, ("var", "var-file", "var"))
    assert x() == "a=b"
    given = Given(given.environment, given.files, given.assignments, ("var", "var", "var-file"))
    assert x() == "more", "the last one on the command line"


def test_a_value_of_a_type_that_is_not_primitive_is_an_expression(tmp_path: Path) -> None:
    found, problems = values(tmp_path, Given({"KVMPLAN_VAR_n": "[1, 2]"}))
    assert not problems
    assert found["n"] is not None
    for text in ("[1,", "nothing", "a"):
        _, problems = values(tmp_path, Given({}, assignments=(f"n={text}",)))
        assert [problem.summary for problem in problems] == ["Invalid value of --var n"]


@pytest.mark.parametrize(
    ("assignment", "summary"),
    [("x", "Invalid --var"), ("y=1", "Value for undeclared variable"), ("=1", "Value for undeclared variable")],
)
def test_wrong_assignments(tmp_path: Path, assignment: str, summary: str) -> None:
    _, problems = values(tmp_path, Given({}, assignments=(assignment,)))
    assert [(problem.summary, problem.is_error) for problem in problems] == [(summary, True)]


def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError):
        values(tmp_path, Given({}, files=(str(tmp_path / "nowhere.hcl"),)))
    for name, text in [("a.auto.kvmvars.json", "[]"), ("a.auto.kvmvars.json", "{"), ("a.auto.kvmvars.hcl", "b {}\n")]:
        (tmp_path / name).write_text(text)
        _, problems = values(tmp_path, Given({}))
        assert [problem.is_error for problem in problems] == [True], text
        (tmp_path / name).unlink()
    (tmp_path / "a.auto.kvmvars.hcl").write_text("y = 1\n")
    _, problems = values(tmp_path, Given({}))
    assert [(problem.summary, problem.is_error) for problem in problems] == [("Value for undeclared variable", False)]
