"""The value of an input variable from what was given for it: converted, defaulted, marked."""

from __future__ import annotations

from kvmplan.config.model import Output, Variable
from kvmplan.lang import (
    EPHEMERAL,
    SENSITIVE,
    ConversionError,
    Marks,
    Scope,
    Value,
    convert,
    evaluate,
    is_null,
    mark,
    unknown,
)
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


def marks_of_block(block: Variable | Output) -> Marks:
    return frozenset({*([SENSITIVE] if block.sensitive else []), *([EPHEMERAL] if block.ephemeral else [])})


def default_value(variable: Variable, diagnostics: list[Diagnostic]) -> Value:
    """The default of a variable that has one, as its type has it."""
    assert variable.default is not None
    value = evaluate(variable.default, Scope({}, diagnostics=diagnostics))
    return converted(variable, value, variable.default.range, diagnostics)


def value_or_default(variable: Variable, diagnostics: list[Diagnostic]) -> Value:
    """What a variable of the root module is when nobody gave a value."""
    if variable.default is not None:
        return default_value(variable, diagnostics)
    diagnostics.append(_missing(variable))
    return unknown(variable.type)


def converted(variable: Variable, value: Value, source: SourceRange, diagnostics: list[Diagnostic]) -> Value:
    """``value``, given at ``source``, as the variable has it; unknown when it cannot be."""
    if (
        is_null(value)
        and not variable.nullable
        and variable.default is not None
        and source is not variable.default.range
    ):
        return default_value(variable, diagnostics)
    try:
        value = convert(variable.type_defaults.apply(value), variable.type)
    except ConversionError as problem:
        diagnostics.append(
            error("Invalid value for variable", f'The value of "{variable.name}": {problem}.', source=source)
        )
        return unknown(variable.type)
    if is_null(value) and not variable.nullable:
        diagnostics.append(error("Invalid value for variable", f'"{variable.name}" must not be null.', source=source))
    return mark(value, marks_of_block(variable))


def _missing(variable: Variable) -> Diagnostic:
    return error(
        "No value for required variable",
        f'"{variable.name}" has no default. Set it with --var {variable.name}=..., in a .kvmvars.hcl file, or '
        f"as KVMPLAN_VAR_{variable.name} in the environment."
        + (f" It is: {variable.description}" if variable.description else ""),
        source=variable.range,
    )


__all__ = ["converted", "default_value", "marks_of_block", "value_or_default"]
