"""Expressions evaluated at a prompt, against a configuration and its state. Reading lines is the command's business."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kvmplan.backends.opening import open_store
from kvmplan.backends.workspaces import current_workspace
from kvmplan.config.model import Configuration
from kvmplan.config.variables import Given
from kvmplan.lang import (
    FUNCTIONS,
    Scope,
    Value,
    is_wholly_known,
    render,
    type_of_value,
    unmark_deep,
)
from kvmplan.lang import evaluate as evaluate_expression
from kvmplan.lang.functions.encoding import encode_json
from kvmplan.plan.taking_in import take_in
from kvmplan.plugins import Plugins
from kvmplan.preparing import Prepared, prepare
from kvmplan.state.sealing import Sealing
from kvmplan.syntax import Call, parse_expression
from kvmplan_sdk.diagnostics import Diagnostic, has_errors
from kvmplan_sdk.types import to_json

PROMPT_NAME = "<console>"


@dataclass(frozen=True, slots=True)
class Answer:
    """The value of what was typed, or what is wrong with it; ``text``: what was typed, for carets."""

    text: str
    value: Value
    diagnostics: tuple[Diagnostic, ...]

    @property
    def failed(self) -> bool:
        return has_errors(self.diagnostics)


@dataclass(frozen=True, slots=True)
class Console:
    """A configuration to ask."""

    prepared: Prepared

    def ask(self, text: str) -> Answer:
        """Evaluate one expression; what it is, or what is wrong with it."""
        expression, problems = parse_expression(text, PROMPT_NAME)
        if expression is None or has_errors(problems):
            return Answer(text, None, tuple(problems))
        scope = self._scope()
        value = evaluate_expression(expression, scope)
        return Answer(text, value, (*problems, *scope.diagnostics))

    def completions(self, prefix: str) -> list[str]:
        """What may be meant by ``prefix``: names in scope, functions, and what stands after the dot of a name."""
        configuration = self.prepared.configuration
        functions = self.prepared.modules.functions(())
        candidates = [*(f"{name}(" for name in FUNCTIONS), *_names(configuration)]
        candidates += functions.completions(prefix) if functions else ()
        return sorted({name for name in candidates if name.startswith(prefix)})

    def _scope(self) -> Scope:
        return self.prepared.modules.root.scope([])


def _names(configuration: Configuration) -> Iterable[str]:
    yield from (f"var.{name}" for name in configuration.variables)
    yield from (f"local.{name}" for name in configuration.locals)
    yield from (f"host.{name}" for name in configuration.hosts)
    yield from map(str, configuration.resources)
    for name, module in configuration.modules.items():
        yield from (f"module.{name}.{output}" for output in module.outputs)
    yield from ("path.cwd", "path.module", "path.root", "kvmplan.workspace", "terraform.workspace")


def open_console(directory: Path, given: Given, state: Path | None) -> Console:
    """``state``: where the state is, if not where the configuration says. Raises `DiagnosticError` when it or the
    configuration cannot be read.
    """
    plugins = Plugins()
    workspace = current_workspace(directory)
    prepared = prepare(directory, given, plugins, workspace=workspace, empty=True)
    if not prepared.failed:
        prepared.modules.setting.applying = True
        store = open_store(state, prepared.configuration, workspace)
        store.seal = Sealing(lambda: prepared.protections.state)
        stored = store.load()
        instances = stored.instances.values() if stored else ()
        objects = {one.address: (one.values, one.sensitive) for one in instances if not one.address.deposed}
        take_in(prepared.modules, prepared.dependencies, objects, plugins, complete=False)
    return Console(prepared)


def answer_json(answer: Answer) -> str:
    """One line: ``{"type", "value"}``, with ``"sensitive": true`` where it is; ``{"unknown": true}``; or ``{"error",
    "detail"}``.
    """
    problem = next((diagnostic for diagnostic in answer.diagnostics if diagnostic.is_error), None)
    if problem is not None:
        return json.dumps({"error": problem.summary, "detail": problem.detail}, ensure_ascii=False)
    if not is_wholly_known(answer.value):
        return json.dumps({"unknown": True})
    value, marks = unmark_deep(answer.value)
    sensitive = ', "sensitive": true' if marks else ""
    return f'{{"type": {json.dumps(to_json(type_of_value(value)))}, "value": {encode_json(value)}{sensitive}}}'


def answer_text(answer: Answer) -> str:
    """As Terraform's console prints it: a type, which is no value, without quotes."""
    expression, _ = parse_expression(answer.text, PROMPT_NAME)
    if isinstance(expression, Call) and expression.name == "type" and isinstance(answer.value, str):
        return answer.value
    return render(answer.value)
