"""Waiting until guests have addresses: for all NICs of a step together, in short looks, when all else is done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from kvmplan_libvirt.addresses.book import Lease, Source
from kvmplan_libvirt.addresses.cable import replug_cables
from kvmplan_libvirt.addresses.given import addresses_of, leases_of, leases_on
from kvmplan_libvirt.addresses.report import stopped, timed_out, unasked
from kvmplan_libvirt.addresses.table import Wait, wait_of
from kvmplan_libvirt.interface.changes import mechanisms
from kvmplan_libvirt.interface.xml import values_of
from kvmplan_libvirt.inventory import Nic, nic_with
from kvmplan_libvirt.mechanism import MOVE, RECONNECT, REPLUG
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import UNKNOWN, Diagnostic, DiagnosticError, Object, Operation, Outcome, Step, Verb

_POLL = 0.25


@dataclass(frozen=True, slots=True)
class _Before:
    """``leases``: those of before a NIC was plugged in where it is, which say nothing of now; ``moved``: whether the
    guest has it already, on something else.
    """

    leases: frozenset[Lease]
    moved: bool


@dataclass(frozen=True, slots=True)
class Awaited:
    """A NIC to wait for, with what was ``before``."""

    outcome: Outcome
    values: Object
    wait: Wait
    before: _Before

    @property
    def name(self) -> str:
        return f"NIC {self.values['mac']} of domain {self.values['domain']}"


class Waiting:
    """The NICs of a step that are waited for. Made before anything of the step is done."""

    def __init__(self, steady: Steady, step: Step) -> None:
        self._steady = steady
        self._stopping = step.stopping
        waits = [operation for operation in step.operations if _waits(operation)]
        going = {operation.address for operation in step.operations if operation.verb is Verb.DELETE}
        self._before = {one.address: steady.do(partial(_before, one, one.address in going)) for one in waits}
        self._nics: list[Awaited] = []

    def takes(self, outcome: Outcome) -> bool:
        """Whether ``outcome`` has to wait for an address; then it is one of `outcomes`."""
        wait = None if outcome.values is None else wait_of(outcome.values)
        if outcome.diagnostics or outcome.values is None or wait is None or outcome.address not in self._before:
            return False
        self._nics.append(Awaited(outcome, outcome.values, wait, self._before[outcome.address]))
        return True

    def outcomes(self) -> Iterator[Outcome]:
        """Each once it has an address, or its time is over. Each network is asked once for every look."""
        waiting = self._nics
        try:
            self._steady.do(partial(_tell_moved, waiting))
        except DiagnosticError as problem:
            yield from (_failed(nic, *problem.diagnostics) for nic in waiting)
            return
        started = time.monotonic()
        while waiting:
            try:
                look = partial(_look, waiting, time.monotonic() - started, self._stopping())
                settled = self._steady.do(look)
            except DiagnosticError as broken:
                yield from (_failed(nic, *broken.diagnostics) for nic in waiting)
                return
            waiting = [nic for nic, outcome in settled if outcome is None]
            yield from (outcome for _, outcome in settled if outcome is not None)
            if waiting:
                time.sleep(_POLL)


def _waits(operation: Operation) -> bool:
    """Only after a change that the plan says leads to other addresses."""
    after = operation.after or {}
    return after.get("addresses") is UNKNOWN and wait_of(after) is not None


def _before(operation: Operation, goes: bool, reach: Reach) -> _Before:
    """What counts is where the guest has it: with a network that lost its bridge, it comes to no other one.

    ``goes``: it is taken out before.
    """
    after = operation.after or {}
    nic = None if goes else _nic(reach, after)
    before = None if nic is None else values_of(nic, after)
    ways = {REPLUG} if before is None else {MOVE, RECONNECT, REPLUG} & set(mechanisms(before, after, reach.version))
    leases = leases_on(reach.inventory, text(after, "network")) if ways else ()
    return _Before(frozenset(leases), moved=bool(ways) and REPLUG not in ways)


def _tell_moved(waiting: Sequence[Awaited], reach: Reach) -> None:
    nics = (_plugged(reach, awaited) for awaited in waiting if awaited.before.moved)
    replug_cables(reach, [nic for nic in nics if nic is not None])


def _look(
    waiting: Sequence[Awaited], passed: float, stop: bool, reach: Reach
) -> Sequence[tuple[Awaited, Outcome | None]]:
    reach.inventory.addresses.renew()
    reach.inventory.renew_links()
    return [(nic, _settled(reach, nic, passed, stop=stop)) for nic in waiting]


def _settled(reach: Reach, awaited: Awaited, passed: float, *, stop: bool) -> Outcome | None:
    nic = _plugged(reach, awaited)
    if nic is None:
        told = unasked(awaited.name).about(awaited.outcome.address)
        return replace(awaited.outcome, values={**awaited.values, "addresses": []}, diagnostics=(told,))
    found = awaited.wait.among(_addresses(reach, awaited, nic))
    if found:
        everything = addresses_of(reach.inventory, nic, awaited.wait.source)
        return replace(awaited.outcome, values={**awaited.values, "addresses": list(everything)})
    if stop:
        return _failed(awaited, stopped(awaited.name))
    if passed >= awaited.wait.seconds:
        return _failed(awaited, timed_out(reach, awaited.name, nic, awaited.wait))
    return None


def _plugged(reach: Reach, awaited: Awaited) -> Nic | None:
    """The NIC in the running guest."""
    return _nic(reach, awaited.values)


def _nic(reach: Reach, values: Object) -> Nic | None:
    record = reach.inventory.domain(str(values["domain"]))
    return None if record is None else nic_with(str(values["mac"]), record.name, record.live)


def _addresses(reach: Reach, awaited: Awaited, nic: Nic) -> Sequence[str]:
    if awaited.wait.source is not Source.LEASE:
        return addresses_of(reach.inventory, nic, awaited.wait.source)
    leases = leases_of(reach.inventory, nic)
    return [lease.address for lease in leases if lease not in awaited.before.leases or not lease.expires]


def _failed(awaited: Awaited, *diagnostics: Diagnostic) -> Outcome:
    """The NIC is there and stays; without the wish to wait it is finished by the next run."""
    told = tuple(diagnostic.about(awaited.outcome.address) for diagnostic in diagnostics)
    return replace(awaited.outcome, values={**awaited.values, "wait_for_address": None}, diagnostics=told)
