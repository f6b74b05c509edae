"""Functions of providers, as expressions call them: ``provider::NAME::FUNCTION``.

A provider is loaded when the first call of one of its functions is met; it is neither configured nor opened on a host.

Not here: what a function is to a provider (`kvmplan_sdk.functions`), and how one is called (`kvmplan.lang.function`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan.blame import breach, fault
from kvmplan.lang import (
    Function,
    FunctionError,
    Param,
    Refinement,
    Value,
    did_you_mean,
    from_plain,
    is_wholly_known,
    to_plain,
    to_typed,
)
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.functions import Function as Declared
from kvmplan_sdk.functions import FunctionError as Refusal
from kvmplan_sdk.functions import Parameter
from kvmplan_sdk.types import ANY

_PREFIX = "provider"


class ProviderFunctions:
    """The functions of all installed providers. ``local_names``: what providers are called in a module, where that is
    not the name of the plugin.
    """

    def __init__(self, plugins: Plugins, local_names: Mapping[str, str] | None = None) -> None:
        self._plugins = plugins
        self._local_names: Mapping[str, str] = local_names or {}
        self._found: dict[str, Function | Diagnostic] = {}

    def find(self, name: str) -> Function | Diagnostic:
        """The function that is called as ``name``, or why there is none, without a place."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> Function | Diagnostic:
        parts = name.split("::")
        if len(parts) != 3 or parts[0] != _PREFIX:
            return error(
                "Call to unknown function",
                f'"{name}" names no function: one of a provider is called as provider::NAME::FUNCTION(...).',
            )
        try:
            provider, declared = self._declared(parts[1])
        except DiagnosticError as problem:
            return problem.diagnostics[0]
        if parts[2] in declared:
            return _adapted(name, provider, declared[parts[2]])
        hint = did_you_mean(parts[2], declared) or f" It has: {', '.join(sorted(declared)) or 'none'}."
        return error("Call to unknown function", f'Provider "{parts[1]}" has no function "{parts[2]}".{hint}')

    def completions(self, prefix: str) -> Iterator[str]:
        """What calls may begin with ``prefix``: provider by provider, then function by function of the one written."""
        provider, named, _ = prefix.removeprefix(f"{_PREFIX}::").partition("::")
        if not named:
            yield from (f"{_PREFIX}::{name}::" for name in {*self._plugins.names, *self._local_names})
            return
        try:
            _, declared = self._declared(provider)
        except DiagnosticError:
            return
        yield from (f"{_PREFIX}::{provider}::{name}(" for name in declared)

    def _declared(self, local_name: str) -> tuple[str, Mapping[str, Declared]]:
        """The provider's own name and its functions. Raises `DiagnosticError` when it cannot be loaded."""
        name = self._local_names.get(local_name, local_name)
        return name, self._plugins.provider(name).schema.functions


def _adapted(name: str, provider: str, declared: Declared) -> Function:
    """As the language calls functions; only what was declared unknown-proof ever sees an unknown."""

    def call(*arguments: Value) -> Value:
        parameters = [declared.parameter(position) for position in range(len(arguments))]
        plain = [
            to_typed(value) if parameter is not None and parameter.type == ANY else to_plain(value)
            for value, parameter in zip(arguments, parameters, strict=True)
        ]
        try:
            answer = declared.call(*plain)
        except Refusal as problem:
            raise FunctionError(str(problem).removesuffix("."), problem.argument) from None
        except DiagnosticError:
            raise
        except Exception as raised:
            raise DiagnosticError(fault(provider, raised)) from raised
        try:
            value = from_plain(answer, declared.returns)
        except ValueError:
            what = f"Its function {name} answered with {type(answer).__name__}, not with {declared.returns}."
            raise DiagnosticError(breach(provider, what)) from None
        if not is_wholly_known(value) and all(map(is_wholly_known, arguments)):
            raise DiagnosticError(breach(provider, f"Its function {name} gave an unknown answer to known arguments."))
        return value

    return Function(
        name,
        tuple(map(_param, declared.parameters)),
        None if declared.variadic is None else _param(declared.variadic),
        declared.returns,
        call,
        declared.summary,
        refine=Refinement(),
    )


def _param(parameter: Parameter) -> Param:
    return Param(
        parameter.name,
        parameter.type,
        null=parameter.null,
        unknown=parameter.unknown,
        dynamic=True,
        whole=not parameter.unknown,
    )
