"""What a dynamic block leaves open stays open in a plan."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.providers.libvirt.conftest import Rig

from kvmplan_libvirt.provider import LibvirtProvider
from kvmplan_sdk.proposing import configure, liberties, propose
from kvmplan_sdk.provider import Proposal
from kvmplan_sdk.types import BOOL, NUMBER, STRING
from kvmplan_sdk.values import UNKNOWN, Value

RESOURCES = LibvirtProvider().schema.resources
BLOCKS = [(type_, name) for type_, schema in RESOURCES.items() for name in schema.blocks]
ANYTHING: Mapping[object, Value] = {STRING: "x", NUMBER: 1, BOOL: True}


@pytest.mark.parametrize(("type_", "name"), BLOCKS)
def test_an_unknown_number_of_blocks(type_: str, name: str, rig: Rig) -> None:
    schema = RESOURCES[type_]
    written = {name: ANYTHING[attribute.type] for name, attribute in schema.attributes.items() if attribute.required}
    configured = configure(schema, {**written, name: UNKNOWN})
    proposed = propose(schema, configured, None)
    planned = rig.open().plan(
        Proposal(
            address=f"{type_}.a",
            type=type_,
            host="local",
            configured=configured,
            proposed=proposed,
            prior=None,
            private={},
        )
    )
    assert planned.values[name] is UNKNOWN
    assert list(liberties(schema, configured, proposed, planned.values)) == []
