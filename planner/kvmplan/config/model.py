"""The model of a configuration: its blocks, told apart and checked for shape, expressions not yet evaluated.

A `Configuration` is one module's; the modules it calls hang below it, by the names of the calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kvmplan.addresses import Address, Key, ModuleAddress, StaticPath
from kvmplan.config.encryption.model import Encryption
from kvmplan.lang import NO_DEFAULTS, Defaults
from kvmplan.syntax import Attribute, Body, Expression, Reference
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
    ephemeral: bool = False
    nullable: bool = True
    deprecated: str = ""
    validations: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """``condition`` must be true, or ``error_message`` is the error: a rule of a variable, a condition of a resource,
    a data source or an output, an assertion of a check.
    """

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
    ephemeral: bool = False
    depends_on: tuple[Reference, ...] = ()
    preconditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBlock:
    """A host, or with ``for_each`` several, each named ``name["key"]``."""

    name: str
    address: Expression
    range: SourceRange
    for_each: Expression | None = None


@dataclass(frozen=True, slots=True)
class ProviderName:
    """What a module calls one configuration of a provider: ``libvirt``, or with an alias ``libvirt.east``."""

    name: str
    alias: str = ""

    def __str__(self) -> str:
        return f"{self.name}.{self.alias}" if self.alias else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderBlock:
    provider: ProviderName
    body: Body
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class RequiredProvider:
    """``plugin``: the name of the plugin that the local name stands for; ``aliases``: configurations that callers of
    the module hand over.
    """

    name: str
    plugin: str
    range: SourceRange
    version: str = ""
    aliases: tuple[ProviderName, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """Where the state is kept: the kind of storage, and what its schema describes."""

    type: str
    body: Body
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """``destroy``: false when the object is to be left alone and forgotten where it would be destroyed."""

    create_before_destroy: bool = False
    prevent_destroy: Expression | None = None
    destroy: bool = True
    ignore_changes: tuple[Reference, ...] = ()
    ignore_all_changes: bool = False
    replace_triggered_by: tuple[Expression, ...] = ()
    preconditions: tuple[Condition, ...] = ()
    postconditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A ``resource`` or ``data`` block: its meta-arguments, and ``body`` with the rest. ``address``: within its module;
    ``provider``: the configuration it is to use, where it says so; ``check``: the check that a data source is part of.
    """

    address: Address
    body: Body
    range: SourceRange
    type_range: SourceRange
    count: Expression | None = None
    for_each: Expression | None = None
    host: Expression | None = None
    provider: ProviderName | None = None
    check: str = ""
    depends_on: tuple[Reference, ...] = ()
    lifecycle: Lifecycle = field(default_factory=Lifecycle)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleCall:
    """A ``module`` block. ``arguments``: values for the module's variables; ``providers``: for each configuration that
    the module knows, the caller's that it gets.
    """

    name: str
    source: str
    source_range: SourceRange
    range: SourceRange
    arguments: Mapping[str, Attribute]
    version: str = ""
    count: Expression | None = None
    for_each: Expression | None = None
    host: Expression | None = None
    depends_on: tuple[Reference, ...] = ()
    providers: Mapping[ProviderName, ProviderName] = field(default_factory=dict)


Target = Address | ModuleAddress
"""What a ``moved`` or ``removed`` block names, as seen from its module: a resource, an instance, a module."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    source: Target
    target: Target
    range: SourceRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What is gone from the configuration on purpose: destroyed, or only forgotten."""

    source: Target
    range: SourceRange
    destroy: bool = True


WrittenKey = Key | Expression
"""An instance key as it is written: itself, or what must be evaluated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTarget:
    """The address of an import: ``resource`` within the module at ``module``, keys as they are written."""

    module: tuple[tuple[str, WrittenKey], ...]
    resource: Address
    key: WrittenKey
    range: SourceRange

    @property
    def path(self) -> StaticPath:
        return tuple(name for name, _ in self.module)

    @property
    def keys(self) -> tuple[WrittenKey, ...]:
        return (*(key for _, key in self.module), self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """An object that is there already and enters the state. ``provider``: the configuration that a block made for it is
    to use.
    """

    target: ImportTarget
    id: Expression
    range: SourceRange
    provider: ProviderName | None = None
    for_each: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Assertions whose failure is a warning. ``data``: a data source of the check's own."""

    name: str
    range: SourceRange
    assertions: tuple[Condition, ...]
    data: Resource | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One module's configuration, by name.

    ``directory``: where its files are; ``sources``: the text of every file, those of the modules below included, for
    carets and plan files; ``path``: the names of the calls that lead here from the root; ``modules``: what the calls
    call, by name, as far as it could be read.
    """

    directory: str
    sources: Mapping[str, str]
    variables: Mapping[str, Variable]
    locals: Mapping[str, Local]
    outputs: Mapping[str, Output]
    hosts: Mapping[str, HostBlock]
    providers: Mapping[ProviderName, ProviderBlock]
    resources: Mapping[Address, Resource]
    calls: Mapping[str, ModuleCall]
    checks: Mapping[str, Check]
    moved: tuple[Moved, ...]
    removed: tuple[Removed, ...]
    imports: tuple[Import, ...]
    required_providers: Mapping[str, RequiredProvider]
    backend: Backend | None = None
    encryption: Encryption | None = None
    path: StaticPath = ()
    modules: Mapping[str, Configuration] = field(default_factory=dict)

    def module(self, path: StaticPath) -> Configuration | None:
        """The configuration at ``path`` below this one; None where there is none."""
        found: Configuration | None = self
        for name in path:
            found = found.modules.get(name) if found else None
        return found

    def tree(self) -> Iterator[Configuration]:
        """This configuration, and all below it, callers before what they call."""
        yield self
        for _, child in sorted(self.modules.items()):
            yield from child.tree()

    def resource(self, address: Address) -> Resource | None:
        """The block of the resource or instance at ``address``, in this module or one below."""
        module = self.module(tuple(name for name, _ in address.module)) if address.module else self
        return module.resources.get(address.within) if module else None
