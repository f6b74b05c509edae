"""Collecting the decoded blocks of a module by name, each name once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from kvmplan.addresses import Address
from kvmplan.config.blocks import imports, modules, providers, resources, values
from kvmplan.config.blocks.arguments import Problems, at_most_one, check_name
from kvmplan.config.blocks.encryption import encryption
from kvmplan.config.blocks.required_version import check_required_version
from kvmplan.config.encryption.model import Encryption
from kvmplan.config.model import (
    Backend,
    Check,
    Configuration,
    HostBlock,
    Import,
    Local,
    ModuleCall,
    Moved,
    Output,
    ProviderBlock,
    ProviderName,
    Removed,
    RequiredProvider,
    Resource,
    Variable,
)
from kvmplan.syntax import Block
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


class Decoder:
    """Collects the blocks of all files of a module. `add` one at a time, then take the `configuration`."""

    def __init__(self) -> None:
        self._variables: dict[str, Variable] = {}
        self._locals: dict[str, Local] = {}
        self._outputs: dict[str, Output] = {}
        self._hosts: dict[str, HostBlock] = {}
        self._providers: dict[ProviderName, ProviderBlock] = {}
        self._resources: dict[Address, Resource] = {}
        self._calls: dict[str, ModuleCall] = {}
        self._checks: dict[str, Check] = {}
        self._moved: list[Moved] = []
        self._removed: list[Removed] = []
        self._imports: list[Import] = []
        self._required: dict[str, RequiredProvider] = {}
        self._backend: Backend | None = None
        self._encryption: Encryption | None = None
        self._add: Mapping[str, Callable[[Block, Problems], None]] = {
            "resource": self._add_resource,
            "data": self._add_resource,
            "variable": self._named(values.variable, self._variables, "var."),
            "output": self._named(values.output, self._outputs, "output."),
            "check": self._add_check,
            "host": self._named(providers.host, self._hosts, "host."),
            "module": self._named(modules.module, self._calls, "module."),
            "moved": _listed(modules.moved, self._moved),
            "removed": _listed(modules.removed, self._removed),
            "import": _listed(imports.import_, self._imports),
            "locals": self._add_locals,
            "provider": self._add_provider,
            "kvmplan": self._add_settings,
        }

    def configuration(self, directory: str, sources: Mapping[str, str]) -> Configuration:
        return Configuration(
            directory=directory,
            sources=sources,
            variables=self._variables,
            locals=self._locals,
            outputs=self._outputs,
            hosts=self._hosts,
            providers=self._providers,
            resources=self._resources,
            calls=self._calls,
            checks=self._checks,
            moved=tuple(self._moved),
            removed=tuple(self._removed),
            imports=tuple(self._imports),
            required_providers=self._required,
            backend=self._backend,
            encryption=self._encryption,
        )

    def add(self, block: Block, problems: Problems) -> None:
        self._add[block.type](block, problems)

    def _named(
        self, decode: Callable[[Block, Problems], Any], into: dict[str, Any], prefix: str
    ) -> Callable[[Block, Problems], None]:
        """Adds blocks whose only label is their name."""

        def add(block: Block, problems: Problems) -> None:
            name = block.labels[0]
            if _is_new(name, f"{prefix}{name}", into, block, problems):
                found = decode(block, problems)
                if found is not None:
                    into[name] = found

        return add

    def _add_resource(self, block: Block, problems: Problems) -> None:
        found = resources.resource(block, problems)
        if _is_new(found.address, str(found.address), self._resources, block, problems):
            self._resources[found.address] = found

    def _add_check(self, block: Block, problems: Problems) -> None:
        (name,) = block.labels
        if not _is_new(name, f"check.{name}", self._checks, block, problems):
            return
        found = self._checks[name] = values.check(block, problems)
        if found.data is not None and _is_new(
            found.data.address, str(found.data.address), self._resources, block, problems
        ):
            self._resources[found.data.address] = found.data

    def _add_provider(self, block: Block, problems: Problems) -> None:
        found = providers.provider(block, problems)
        if _is_new(found.provider, f'provider "{found.provider}"', self._providers, block, problems):
            self._providers[found.provider] = found

    def _add_locals(self, block: Block, problems: Problems) -> None:
        for nested in block.body.blocks:
            problems.append(
                error(
                    "Unsupported block type",
                    f"A locals block has no blocks. For a value of that name write `{nested.type} = {{ ... }}`.",
                    source=nested.type_range,
                )
            )
        for attribute in block.body.attributes.values():
            name, where = attribute.name, attribute.name_range
            check_name(name, where, problems)
            if name in self._locals:
                problems.append(_duplicate("local value", where, self._locals[name].range))
            else:
                self._locals[name] = Local(name=name, expression=attribute.expression, range=where)

    def _add_settings(self, block: Block, problems: Problems) -> None:
        problems += check_required_version(block)
        backend = providers.backend(block, problems)
        if backend is not None and self._backend is not None:
            problems.append(_duplicate("backend", backend.range, self._backend.range))
        self._backend = self._backend or backend
        self._add_encryption(block, problems)
        for required in providers.required_providers(block, problems):
            if required.name in self._required:
                where = self._required[required.name].range
                problems.append(_duplicate(f"requirement of provider {required.name}", required.range, where))
            else:
                self._required[required.name] = required

    def _add_encryption(self, block: Block, problems: Problems) -> None:
        found = at_most_one(block, "encryption", problems)
        if found is None:
            return
        if self._encryption is not None and self._encryption.range is not None:
            problems.append(_duplicate("encryption", found.range, self._encryption.range))
        self._encryption = self._encryption or encryption(found, problems)


def _listed(decode: Callable[[Block, Problems], Any], into: list[Any]) -> Callable[[Block, Problems], None]:
    """Adds blocks that have no name."""

    def add(block: Block, problems: Problems) -> None:
        found = decode(block, problems)
        if found is not None:
            into.append(found)

    return add


def _is_new(key: Hashable, what: str, found: Mapping[Any, Any], block: Block, problems: Problems) -> bool:
    if key not in found:
        return True
    problems.append(_duplicate(what, block.range, found[key].range))
    return False


def _duplicate(what: str, where: SourceRange, first: SourceRange) -> Diagnostic:
    return error(f"Duplicate {what}", f"It is defined at {first} already. Rename or remove one.", source=where)
