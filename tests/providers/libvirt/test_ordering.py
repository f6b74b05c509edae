"""An object that is named before it is made is told of when the plan is made."""

from __future__ import annotations

import pytest

from kvmplan_libvirt.kinds import KINDS
from kvmplan_libvirt.ordering import check_order
from kvmplan_sdk import Object, Operation, Verb
from kvmplan_sdk.proposing import configure, propose

NODES = {name: kind.node for name, kind in KINDS.items()}
NETWORK: Object = {"name": "lan"}
FILTER: Object = {"name": "own"}
NIC: Object = {"domain": "web", "network": "lan", "filterref": {"filter": "own"}}


def operation(type_: str, written: Object, verb: Verb = Verb.CREATE, name: str = "x") -> Operation:
    schema = NODES[type_].schema()
    values = propose(schema, configure(schema, written), None)
    before = None if verb is Verb.CREATE else values
    return Operation(verb=verb, address=f"{type_}.{name}", type=type_, before=before, after=values)


NETWORK_MADE, FILTER_MADE = operation("libvirt_network", NETWORK), operation("libvirt_nwfilter", FILTER)


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.UPDATE])
def test_what_is_made_afterwards_is_to_be_referred_to(verb: Verb) -> None:
    found = list(check_order(NODES, [operation("libvirt_interface", NIC, verb), NETWORK_MADE, FILTER_MADE]))
    assert [(one.summary, one.path) for one in found] == [
        ("lan is made only after what names it", ("network",)),
        ("own is made only after what names it", ("filterref", "filter")),
    ]
    assert "`filter = libvirt_nwfilter.x.name`" in found[1].detail


def test_what_is_made_before_or_was_there_may_be_named() -> None:
    nic = operation("libvirt_interface", NIC)
    assert list(check_order(NODES, [NETWORK_MADE, FILTER_MADE, nic])) == []
    assert list(check_order(NODES, [nic, operation("libvirt_network", NETWORK, Verb.UPDATE)])) == []


def test_filters_may_include_what_comes_later() -> None:
    """libvirt looks for it only when a guest uses them."""
    outer = operation("libvirt_nwfilter", {"name": "outer", "filterref": [{"filter": "own"}]}, name="outer")
    assert list(check_order(NODES, [outer, FILTER_MADE])) == []
