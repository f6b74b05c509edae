"""Where the work is done: ``provider`` and ``host`` blocks, and what the ``kvmplan`` block requires and sets."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.config.blocks.arguments import Problems, at_most_one, check_names, expression, nested, rest
from kvmplan.config.blocks.literals import literal_string
from kvmplan.config.model import Backend, HostBlock, ProviderBlock, ProviderName, RequiredProvider
from kvmplan.syntax import Attribute, Block, Expression, Literal, Object, Traversal, Tuple, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, error

_ENTRY = frozenset({"source", "version", "configuration_aliases"})


def provider(block: Block, problems: Problems) -> ProviderBlock:
    check_names(block, problems)
    (name,) = block.labels
    if "version" in block.body.attributes:
        problems.append(
            error(
                "Version in a provider block",
                f"Which versions are good is said in one place: kvmplan {{ required_providers {{ {name} = "
                '">= 0.1" } }. Leave it out here.',
                source=block.body.attributes["version"].name_range,
            )
        )
    alias = literal_string(block.body.attributes.get("alias"), "", problems)
    return ProviderBlock(provider=ProviderName(name, alias), body=rest(block), range=block.range)


def provider_name(attribute: Attribute | None, problems: Problems) -> ProviderName | None:
    """The configuration that ``provider = libvirt.east`` names."""
    if attribute is None:
        return None
    found = as_provider_name(attribute.expression)
    if found is None:
        problems.append(
            error(
                "Invalid provider reference",
                f'"{attribute.name}" names a provider and perhaps an alias, without quotes: libvirt, or libvirt.east.',
                source=attribute.expression.range,
            )
        )
    return found


def as_provider_name(written: Expression) -> ProviderName | None:
    reference = static_traversal(written)
    if isinstance(written, Literal) and isinstance(written.value, str):
        return ProviderName(*written.value.split(".", 1))
    if reference is None or len(reference.steps) > 1 or not all(step.attribute for step in reference.steps):
        return None
    return ProviderName(reference.root, *(str(step.key) for step in reference.steps))


def host(block: Block, problems: Problems) -> HostBlock | None:
    (name,) = block.labels
    check_names(block, problems)
    if name == "local":
        problems.append(
            error(
                "Reserved host name",
                '"local" is the machine that kvmplan runs on, which needs no host block. Choose another name.',
                source=block.label_ranges[0],
            )
        )
    address = expression(block, "address")
    if address is None:
        return None
    return HostBlock(name=name, address=address, range=block.range, for_each=expression(block, "for_each"))


def required_providers(block: Block, problems: Problems) -> Iterator[RequiredProvider]:
    """What the ``required_providers`` of a ``kvmplan`` block ask for."""
    for found in nested(block, "required_providers"):
        for attribute in found.body.attributes.values():
            required = _required(attribute)
            if required is None:
                problems.append(_invalid(attribute))
            else:
                yield required


def backend(block: Block, problems: Problems) -> Backend | None:
    """The ``backend`` block in a ``kvmplan`` block."""
    found = at_most_one(block, "backend", problems)
    if found is None:
        return None
    (type_,) = found.labels
    return Backend(type=type_, body=rest(found), range=found.range)


def _required(attribute: Attribute) -> RequiredProvider | None:
    """``name = "constraint"``, or ``name = { source, version, configuration_aliases }``; None when it is neither."""
    name, written = attribute.name, attribute.expression
    if isinstance(written, Literal) and isinstance(written.value, str):
        return RequiredProvider(name=name, plugin=name, version=written.value, range=attribute.name_range)
    if not isinstance(written, Object):
        return None
    entries: dict[str, Expression] = {}
    for item in written.items:
        key = item.key.root if isinstance(item.key, Traversal) else getattr(item.key, "value", None)
        if key not in _ENTRY:
            return None
        entries[str(key)] = item.value
    source, version = (getattr(entries.get(key, written), "value", None) for key in ("source", "version"))
    aliases = entries.get("configuration_aliases")
    names = [as_provider_name(item) for item in aliases.items] if isinstance(aliases, Tuple) else []
    if None in names or (aliases is not None and not isinstance(aliases, Tuple)):
        return None
    return RequiredProvider(
        name=name,
        plugin=str(source or name).rsplit("/", 1)[-1],
        version=str(version or ""),
        range=attribute.name_range,
        aliases=tuple(one for one in names if one is not None),
    )


def _invalid(attribute: Attribute) -> Diagnostic:
    return error(
        "Invalid provider requirement",
        f'"{attribute.name}" takes an object such as {{ source = "{attribute.name}", version = ">= 0.1" }}, in which '
        "source names the plugin; configuration_aliases may list what callers of the module hand over.",
        source=attribute.expression.range,
    )
