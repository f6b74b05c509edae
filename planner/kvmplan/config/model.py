"""The model of a configuration: its blocks, told apart and checked for shape, expressions not yet evaluated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan.addresses import Address
from kvmplan.lang import NO_DEFAULTS, Defaults
from kvmplan.syntax import Body, Expression, Reference
from kvmplan_sdk.diagnostics import SourceRange
from kvmplan_sdk.types import ANY, Type


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    name: str
    range: SourceRange
    type: Type = ANY
    type_defaults: Defaults = NO_DEFAULTS
    default: Expression | None = None
    description: str = ""
    sensitive: bool = False
    nullable: bool = True
    validations: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``condition`` must be true, or ``error_message`` is the error."""

    condition: Expression
    error_message: Expression
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    name: str
    expression: Expression
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    name: str
    expression: Expression
    range: SourceRange
    description: str = ""
    sensitive: bool = False
    depends_on: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBlock:
    """A host, or with ``for_each`` several, each named ``name["key"]``."""

    name: str
    address: Expression
    range: SourceRange
    for_each: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderBlock:
    name: str
    body: Body
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    prevent_destroy: bool = False
    ignore_changes: tuple[Reference, ...] = ()
    ignore_all_changes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A ``resource`` or ``data`` block: its meta-arguments, and ``body`` with the rest."""

    address: Address
    body: Body
    range: SourceRange
    type_range: SourceRange
    count: Expression | None = None
    for_each: Expression | None = None
    host: Expression | None = None
    depends_on: tuple[Reference, ...] = ()
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One module's configuration, by name. ``sources``: the text of every file, for carets and plan files."""

    directory: str
    sources: Mapping[str, str]
    variables: Mapping[str, Variable]
    locals: Mapping[str, Local]
    outputs: Mapping[str, Output]
    hosts: Mapping[str, HostBlock]
    providers: Mapping[str, ProviderBlock]
    resources: Mapping[Address, Resource]
