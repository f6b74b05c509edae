"""The table of ``libvirt_nwfilter``: libvirt's document of a network filter.

Source: https://libvirt.org/formatnwfilter.html.
"""

from __future__ import annotations

import re

from kvmplan_libvirt.document import Codec, Node, value
from kvmplan_libvirt.mechanism import REFILTER, SUCCEED
from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.validators import uuid
from kvmplan_sdk import Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, one_of

ROOT = "root"
CHAIN_PRIORITIES = {
    ROOT: 0,
    "mac": -800,
    "vlan": -750,
    "stp": 0,
    "ipv4": -700,
    "ipv6": -600,
    "arp": -500,
    "rarp": -400,
}
"""What libvirt takes for the priority of a chain, by how its name begins, where a filter does not say it."""
_PREFIXES = tuple(prefix for prefix in CHAIN_PRIORITIES if prefix != ROOT)
_CHAIN = re.compile(f"{ROOT}|(?=.{{3,12}}$)({'|'.join(_PREFIXES)})[A-Za-z0-9_.:-]*")
_NAME = re.compile(r"[^/\x00-\x1f]{1,200}")
_PARAMETER = re.compile(r"[A-Za-z0-9_]+")
_PARAMETER_VALUE = re.compile(r"[A-Za-z0-9_.:]+")


def _name(value: Value) -> str | None:
    if _NAME.fullmatch(str(value)) and value not in {".", ".."}:
        return None
    return f"{value!r} cannot name a filter, which is kept in a file of that name: one line, no slash, and not empty."


def _chain(value: Value) -> str | None:
    if _CHAIN.fullmatch(str(value)):
        return None
    return (
        f"{value!r} is no chain: it is {ROOT!r}, or begins with one of {', '.join(_PREFIXES)}, and has at most 12 "
        "letters, digits, dots, colons, hyphens and underscores."
    )


def _parameter(value: Value) -> str | None:
    well = _PARAMETER.fullmatch(str(value))
    return None if well else f"{value!r} is not the name of a variable: letters, digits and underscores, without a $."


def _parameter_value(value: Value) -> str | None:
    well = _PARAMETER_VALUE.fullmatch(str(value))
    return (
        None if well else f"{value!r} cannot be the value of a variable: letters, digits, dots, colons and underscores."
    )


INCLUDE = Node(
    tag="filterref",
    doc="Another filter, whose rules apply as if written here.",
    change=REFILTER,
    fields={
        "filter": value(
            "@filter", STRING, "Name of the filter.", _name, required=True, refers_to="libvirt_nwfilter.name"
        )
    },
    nodes={
        "parameter": Node(
            tag="parameter",
            doc="A value for a variable of that filter; several of one name are a list.",
            change=REFILTER,
            fields={
                "name": value("@name", STRING, "The variable, such as `IP`.", _parameter, required=True),
                "value": value("@value", STRING, "Its value.", _parameter_value, required=True),
            },
        )
    },
)

RULE = Node(
    tag="rule",
    doc=(
        "A rule: what to do with the traffic that a block of a protocol matches; without one, with all traffic. Rules "
        "with a lower priority come first, those of the same one in the order they are written. Several blocks of the "
        "same protocol are one condition, of which `match = false` says what must not match."
    ),
    change=REFILTER,
    fields={
        "action": value(
            "@action",
            STRING,
            "What to do: `accept`, `drop`, `reject`, `return` (to the chain before) or `continue`.",
            one_of("accept", "drop", "reject", "return", "continue"),
            required=True,
        ),
        "direction": value(
            "@direction",
            STRING,
            "`in` to the guest, `out` from it, or `inout`.",
            one_of("in", "out", "inout"),
            required=True,
        ),
        "priority": value("@priority", NUMBER, "Its place among the rules.", between(-1000, 1000), absent=500),
        "statematch": value(
            "@statematch",
            BOOL,
            "Whether answers to allowed connections are let through, as they are unless said.",
            codec=Codec(lambda text: text.lower() not in {"false", "0"}, lambda value: "true" if value else "false"),
            absent=True,
        ),
    },
    nodes={name: protocol.node for name, protocol in PROTOCOLS.items()},
)

FILTER = Node(
    tag="filter",
    doc=(
        "A filter of libvirt for the traffic of guests' NICs, which name it in `filterref`. A change takes effect at "
        "once on every running guest that uses it, directly or through another filter."
    ),
    change=REFILTER,
    coexists=True,
    fields={
        "name": value("@name", STRING, "Name of the filter.", _name, change=SUCCEED, required=True, replaces=True),
        "uuid": value(
            "uuid",
            STRING,
            "UUID, derived from the state, the host, the address of the resource and the name unless said. It tells "
            "whose the filter is.",
            uuid,
            change=SUCCEED,
            computed=True,
            replaces=True,
        ),
        "chain": value(
            "@chain",
            STRING,
            "The chain that its rules are in: `root`, or one whose name begins with the protocol that leads there.",
            _chain,
            default=ROOT,
        ),
        "priority": value(
            "@priority",
            NUMBER,
            "The chain's place among those of the guest; follows from the chain unless said.",
            between(-1000, 1000),
            absent=0,
            default=None,
            computed=True,
        ),
    },
    nodes={"filterref": INCLUDE, "rule": RULE},
)
