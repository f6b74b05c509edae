"""``resource`` and ``data`` blocks: their meta-arguments, and the rest for the provider."""

from __future__ import annotations

from kvmplan.addresses import Address
from kvmplan.config.blocks.arguments import Problems, at_most_one, check_names, conditions, expression, rest
from kvmplan.config.blocks.literals import is_keyword, literal_bool, literal_list, reference_list
from kvmplan.config.blocks.providers import provider_name
from kvmplan.config.model import Lifecycle, Resource
from kvmplan.syntax import Block, Expression, references
from kvmplan_sdk.diagnostics import error

_BEFORE_RESOURCES = frozenset({"var", "local", "each", "count", "path", "kvmplan", "host"})


def resource(block: Block, problems: Problems) -> Resource:
    check_names(block, problems)
    type_, name = block.labels
    address = Address(type_, name, mode="data" if block.type == "data" else "managed")
    attributes = block.body.attributes
    check_repetition(block, str(address), problems)
    return Resource(
        address=address,
        body=rest(block),
        range=block.range,
        type_range=block.label_ranges[0],
        count=expression(block, "count"),
        for_each=expression(block, "for_each"),
        host=expression(block, "host"),
        provider=provider_name(attributes.get("provider"), problems),
        depends_on=reference_list(attributes.get("depends_on"), problems),
        lifecycle=_lifecycle(block, problems),
    )


def check_repetition(block: Block, what: str, problems: Problems) -> None:
    attributes = block.body.attributes
    if "count" in attributes and "for_each" in attributes:
        problems.append(
            error(
                "Both count and for_each",
                f"{what} can have one of them: use for_each where instances have names of their own.",
                source=attributes["for_each"].name_range,
            )
        )


def _without_resources(guard: Expression | None, problems: Problems) -> Expression | None:
    """``prevent_destroy``, which must be known whatever becomes of any resource."""
    for reference in references(guard) if guard is not None else ():
        if reference.root not in _BEFORE_RESOURCES:
            problems.append(
                error(
                    "Invalid reference in prevent_destroy",
                    f"{reference.text} may change with the plan that it is to guard against. Use variables, local "
                    "values made of these, each.key, each.value or count.index.",
                    source=reference.range,
                )
            )
            return None
    return guard


def _lifecycle(block: Block, problems: Problems) -> Lifecycle:
    nested = at_most_one(block, "lifecycle", problems)
    if nested is None:
        return Lifecycle()
    attributes = nested.body.attributes
    ignore_all = is_keyword(attributes.get("ignore_changes"), "all")
    triggers = attributes.get("replace_triggered_by")
    return Lifecycle(
        create_before_destroy=literal_bool(attributes.get("create_before_destroy"), problems, default=False),
        prevent_destroy=_without_resources(expression(nested, "prevent_destroy"), problems),
        destroy=literal_bool(attributes.get("destroy"), problems, default=True),
        ignore_changes=() if ignore_all else reference_list(attributes.get("ignore_changes"), problems),
        ignore_all_changes=ignore_all,
        replace_triggered_by=literal_list(triggers, "references, such as [libvirt_network.lan.mac]", problems),
        preconditions=conditions(nested, "precondition", problems),
        postconditions=conditions(nested, "postcondition", problems),
    )
