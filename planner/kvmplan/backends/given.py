"""What ``--backend-config`` gives besides the block: ``NAME=VALUE``, or a file of such arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kvmplan.backends.settings import block_values
from kvmplan.config.model import Backend as Written
from kvmplan.lang import ConversionError, convert, to_plain
from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.files import read_bytes
from kvmplan.syntax import parse_configuration
from kvmplan_sdk.backend import Backend
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, Position, SourceRange, error, has_errors
from kvmplan_sdk.values import Object, Value


def given_values(given: Sequence[str], backend: Backend) -> Object:
    """By argument, later ones winning. Raises `DiagnosticError`."""
    values: dict[str, Value] = {}
    for text in given:
        name, assigned, value = text.partition("=")
        found = _assigned(name.strip(), value, backend) if assigned else _in_file(text, backend)
        values |= {name: value for name, value in found.items() if value is not None}
    return values


def _assigned(name: str, text: str, backend: Backend) -> Object:
    attribute = backend.schema.attributes.get(name)
    if attribute is None:
        known = backend.schema.attributes
        hint = did_you_mean(name, known) or f" Known: {', '.join(sorted(known))}."
        raise DiagnosticError(
            error(f'Unknown argument of backend "{backend.name}"', f'--backend-config: there is no "{name}".{hint}')
        )
    try:
        return {name: to_plain(convert(text, attribute.type))}
    except ConversionError as problem:
        raise DiagnosticError(
            error("Wrong type", f'--backend-config "{name}": {problem.reason}. Give it in a file: NAME = VALUE.')
        ) from None


def _in_file(name: str, backend: Backend) -> Object:
    data = read_bytes(Path(name))
    if data is None:
        raise DiagnosticError(
            error(f"No file {name}", "--backend-config takes NAME=VALUE, or a file of arguments: NAME = VALUE.")
        )
    body, problems = parse_configuration(data.decode(errors="replace"), name)
    if has_errors(problems):
        raise DiagnosticError(*problems)
    start = Position(1, 1, 0)
    found: list[Diagnostic] = []
    attributes = body.content(dict.fromkeys(backend.schema.blocks, ()), found)
    if has_errors(found):
        raise DiagnosticError(*found)
    return block_values(Written(type=backend.name, body=attributes, range=SourceRange(name, start, start)), backend)


__all__ = ["given_values"]
