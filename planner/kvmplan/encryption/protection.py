"""What one kind of file gets: the method that writes it, and those that may have written what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kvmplan.encryption.envelope import DamagedError, Envelope, is_sealed, read_envelope, seal, unseal
from kvmplan.encryption.keys import KeySource
from kvmplan.encryption.machine_key import MachineKey
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


@dataclass(frozen=True, slots=True)
class Unencrypted:
    """Bytes as they are: to begin with encryption, or to leave it."""


@dataclass(frozen=True, slots=True)
class AesGcm:
    """AES-GCM; every encryption has a nonce of its own."""

    keys: KeySource


Method = Unencrypted | AesGcm


@dataclass(frozen=True, slots=True)
class Protection:
    """``method`` writes; ``fallbacks`` are tried, in order, for what it cannot read; ``configured``: whether anybody
    asked for it.
    """

    method: Method = Unencrypted()
    fallbacks: tuple[Method, ...] = ()
    configured: bool = False

    @property
    def encrypts(self) -> bool:
        return isinstance(self.method, AesGcm)

    def encrypt(self, data: bytes, purpose: str, clear: Mapping[str, Any] | None = None) -> bytes:
        """``purpose``: what it is (``state``); ``clear``: what may be read without the key. Raises `DiagnosticError`
        when there is no key.
        """
        if isinstance(self.method, Unencrypted):
            return data
        return seal(data, self.method.keys.key(), self.method.keys.kind, purpose, clear or {})

    def decrypt(self, data: bytes, purpose: str, name: str) -> bytes:
        """``name``: of the file, for messages. Raises `DiagnosticError` when it is damaged, when no method fits, and
        when there is no key.
        """
        if not is_sealed(data):
            if any(isinstance(method, Unencrypted) for method in self._methods):
                return data
            raise DiagnosticError(_in_clear(name))
        try:
            return self._opened(read_envelope(data), purpose, name)
        except DamagedError as problem:
            raise DiagnosticError(_damaged(name, problem)) from problem

    def _opened(self, envelope: Envelope, purpose: str, name: str) -> bytes:
        sources = [method.keys for method in self._methods if isinstance(method, AesGcm)]
        fitting = [source for source in sources if source.kind == envelope.provider]
        problems: list[Diagnostic] = []
        for source in fitting:
            try:
                key = source.again(envelope.recipe)
            except DiagnosticError as problem:
                problems += problem.diagnostics
                continue
            except (ValueError, KeyError, TypeError) as problem:
                raise DamagedError("it does not say how its key was made") from problem
            if key.check == envelope.check:
                return unseal(envelope, key, purpose)
            if isinstance(source, MachineKey):
                problems.append(source.missing)
        if problems:
            raise DiagnosticError(*problems)
        raise DiagnosticError(_no_key(name, envelope.provider, configured=self.configured, fits=bool(fitting)))

    @property
    def _methods(self) -> tuple[Method, ...]:
        return (self.method, *self.fallbacks)


PLAIN = Protection()


@dataclass(frozen=True, slots=True)
class Protections:
    """``state``: of the state, its backup and its journal; ``plan``: of plan files."""

    state: Protection = PLAIN
    plan: Protection = PLAIN


def _in_clear(name: str) -> Diagnostic:
    return error(
        f"{name} is not encrypted",
        "The configuration says that it is, so it may be another file, or from before. If it is yours, let it be read "
        'once: declare `method "unencrypted" "before" {}`, and a `fallback` block with `method = '
        "method.unencrypted.before`.",
    )


def _damaged(name: str, problem: DamagedError) -> Diagnostic:
    return error(
        f"{name} is damaged",
        f"It is encrypted, and {problem}. Nothing was changed: put back a copy of it that is whole.",
    )


def _no_key(name: str, provider: str, *, configured: bool, fits: bool) -> Diagnostic:
    if not configured:
        return error(
            f"{name} is encrypted",
            f'It needs a key ("{provider}"), but no encryption is configured. Add the `encryption` block that it was '
            "written with to `kvmplan { ... }`, or set KVMPLAN_ENCRYPTION to it. Nothing was changed.",
        )
    why = "another key" if fits else f'a key of "{provider}", which the configuration does not give'
    return error(
        f"Wrong key for {name}",
        f"It was encrypted with {why}. Give that key; to change keys, name the one before in a `fallback` block. "
        "Nothing was changed.",
    )
