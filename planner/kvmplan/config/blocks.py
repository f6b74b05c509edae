"""Decoding top-level blocks into the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from kvmplan.addresses import Address, is_identifier
from kvmplan.config.literals import is_keyword, literal_bool, literal_string, reference_list
from kvmplan.config.model import (
    Condition,
    Configuration,
    HostBlock,
    Lifecycle,
    Local,
    Output,
    ProviderBlock,
    Resource,
    Variable,
)
from kvmplan.config.required_version import check_required_version
from kvmplan.lang import NO_DEFAULTS, type_constraint
from kvmplan.syntax import Block, Body, Expression
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error
from kvmplan_sdk.types import ANY, Type


class Decoder:
    """Collects the blocks of all files of a module. `add` one at a time, then take the `configuration`."""

    def __init__(self) -> None:
        self._variables: dict[str, Variable] = {}
        self._locals: dict[str, Local] = {}
        self._outputs: dict[str, Output] = {}
        self._hosts: dict[str, HostBlock] = {}
        self._providers: dict[str, ProviderBlock] = {}
        self._resources: dict[Address, Resource] = {}

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
        )

    def add(self, block: Block) -> Iterator[Diagnostic]:
        add: dict[str, Callable[[Block], Iterator[Diagnostic]]] = {
            "resource": self._add_resource,
            "data": self._add_resource,
            "variable": self._add_variable,
            "locals": self._add_locals,
            "output": self._add_output,
            "host": self._add_host,
            "provider": self._add_provider,
            "kvmplan": check_required_version,
        }
        return add[block.type](block)

    def _add_resource(self, block: Block) -> Iterator[Diagnostic]:
        type_, name = block.labels
        yield from _check_names(block)
        address = Address(type_, name, mode="data" if block.type == "data" else "managed")
        if address in self._resources:
            yield _duplicate(str(address), block, self._resources[address].range)
            return
        attributes = block.body.attributes
        depends_on, problems = reference_list(attributes.get("depends_on"))
        yield from problems
        if "count" in attributes and "for_each" in attributes:
            yield error(
                "Both count and for_each",
                f"{address} can have one of them: use for_each where instances have names of their own.",
                source=attributes["for_each"].name_range,
            )
        lifecycle, problems = _lifecycle(block)
        yield from problems
        self._resources[address] = Resource(
            address=address,
            body=_rest(block),
            range=block.range,
            type_range=block.label_ranges[0],
            count=_expression(block, "count"),
            for_each=_expression(block, "for_each"),
            host=_expression(block, "host"),
            depends_on=depends_on,
            lifecycle=lifecycle,
        )

    def _add_variable(self, block: Block) -> Iterator[Diagnostic]:
        (name,) = block.labels
        yield from _check_names(block)
        if name in self._variables:
            yield _duplicate(f"var.{name}", block, self._variables[name].range)
            return
        type_: Type = ANY
        defaults = NO_DEFAULTS
        constraint = _expression(block, "type")
        if constraint is not None:
            found, defaults, problems = type_constraint(constraint)
            yield from problems
            type_ = found or ANY
        description, problems = literal_string(block.body.attributes.get("description"), "")
        yield from problems
        sensitive, problems = literal_bool(block.body.attributes.get("sensitive"), default=False)
        yield from problems
        nullable, problems = literal_bool(block.body.attributes.get("nullable"), default=True)
        yield from problems
        validations = []
        for nested in block.body.blocks:
            if nested.type == "validation":
                condition, message = _expression(nested, "condition"), _expression(nested, "error_message")
                if condition and message:
                    validations.append(Condition(condition=condition, error_message=message, range=nested.range))
        self._variables[name] = Variable(
            name=name,
            range=block.range,
            type=type_,
            type_defaults=defaults,
            default=_expression(block, "default"),
            description=description,
            sensitive=sensitive,
            nullable=nullable,
            validations=tuple(validations),
        )

    def _add_locals(self, block: Block) -> Iterator[Diagnostic]:
        for nested in block.body.blocks:
            yield error(
                "Unsupported block type",
                f'A locals block has no blocks. Write `{nested.type} = {{ ... }}` for a value named "{nested.type}".',
                source=nested.type_range,
            )
        for attribute in block.body.attributes.values():
            yield from _check_name(attribute.name, attribute.name_range)
            if attribute.name in self._locals:
                first = self._locals[attribute.name].range
                yield error(
                    "Duplicate local value",
                    f'"{attribute.name}" is defined at {first} already. Rename one of them.',
                    source=attribute.name_range,
                )
                continue
            self._locals[attribute.name] = Local(
                name=attribute.name, expression=attribute.expression, range=attribute.name_range
            )

    def _add_output(self, block: Block) -> Iterator[Diagnostic]:
        (name,) = block.labels
        yield from _check_names(block)
        if name in self._outputs:
            yield _duplicate(f"output.{name}", block, self._outputs[name].range)
            return
        expression = _expression(block, "value")
        description, problems = literal_string(block.body.attributes.get("description"), "")
        yield from problems
        sensitive, problems = literal_bool(block.body.attributes.get("sensitive"), default=False)
        yield from problems
        depends_on, problems = reference_list(block.body.attributes.get("depends_on"))
        yield from problems
        if expression is not None:
            self._outputs[name] = Output(
                name=name,
                expression=expression,
                range=block.range,
                description=description,
                sensitive=sensitive,
                depends_on=depends_on,
            )

    def _add_host(self, block: Block) -> Iterator[Diagnostic]:
        (name,) = block.labels
        yield from _check_names(block)
        if name == "local":
            yield error(
                "Reserved host name",
                '"local" is the machine that kvmplan runs on, which needs no host block. Choose another name.',
                source=block.label_ranges[0],
            )
        if name in self._hosts:
            yield _duplicate(f"host.{name}", block, self._hosts[name].range)
            return
        address = _expression(block, "address")
        if address is not None:
            self._hosts[name] = HostBlock(
                name=name, address=address, range=block.range, for_each=_expression(block, "for_each")
            )

    def _add_provider(self, block: Block) -> Iterator[Diagnostic]:
        (name,) = block.labels
        if name in self._providers:
            yield _duplicate(f'provider "{name}"', block, self._providers[name].range)
            return
        self._providers[name] = ProviderBlock(name=name, body=_rest(block), range=block.range)


def _expression(block: Block, name: str) -> Expression | None:
    attribute = block.body.attributes.get(name)
    return attribute.expression if attribute else None


def _rest(block: Block) -> Body:
    """What a provider's schema describes."""
    assert block.body.rest is not None, block.type
    return block.body.rest


def _check_names(block: Block) -> Iterator[Diagnostic]:
    for label, where in zip(block.labels, block.label_ranges, strict=True):
        yield from _check_name(label, where)


def _check_name(name: str, where: SourceRange) -> Iterator[Diagnostic]:
    if not is_identifier(name):
        yield error(
            "Invalid name",
            f'"{name}" is not a name: start with a letter or underscore, go on with letters, digits, underscores '
            "and dashes.",
            source=where,
        )


def _duplicate(what: str, block: Block, first: SourceRange) -> Diagnostic:
    return error(f"Duplicate {what}", f"It is defined at {first} already. Rename or remove one.", source=block.range)


def _lifecycle(block: Block) -> tuple[Lifecycle, list[Diagnostic]]:
    found = [nested for nested in block.body.blocks if nested.type == "lifecycle"]
    if block.type == "data" or not found:
        return Lifecycle(), []
    nested = found[0]
    diagnostics = [error("Duplicate lifecycle block", "There can be one.", source=e.type_range) for e in found[1:]]
    attributes = nested.body.attributes
    prevent, problems = literal_bool(attributes.get("prevent_destroy"), default=False)
    diagnostics += problems
    ignore_all = is_keyword(attributes.get("ignore_changes"), "all")
    ignored, problems = ((), []) if ignore_all else reference_list(attributes.get("ignore_changes"))
    diagnostics += problems
    return (
        Lifecycle(
            prevent_destroy=prevent,
            ignore_changes=ignored,
            ignore_all_changes=ignore_all,
        ),
        diagnostics,
    )
