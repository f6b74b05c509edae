"""From what is declared to what is encrypted, how, and with which keys."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kvmplan.config.encryption.declared import declared
from kvmplan.config.encryption.model import Encryption, KeyProvider, Named, Target
from kvmplan.config.files import read_sources
from kvmplan.config.model import Configuration
from kvmplan.config.module import parse_module
from kvmplan.config.variable_values import converted, value_or_default
from kvmplan.config.variables import Given, given_values
from kvmplan.encryption import AesGcm, KeySource, Method, Protection, Protections, Unencrypted
from kvmplan.encryption.external import External
from kvmplan.encryption.keys import LENGTHS
from kvmplan.encryption.passphrase import HASHES, MINIMUM_ITERATIONS, MINIMUM_LENGTH, Passphrase
from kvmplan.encryption.stored_keys import CommandKey, EnvironmentKey, FileKey
from kvmplan.lang import (
    DYNAMIC,
    ConversionError,
    Scope,
    Value,
    convert,
    evaluate,
    is_null,
    is_wholly_known,
    unmark_deep,
)
from kvmplan.syntax import Traversal
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.types import NUMBER, STRING, ListType, Type


def protections(configuration: Configuration, values: Callable[[], Mapping[str, Value]]) -> Protections:
    """``values``: gives the values of the root module's variables from outside, when they are needed. Raises
    `DiagnosticError`.
    """
    diagnostics: list[Diagnostic] = []
    written = declared(configuration, diagnostics)
    if written is None and not diagnostics:
        return Protections()
    _stop_on(diagnostics)
    assert written is not None
    maker = _Maker(written, _Names(configuration, values), diagnostics)
    made = {name: maker.protection(name, target) for name, target in written.targets.items()}
    _stop_on(diagnostics)
    return Protections(**made)


def _stop_on(diagnostics: list[Diagnostic]) -> None:
    if has_errors(diagnostics):
        raise DiagnosticError(*dict.fromkeys(diagnostics))


def protections_from_outside(configuration: Configuration) -> Protections:
    """The same for a command that takes no values of variables but those in files and in the environment. Raises
    `DiagnosticError`.
    """
    return protections(configuration, lambda: given_values(configuration, Given(os.environ), [])[0])


def protections_in(directory: Path, given: Given) -> Protections:
    """The same of what there is of a configuration in ``directory``, where none need be; nobody is asked for values.
    Raises `DiagnosticError`.
    """
    try:
        sources = read_sources(directory, empty=True)
    except DiagnosticError:
        sources = {}
    configuration = parse_module(sources, str(directory), [])
    return protections(configuration, lambda: given_values(configuration, replace(given, ask=None), [])[0])


class _Names:
    """What expressions of key providers may refer to: variables, local values, paths; each evaluated when needed."""

    def __init__(self, configuration: Configuration, values: Callable[[], Mapping[str, Value]]) -> None:
        self._configuration = configuration
        self._values = values
        self._given: Mapping[str, Value] | None = None
        self._open: set[str] = set()

    def scope(self, diagnostics: list[Diagnostic]) -> Scope:
        configuration = self._configuration
        return Scope(
            {
                "var": dict.fromkeys(configuration.variables, self._variable),
                "local": dict.fromkeys(configuration.locals, self._local),
                "path": {"module": configuration.directory, "root": configuration.directory, "cwd": str(Path.cwd())},
            },
            diagnostics=diagnostics,
        )

    def _variable(self, reference: Traversal, scope: Scope) -> tuple[Value, int]:
        if self._given is None:
            self._given = self._values()
        variable = self._configuration.variables[str(reference.steps[0].key)]
        if variable.name not in self._given:
            return value_or_default(variable, scope.diagnostics), 0
        return converted(variable, self._given[variable.name], variable.range, scope.diagnostics), 0

    def _local(self, reference: Traversal, scope: Scope) -> tuple[Value, int]:
        name = str(reference.steps[0].key)
        if name in self._open:
            scope.error("Local value that needs itself", f"local.{name} refers back to itself.", reference)
            return DYNAMIC, 0
        self._open.add(name)
        try:
            return evaluate(self._configuration.locals[name].expression, self.scope(scope.diagnostics)), 0
        finally:
            self._open.remove(name)


class _Maker:
    """Makes the protections of the targets; each key provider once, so that its key is asked for once."""

    def __init__(self, written: Encryption, names: _Names, diagnostics: list[Diagnostic]) -> None:
        self._written = written
        self._names = names
        self._diagnostics = diagnostics
        self._sources: dict[str, KeySource | None] = {}

    def protection(self, _name: str, target: Target) -> Protection:
        assert target.method is not None
        method = self._method(target.method)
        return Protection(method, tuple(self._method(fallback) for fallback in target.fallbacks), configured=True)

    def _method(self, named: Named) -> Method:
        keys = self._written.methods[named.name].keys
        if keys is None:
            return Unencrypted()
        if keys.name not in self._sources:
            self._sources[keys.name] = self._source(self._written.key_providers[keys.name])
        source = self._sources[keys.name]
        return AesGcm(source) if source is not None else Unencrypted()  # with None there is an error, and no use

    def _source(self, provider: KeyProvider) -> KeySource | None:
        read = _Arguments(provider, self._names.scope(self._diagnostics))
        before = len(self._diagnostics)
        match provider.kind:
            case "pbkdf2":
                made: KeySource = _passphrase(read)
            case "env":
                made = EnvironmentKey(read.text("variable"), where=provider.range)
            case "file":
                made = FileKey(Path(read.text("path")), where=provider.range)
            case "command":
                made = CommandKey(read.words("command"), where=provider.range)
            case _:
                made = External(read.words("command"), where=provider.range)
        return made if not has_errors(self._diagnostics[before:]) else None


def _passphrase(read: _Arguments) -> Passphrase:
    passphrase = read.text("passphrase")
    read.expect("passphrase", len(passphrase) >= MINIMUM_LENGTH, f"must have at least {MINIMUM_LENGTH} characters")
    iterations = read.number("iterations", 600_000)
    read.expect("iterations", iterations >= MINIMUM_ITERATIONS, f"must be at least {MINIMUM_ITERATIONS}")
    key_length = read.number("key_length", 32)
    read.expect("key_length", key_length in LENGTHS, "must be 32, 24 or 16")
    salt_length = read.number("salt_length", 32)
    read.expect("salt_length", salt_length >= 16, "must be at least 16")
    hash_function = read.text("hash_function", "sha512")
    read.expect("hash_function", hash_function in HASHES, 'must be "sha512" or "sha256"')
    return Passphrase(
        passphrase,
        iterations=iterations,
        hash_function=hash_function,
        salt_length=salt_length,
        key_length=key_length,
    )


class _Arguments:
    """The arguments of a key provider, evaluated. What is wrong is told, without telling the value."""

    def __init__(self, provider: KeyProvider, scope: Scope) -> None:
        self._provider = provider
        self._scope = scope
        self._wrong: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        value = self._value(name, STRING)
        return str(value) if value is not None else default

    def number(self, name: str, default: int) -> int:
        value = self._value(name, NUMBER)
        return int(value) if value is not None else default

    def words(self, name: str) -> tuple[str, ...]:
        value = self._value(name, ListType(STRING))
        words = tuple(map(str, value.items)) if value is not None else ()
        self.expect(name, bool(words), 'must be a program and its arguments: ["pass", "show", "kvmplan"]')
        return words

    def expect(self, name: str, met: bool, wanted: str) -> None:
        attribute = self._provider.arguments.get(name)
        if attribute is not None and not met and name not in self._wrong:
            self._wrong.add(name)
            where = attribute.expression.range
            self._scope.diagnostics.append(error(f'Invalid "{name}" of a key provider', f"It {wanted}.", source=where))

    def _value(self, name: str, type_: Type) -> Any:
        attribute = self._provider.arguments.get(name)
        if attribute is None:
            return None
        before = len(self._scope.diagnostics)
        written, _ = unmark_deep(evaluate(attribute.expression, self._scope))
        if has_errors(self._scope.diagnostics[before:]):
            self._wrong.add(name)
            return None
        try:
            value = convert(written, type_)
        except ConversionError as problem:
            self.expect(name, False, f"has the wrong type: {problem.reason}")
            return None
        self.expect(name, is_wholly_known(value) and not is_null(value), "must be known, and not null")
        return None if name in self._wrong else value


__all__ = ["protections", "protections_from_outside", "protections_in"]
