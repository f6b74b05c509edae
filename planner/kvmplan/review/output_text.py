"""Output values: for people as expressions one could type, for programs as JSON or as bare text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kvmplan.lang import from_plain, render
from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.render import friendly_name
from kvmplan.plan.unknowns import shown
from kvmplan.state.model import Output
from kvmplan.state.values_json import encode_value
from kvmplan_sdk import types
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.types import STRING, Primitive


def outputs_text(outputs: Mapping[str, Output]) -> str:
    """``Outputs:`` and one assignment for each, or nothing."""
    return f"Outputs:\n\n{assignments_text(outputs)}" if outputs else ""


def assignments_text(outputs: Mapping[str, Output]) -> str:
    """One assignment for each, in which sensitive values are hidden."""
    return "".join(
        f"{name} = {'<sensitive>' if output.sensitive else value_text(output)}\n"
        for name, output in sorted(outputs.items())
    )


def value_text(output: Output) -> str:
    return render(from_plain(output.value, output.type))


def outputs_json(outputs: Mapping[str, Output]) -> dict[str, Any]:
    """``{NAME: {"sensitive", "type", "value"}}``, as ``terraform output -json`` has it: with sensitive values."""
    return {name: output_json(output) for name, output in sorted(outputs.items())}


def output_json(output: Output) -> dict[str, Any]:
    return {"sensitive": output.sensitive, "type": types.to_json(output.type), "value": shown(output.value)}


def outputs_document(outputs: Mapping[str, Output]) -> str:
    return json.dumps(outputs_json(outputs), indent=2, sort_keys=True, ensure_ascii=False, default=encode_value)


def value_document(output: Output) -> str:
    return json.dumps(
        shown(output.value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=encode_value
    )


def raw_text(name: str, output: Output) -> str:
    """The value alone, for shells. Raises `DiagnosticError` when it has no such form."""
    if not isinstance(output.type, Primitive) or output.value is None:
        what = "null" if output.value is None else f"of type {friendly_name(output.type)}"
        raise DiagnosticError(
            error(
                "Output has no bare form",
                f'--raw prints strings, numbers and bools; "{name}" is {what}. '
                f"`kvmplan output --json {name}` prints it for programs.",
            )
        )
    try:
        return str(convert(from_plain(output.value, output.type), STRING))
    except ConversionError as problem:
        raise DiagnosticError(error("Output has no bare form", f'"{name}": {problem}.')) from None
