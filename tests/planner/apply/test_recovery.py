"""What a run that was cut short meant is what its objects are read by, so that one half done is told as such."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from kvmplan.addresses import Address
from kvmplan.apply.recovery import recover
from kvmplan.lane import Lane
from kvmplan.sessions import Sessions
from kvmplan.state.left_open import LeftOpen
from kvmplan.state.model import Instance, State
from kvmplan_sdk.provider import UNTAGGED, Known, Observed, Verb

ADDRESS = Address("libvirt_network", "lan")


class Half:
    """A host whose objects are all half done."""

    def read(self, _lane: Lane, known: Sequence[Known]) -> Sequence[Observed | None]:
        return [Observed(values={"mtu": 1500}) for _ in known]


def network(mtu: int, tag: str = "") -> Instance:
    return Instance(address=ADDRESS, host="local", values={"mtu": mtu}, tag=tag)


@pytest.mark.parametrize(
    ("verb", "before", "expected"),
    [
        (Verb.CREATE, None, 1400),
        (Verb.UPDATE, network(1500), 1400),
        (Verb.UPDATE, network(1500, tag=UNTAGGED), 1500),
        (Verb.UPDATE, None, None),
    ],
)
def test_it_is_in_the_state_as_it_was_meant(verb: Verb, before: Instance | None, expected: int | None) -> None:
    state = State(lineage="x", instances={} if before is None else {ADDRESS: before})
    run = LeftOpen(lineage="x", intents={(ADDRESS, verb): network(1400)})
    recovered = recover(run, state, cast("Sessions", Half()))
    found = recovered.state.instances.get(ADDRESS)
    assert (found and found.values["mtu"]) == expected
    assert recovered.unsure == {ADDRESS}
