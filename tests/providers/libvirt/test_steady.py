"""The connection breaks under a session: what was to be done is done all the same, or is told as not done."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, URI, Rig

from kvmplan_libvirt import steady
from kvmplan_libvirt.connection import connect
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import DiagnosticError, Known, Object, Operation, Step, Verb, error
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.testing.proposals import proposal

REFUSED = DiagnosticError(error("libvirt is not running on kvm1", "Start it."))


class Line:
    """A session whose connection can be cut; ``refusing``: how many times it is not opened again after that."""

    def __init__(self, rig: Rig, refusing: int = 0) -> None:
        self.rig = rig
        self.refusing = refusing
        self.opened = 0
        self.steady = Steady(Reach.of(self._open(), FakeHost(), LINEAGE, "m", 9_000_000, on_host=False), self._again)
        self.session = LibvirtSession(self.steady)

    def _open(self) -> Any:
        return connect(FakeHost(), URI)

    def _again(self, _seconds: float) -> Any:
        self.opened += 1
        if self.opened <= self.refusing:
            raise REFUSED
        return self._open()

    def cut(self) -> None:
        self.steady.reach.connection.close()

    def operation(self, name: str) -> Operation:
        schema = self.rig.provider.schema.resources["libvirt_network"]
        address = f"libvirt_network.{name}"
        after = self.session.plan(proposal(schema, address, {"name": name, "mode": "isolated"})).values
        return Operation(verb=Verb.CREATE, address=address, type="libvirt_network", before=None, after=after)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PATIENCE", 1.0)


def step(*operations: Operation) -> Step:
    return Step(operations=operations, lineage=LINEAGE)


def names(rig: Rig) -> set[str]:
    return {network.name() for network in rig.connection.listAllNetworks()} - {"default"}


@pytest.mark.parametrize("refusing", [0, 2])
def test_an_apply_goes_on_where_it_was_cut_off(rig: Rig, refusing: int) -> None:
    line = Line(rig, refusing)
    outcomes = []
    for outcome in line.session.apply(step(*(line.operation(name) for name in ("a", "b", "c")))):
        outcomes.append(outcome)
        if len(outcomes) == 1:
            line.cut()
    assert [outcome.diagnostics for outcome in outcomes] == [(), (), ()]
    assert names(rig) == {"a", "b", "c"}
    assert line.opened == refusing + 1


def test_reading_goes_on(rig: Rig) -> None:
    line = Line(rig)
    (outcome,) = line.session.apply(step(line.operation("a")))
    line.cut()
    values: Object = outcome.values or {}
    (observed,) = line.session.read([Known(address=outcome.address, type="libvirt_network", values=values)])
    assert observed is not None
    assert observed.values == values


def test_a_libvirt_that_stays_away_is_told_once_and_waited_for_once(rig: Rig) -> None:
    line = Line(rig, refusing=1000)
    operation = line.operation("a")
    line.cut()
    (outcome,) = line.session.apply(step(operation, line.operation("b")))
    (said,) = outcome.diagnostics
    assert said.summary == "libvirt on local went away"
    assert "libvirt is not running on kvm1. Start it." in said.detail
    assert outcome.values is None
    asked = line.opened
    with pytest.raises(DiagnosticError) as raised:
        line.session.read([Known(address="libvirt_network.a", type="libvirt_network", values=operation.after or {})])
    assert [again.detail for again in raised.value.diagnostics] == [said.detail]
    assert line.opened == asked


def test_one_that_comes_back_later_is_asked_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady, "PATIENCE", 0.1)
    line = Line(rig, refusing=1)
    line.cut()
    (first,) = line.session.apply(step(line.operation("a")))
    assert first.diagnostics
    time.sleep(0.2)
    (second,) = line.session.apply(step(line.operation("a")))
    assert not second.diagnostics
    assert names(rig) == {"a"}


def test_what_breaks_the_connection_every_time_is_not_tried_for_ever(rig: Rig) -> None:
    line = Line(rig)
    tried = 0

    def work(reach: Reach) -> object:
        nonlocal tried
        tried += 1
        reach.connection.close()
        return reach.inventory.networks["x"]

    with pytest.raises(DiagnosticError, match="Listing the networks failed"):
        line.steady.do(work)
    assert tried == steady.TIMES
