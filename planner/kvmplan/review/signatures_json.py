"""Functions as JSON: of the language, ``terraform metadata functions``' format; of providers, that of their schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan.lang import Function, FunctionError
from kvmplan.lang.values import DYNAMIC
from kvmplan_sdk import types
from kvmplan_sdk.functions import Function as Declared

FORMAT_VERSION = "1.0"


def functions_json(functions: Mapping[str, Function]) -> dict[str, Any]:
    """``{"format_version", "function_signatures": {NAME: {"description", "return_type", "parameters"?,
    "variadic_parameter"?}}}``
    """
    return {
        "format_version": FORMAT_VERSION,
        "function_signatures": {name: _signature(function) for name, function in sorted(functions.items())},
    }


def declared_json(function: Declared) -> dict[str, Any]:
    """The signature of a provider's function."""
    parameters = [_parameter(one.name, one.type, null=one.null, doc=one.doc) for one in function.parameters]
    variadic = function.variadic
    return {
        **({"description": function.doc} if function.doc else {}),
        "summary": function.summary,
        "return_type": types.to_json(function.returns),
        **({"parameters": parameters} if parameters else {}),
        **(
            {"variadic_parameter": _parameter(variadic.name, variadic.type, null=variadic.null, doc=variadic.doc)}
            if variadic
            else {}
        ),
    }


def _signature(function: Function) -> dict[str, Any]:
    parameters = [_parameter(one.name, one.type, null=one.null) for one in function.params]
    variadic = function.variadic
    return {
        "description": function.doc,
        "return_type": types.to_json(_returned(function)),
        **({"parameters": parameters} if parameters else {}),
        **({"variadic_parameter": _parameter(variadic.name, variadic.type, null=variadic.null)} if variadic else {}),
    }


def _parameter(name: str, type_: types.Type, *, null: bool, doc: str = "") -> dict[str, Any]:
    return {
        "name": name,
        **({"description": doc} if doc else {}),
        **({"is_nullable": True} if null else {}),
        "type": types.to_json(type_),
    }


def _returned(function: Function) -> types.Type:
    """What it returns whatever it is given: where that depends on the arguments, as far as these say nothing."""
    if not callable(function.returns):
        return function.returns
    arguments = [DYNAMIC] * (len(function.params) + (function.variadic is not None))
    try:
        return function.returns(*arguments)
    except (FunctionError, AssertionError):  # it needs to know more of its arguments
        return types.ANY
