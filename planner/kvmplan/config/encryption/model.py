"""The nouns of an ``encryption`` block, expressions not yet evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan.syntax import Attribute
from kvmplan_sdk.diagnostics import SourceRange


@dataclass(frozen=True, slots=True)
class Named:
    """A reference to a key provider or a method: ``aes_gcm.main``."""

    name: str
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyProvider:
    kind: str
    arguments: Mapping[str, Attribute]
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """``keys``: the key provider, where the method needs one."""

    kind: str
    keys: Named | None
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """``method`` and ``fallbacks``: methods; ``enforced``: whether being unencrypted is an error."""

    method: Named | None
    fallbacks: tuple[Named, ...]
    enforced: bool
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """Key providers and methods by reference (``pbkdf2.main``); what is encrypted, by name (``state``, ``plan``)."""

    key_providers: Mapping[str, KeyProvider] = field(default_factory=dict)
    methods: Mapping[str, Method] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    range: SourceRange | None = None

    def overridden(self, other: Encryption) -> Encryption:
        """This one, with what ``other`` says instead."""
        targets = dict(self.targets)
        for name, target in other.targets.items():
            mine = targets.get(name, target)
            targets[name] = Target(
                method=target.method or mine.method,
                fallbacks=target.fallbacks or mine.fallbacks,
                enforced=target.enforced or mine.enforced,
                range=target.range,
            )
        return Encryption(
            key_providers={**self.key_providers, **other.key_providers},
            methods={**self.methods, **other.methods},
            targets=targets,
            range=self.range or other.range,
        )
