"""A state as text: what could be typed, with nested blocks as blocks, and nothing that is sensitive."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.review.state_text import instance_text, state_text
from kvmplan.state.model import Instance, Output, new_state
from kvmplan_sdk.schema import NUMBER, STRING, Attribute, Block, Nesting, ObjectSchema
from kvmplan_sdk.types import ListType

from ..workspace import address

SCHEMA = ObjectSchema(
    doc="A network.",
    attributes={
        "name": Attribute(type=STRING, doc="Its name."),
        "mtu": Attribute(type=NUMBER, doc="Its MTU."),
        "tags": Attribute(type=ListType(STRING), doc="Its tags."),
    },
    blocks={
        "ip": Block(
            doc="Addresses.",
            attributes={"address": Attribute(type=STRING, doc="An address.")},
            blocks={"dhcp": Block(doc="DHCP.", nesting=Nesting.SINGLE)},
        ),
        "dns": Block(doc="DNS.", nesting=Nesting.SINGLE, attributes={"key": Attribute(type=STRING, doc="A key.")}),
    },
)
INSTANCE = Instance(
    address=address('module.site.x_network.lan["a"]'),
    host="kvm1",
    values={
        "name": "lan",
        "mtu": None,
        "tags": [],
        "ip": [{"address": "10.0.0.1", "dhcp": {}}, {"address": "10.0.1.1", "dhcp": None}],
        "dns": {"key": "t0ken"},
    },
    sensitive=(("dns", "key"), ("ip", 1, "address")),
)


def test_nested_blocks_are_blocks() -> None:
    assert (
        instance_text(INSTANCE, SCHEMA)
        == """# module.site.x_network.lan["a"]: (on kvm1)
resource "x_network" "lan" {
    name = "lan"
    tags = []

    dns {
        key = (sensitive value)
    }

    ip {
        address = "10.0.0.1"

        dhcp {
        }
    }

    ip {
        address = (sensitive value)
    }
}
"""
    )


def test_without_its_provider_an_instance_is_shown_all_the_same() -> None:
    text = instance_text(replace(INSTANCE, tainted=True), None)
    assert text.startswith('# module.site.x_network.lan["a"]: (tainted, on kvm1)\n')
    assert "10.0.0.1" in text
    assert "t0ken" not in text
    assert "10.0.1.1" not in text


def test_states_without_anything() -> None:
    assert state_text(None, lambda _: None) == "No state.\n"
    assert state_text(new_state(), lambda _: None) == "The state is empty.\n"
    outputs = {"a": Output(value="x", type=STRING), "b": Output(value="y", type=STRING, sensitive=True)}
    assert state_text(replace(new_state(), outputs=outputs), lambda _: None) == (
        'Outputs:\n\na = "x"\nb = <sensitive>\n'
    )
