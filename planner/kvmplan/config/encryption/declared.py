"""What is declared, in the configuration and over it in the environment, and whether its references lead somewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from kvmplan import syntax
from kvmplan.config.blocks.encryption import encryption
from kvmplan.config.encryption.model import Encryption, Named, Target
from kvmplan.config.model import Configuration
from kvmplan.config.shape import ENCRYPTION, read_block
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Block, references
from kvmplan_sdk.diagnostics import Diagnostic, error

ENVIRONMENT = "KVMPLAN_ENCRYPTION"
FILENAME = f"<{ENVIRONMENT}>"


def declared(configuration: Configuration, diagnostics: list[Diagnostic]) -> Encryption | None:
    """What is declared: in the configuration, and over it in the environment. None when nothing is."""
    written = configuration.encryption
    text = os.environ.get(ENVIRONMENT, "")
    if text.strip():
        written = (written or Encryption()).overridden(_from_environment(text, diagnostics))
    if written is not None:
        _check_references(written, diagnostics)
    return written


def variables_of(written: Encryption | None, configuration: Configuration) -> frozenset[str]:
    """The variables that key providers refer to, directly or through local values."""
    found: set[str] = set()
    seen: set[str] = set()
    expressions = [
        attribute.expression
        for provider in (written.key_providers.values() if written else ())
        for attribute in provider.arguments.values()
    ]
    while expressions:
        for reference in references(expressions.pop()):
            name = str(reference.steps[0].key) if reference.steps else ""
            if reference.root == "var":
                found.add(name)
            elif reference.root == "local" and name in configuration.locals and name not in seen:
                seen.add(name)
                expressions.append(configuration.locals[name].expression)
    return frozenset(found)


def _from_environment(text: str, diagnostics: list[Diagnostic]) -> Encryption:
    parse = syntax.parse_json_configuration if text.lstrip().startswith("{") else syntax.parse_configuration
    body, problems = parse(text, FILENAME)
    block = Block(body.source, 0, 0, "encryption", 0, (), (), body)
    if not problems:
        block = read_block(block, ENCRYPTION, problems)
    diagnostics += problems
    return encryption(block, diagnostics) if not problems else Encryption()


def _check_references(written: Encryption, diagnostics: list[Diagnostic]) -> None:
    for method in written.methods.values():
        if method.keys is not None:
            _find("key_provider", method.keys, written.key_providers, diagnostics)
    for name, target in written.targets.items():
        used = [*([target.method] if target.method else []), *target.fallbacks]
        for reference in used:
            _find("method", reference, written.methods, diagnostics)
            if target.enforced and reference.name.startswith("unencrypted."):
                diagnostics.append(
                    error(
                        f"The {name} must be encrypted",
                        "`enforced = true` does not go with an unencrypted method, nor with one to fall back on.",
                        source=reference.range,
                    )
                )
        if target.method is None:
            diagnostics.append(_no_method(name, target))


def _no_method(name: str, target: Target) -> Diagnostic:
    return error(
        f"Nothing says how the {name} is encrypted",
        f"Its block needs `method = method.aes_gcm.NAME`, here or in {ENVIRONMENT}.",
        source=target.range,
    )


def _find(what: str, wanted: Named, known: Mapping[str, Any], diagnostics: list[Diagnostic]) -> None:
    if wanted.name not in known:
        hint = did_you_mean(wanted.name, known) or f" There are: {', '.join(sorted(known)) or 'none'}."
        diagnostics.append(error(f"No such {what}", f"There is no {what}.{wanted.name}.{hint}", source=wanted.range))


__all__ = ["ENVIRONMENT", "FILENAME", "declared", "variables_of"]
