"""``import`` blocks: objects that are there already, and the instances that they shall be."""

from __future__ import annotations

from kvmplan.config.blocks.arguments import Problems, expression
from kvmplan.config.blocks.modules import invalid_target
from kvmplan.config.blocks.providers import provider_name
from kvmplan.config.blocks.spelled import spelled
from kvmplan.config.model import Import, ImportTarget
from kvmplan.syntax import Block


def import_(block: Block, problems: Problems) -> Import | None:
    to, identifier = expression(block, "to"), expression(block, "id")
    if to is None or identifier is None:
        return None
    found = spelled(to)
    module, resource, key = found or ([], None, None)
    if resource is None or resource.mode == "data":
        problems.append(invalid_target("to", to.range))
        return None
    return Import(
        target=ImportTarget(module=tuple(module), resource=resource, key=key, range=to.range),
        id=identifier,
        range=block.range,
        provider=provider_name(block.body.attributes.get("provider"), problems),
        for_each=expression(block, "for_each"),
    )
