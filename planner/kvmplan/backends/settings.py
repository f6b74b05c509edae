"""A ``backend`` block against the schema of its backend. It is read first of all: nothing in it is evaluated."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from kvmplan.config.model import Backend as Written
from kvmplan.lang import ConversionError, Scope, convert, to_plain
from kvmplan.plan.configured import read_body
from kvmplan.syntax import references
from kvmplan_sdk.backend import Backend
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.schema import Attribute, ObjectSchema
from kvmplan_sdk.values import Object, Value


def block_values(written: Written, backend: Backend) -> Object:
    """What the block says, null where it says nothing. Raises `DiagnosticError`."""
    diagnostics: list[Diagnostic] = []
    for expression in written.body.expressions(diagnostics):
        diagnostics += [
            error(
                "Reference in a backend block",
                "Where the state is must be known before anything is evaluated: write the value itself, or leave the "
                "argument out and give it to `kvmplan init --backend-config=NAME=VALUE`.",
                source=reference.range,
            )
            for reference in references(expression)
        ]
    if not diagnostics:
        kind = f'Backend "{backend.name}"'
        read = read_body(kind, written.body, _nothing_required(backend.schema), written.range, Scope({}), diagnostics)
        if not has_errors(diagnostics):
            return read.values
    raise DiagnosticError(*diagnostics)


def _nothing_required(schema: ObjectSchema) -> ObjectSchema:
    """What is missing from the block may come from elsewhere."""
    return replace(schema, attributes={name: replace(one, required=False) for name, one in schema.attributes.items()})


def completed(values: Object, backend: Backend, environment: Mapping[str, str] = os.environ) -> Object:
    """``values`` with what the environment says, and defaults. Raises `DiagnosticError` where something is missing."""
    found, missing = dict(values), []
    for name, attribute in backend.schema.attributes.items():
        if found.get(name) is None:
            variable = next((one for one in backend.environment.get(name, ()) if environment.get(one)), None)
            found[name] = attribute.default if variable is None else _from(variable, environment[variable], attribute)
        if found[name] is None and attribute.required:
            missing.append(_missing(name, attribute.doc, backend))
    if missing:
        raise DiagnosticError(*missing)
    return found


def _from(variable: str, text: str, attribute: Attribute) -> Value:
    try:
        return to_plain(convert(text, attribute.type))
    except ConversionError as problem:
        raise DiagnosticError(error("Wrong type", f"{variable}: {problem.reason}.")) from None


def _missing(name: str, doc: str, backend: Backend) -> Diagnostic:
    variables = " or ".join(backend.environment.get(name, ()))
    return error(
        "Missing argument",
        f'Backend "{backend.name}" needs "{name}". {doc} Write it in the block, or give it with `kvmplan init '
        f"--backend-config={name}=VALUE`{f', or in {variables}' if variables else ''}.",
    )


__all__ = ["block_values", "completed"]
