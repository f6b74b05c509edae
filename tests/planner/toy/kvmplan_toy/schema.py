"""What a thing looks like: every kind of attribute and nested block there is."""

from __future__ import annotations

import re
from dataclasses import replace

from kvmplan_sdk import Attribute, Block, Nesting, ObjectSchema, ProviderSchema, Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType, MapType, SetType
from kvmplan_sdk.validators import between, cidr, port

from .functions import FUNCTIONS


def _name(value: Value) -> str | None:
    return None if re.fullmatch("[a-z0-9-]+", str(value)) else f"{value!r} is not a name: use a-z, 0-9 and dashes."


THING = ObjectSchema(
    doc="A thing.",
    attributes={
        "name": Attribute(type=STRING, doc="Its name, once per host.", required=True, validators=(_name,)),
        "size": Attribute(
            type=NUMBER, doc="A smaller one is another thing.", default=1, validators=(between(0, 9999),)
        ),
        "zone": Attribute(type=STRING, doc="Where it is.", replaces=True),
        "label": Attribute(type=STRING, doc="Made of the name when not given.", computed=True),
        "parent": Attribute(
            type=STRING, doc="The id of the thing that it is part of.", replaces=True, refers_to="toy_thing.id"
        ),
        "note": Attribute(type=STRING, doc="Anything."),
        "secret": Attribute(type=STRING, doc="Never shown.", sensitive=True),
        "tags": Attribute(type=SetType(STRING), doc="Tags."),
        "numbers": Attribute(type=ListType(NUMBER), doc="Numbers."),
        "labels": Attribute(type=MapType(STRING), doc="Labels."),
        "subnet": Attribute(type=STRING, doc="A subnet that it claims.", validators=(cidr,)),
        "id": Attribute(type=STRING, doc="Its identity.", computed=True),
        "revision": Attribute(type=NUMBER, doc="How often it was made other than before.", computed=True),
    },
    blocks={
        "link": Block(
            doc="Its link, always there.",
            nesting=Nesting.GROUP,
            attributes={"mac": Attribute(type=STRING, doc="Made of the address.", computed=True)},
        ),
        "port": Block(
            doc="A port.",
            attributes={
                "number": Attribute(type=NUMBER, doc="Its number.", required=True, validators=(port,)),
                "open": Attribute(type=BOOL, doc="Whether it is open.", default=True),
                "key": Attribute(type=STRING, doc="Never shown.", sensitive=True),
            },
        ),
        "rule": Block(
            doc="A rule; their order does not matter.",
            nesting=Nesting.SET,
            max_items=5,
            attributes={
                "action": Attribute(type=STRING, doc="What it does.", required=True),
                "note": Attribute(type=STRING, doc="Anything."),
            },
        ),
        "place": Block(
            doc="Where it stands.",
            nesting=Nesting.SINGLE,
            attributes={"rack": Attribute(type=STRING, doc="The rack.", required=True)},
        ),
    },
)

WATCHED = replace(
    THING,
    doc="A thing that others look at.",
    attributes={
        **THING.attributes,
        "looks": Attribute(type=NUMBER, doc="How often somebody looked.", computed=True, read_only=True, observed=True),
    },
)

SCHEMA = ProviderSchema(
    configuration=ObjectSchema(
        doc="Where the world is.",
        attributes={
            "world": Attribute(type=STRING, doc="The world's file."),
            "batch": Attribute(type=BOOL, doc="Whether a step is carried out whole or not at all.", default=False),
        },
    ),
    resources={"toy_thing": THING, "toy_copy": replace(THING, coexists=True), "toy_watched": WATCHED},
    data_sources={
        "toy_thing": ObjectSchema(
            doc="A thing that is there, whoever made it.",
            attributes={
                "name": Attribute(type=STRING, doc="Its name.", required=True),
                "size": Attribute(type=NUMBER, doc="Its size.", computed=True),
                "id": Attribute(type=STRING, doc="Its identity.", computed=True),
            },
        )
    },
    functions=FUNCTIONS,
)
