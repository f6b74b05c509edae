"""``module`` blocks, and what is said of objects that were: ``moved``, ``removed``."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.addresses import Address, Key, ModuleAddress
from kvmplan.config.blocks.arguments import Problems, at_most_one, check_names, expression, rest
from kvmplan.config.blocks.literals import literal_bool, literal_string, reference_list
from kvmplan.config.blocks.providers import as_provider_name
from kvmplan.config.blocks.resources import check_repetition
from kvmplan.config.blocks.spelled import spelled
from kvmplan.config.model import ModuleCall, Moved, ProviderName, Removed, Target, WrittenKey
from kvmplan.config.shape import unknown_block
from kvmplan.syntax import Attribute, Block, Expression, Object, Reference, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


def module(block: Block, problems: Problems) -> ModuleCall | None:
    (name,) = block.labels
    check_names(block, problems)
    check_repetition(block, f"module.{name}", problems)
    attributes = block.body.attributes
    arguments = rest(block).content({}, problems)
    for inner in arguments.blocks:
        problems.append(unknown_block("module", inner, frozenset(), frozenset()))
    source = attributes.get("source")
    before = len(problems)
    text = literal_string(source, "", problems)
    if source is None or len(problems) > before:
        return None
    return ModuleCall(
        name=name,
        source=text,
        source_range=source.expression.range,
        range=block.range,
        arguments=arguments.attributes,
        version=literal_string(attributes.get("version"), "", problems),
        count=expression(block, "count"),
        for_each=expression(block, "for_each"),
        host=expression(block, "host"),
        depends_on=reference_list(attributes.get("depends_on"), problems),
        providers=_providers(attributes.get("providers"), problems),
    )


def _providers(attribute: Attribute | None, problems: Problems) -> dict[ProviderName, ProviderName]:
    if attribute is None:
        return {}
    found: dict[ProviderName, ProviderName] = {}
    items = attribute.expression.items if isinstance(attribute.expression, Object) else None
    for item in items or ():
        inner, outer = as_provider_name(item.key), as_provider_name(item.value)
        if inner is None or outer is None:
            items = None
        else:
            found[inner] = outer
    if items is None:
        problems.append(
            error(
                "Invalid providers argument",
                "It is an object that says which of this module's provider configurations the module gets: "
                "{ libvirt = libvirt.east }.",
                source=attribute.expression.range,
            )
        )
    return found


def moved(block: Block, problems: Problems) -> Moved | None:
    source, target = _target(block, "from", problems), _target(block, "to", problems)
    if source is None or target is None:
        return None
    if type(source) is not type(target):
        problems.append(
            error(
                "Invalid move",
                "A module can only move to a module, and a resource only to a resource (which may be in another "
                "module).",
                source=block.range,
            )
        )
        return None
    return Moved(source=source, target=target, range=block.range)


def removed(block: Block, problems: Problems) -> Removed | None:
    source = _target(block, "from", problems)
    lifecycle = at_most_one(block, "lifecycle", problems)
    destroy = True
    if lifecycle is not None:
        destroy = literal_bool(lifecycle.body.attributes.get("destroy"), problems, default=True)
    if source is None:
        return None
    if _keys(source):
        problems.append(
            error(
                "Instance key in a removed block",
                'It stands for all instances of what was there, so "from" has no instance keys. Leave them out.',
                source=block.body.attributes["from"].expression.range,
            )
        )
        return None
    return Removed(source=source, destroy=destroy, range=block.range)


def _keys(target: Target) -> bool:
    keys = [key for _, key in target.module]
    return any(key is not None for key in (*keys, target.key if isinstance(target, Address) else None))


def _target(block: Block, name: str, problems: Problems) -> Target | None:
    written = expression(block, name)
    if written is None:
        return None
    reference = static_traversal(written)
    found = target_of(reference) if reference is not None else None
    if found is None:
        problems.append(invalid_target(name, written.range))
    return found


def invalid_target(name: str, where: SourceRange) -> Diagnostic:
    return error(
        "Invalid address",
        f'"{name}" is the address of a resource, an instance or a module, without quotes: libvirt_network.lan, '
        'libvirt_network.lan["a"], module.site.',
        source=where,
    )


def target_of(reference: Reference) -> Target | None:
    """The address that a reference spells; None where it spells none (data sources cannot be moved)."""
    found = spelled(reference)
    if found is None:
        return None
    path, resource, key = found
    module = tuple((name, _literal(key)) for name, key in path)
    if resource is None:
        return ModuleAddress(module)
    return None if resource.mode == "data" else replace(resource, key=_literal(key), module=module)


def _literal(key: WrittenKey) -> Key:
    assert not isinstance(key, Expression)
    return key


__all__ = ["invalid_target", "module", "moved", "removed", "target_of"]
