"""The engine's part, played by hand for the libvirt provider on one lab host: one change at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from kvmplan.lab import LabHost
from kvmplan_libvirt.provider import SCHEMA, LibvirtProvider, LibvirtSession
from kvmplan_sdk import (
    Change,
    Findings,
    Known,
    Object,
    Operation,
    Outcome,
    Planned,
    Proposal,
    Severity,
    Step,
    Value,
    Verb,
)
from kvmplan_sdk.proposing import configure, propose

from .provider_host import ProviderHost

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


class SocketHost(ProviderHost):
    """The lab host's sockets are seen from here through its root folder."""

    def local_socket(self, path: str) -> str:
        return f"/proc/{self.lab.init().pid}/root{path}"


@dataclass
class Rig:
    """Plays the engine for one lab host: plans, assesses and applies one change at a time."""

    host: SocketHost
    there: dict[str, Object] = field(default_factory=dict)
    private: dict[str, Object] = field(default_factory=dict)

    def open(self) -> LibvirtSession:
        session = LibvirtProvider().open(self.host, {"uri": None}, LINEAGE)
        assert isinstance(session, LibvirtSession)
        return session

    def put(self, address: str, written: Object) -> Findings:
        """Plan and apply ``written``; what the plan's assessment found."""
        prior = self.there.get(address)
        with closing(self.open()) as session:
            planned, findings = self._judge(session, address, written)
            said = [one for one in planned.diagnostics + findings.diagnostics if one.severity is Severity.ERROR]
            assert not said, said
            for outcome in session.apply(Step(operations=_operations(address, prior, planned), lineage=LINEAGE)):
                assert not outcome.diagnostics, outcome.diagnostics
        assert outcome.values is not None
        self.there[address] = outcome.values
        self.look(address)
        return findings

    def together(self, written: Mapping[str, Object]) -> dict[str, Outcome]:
        """Plan and apply all of ``written`` in one step, in the order given, and read back what is there then."""
        with closing(self.open()) as session:
            operations = []
            for address, values in written.items():
                prior = self.there.get(address)
                planned = self._plan(session, address, values, prior)
                assert planned.diagnostics == ()
                verb = Verb.CREATE if prior is None else Verb.UPDATE
                type_ = address.partition(".")[0]
                operations.append(Operation(verb=verb, address=address, type=type_, before=prior, after=planned.values))
            outcomes = {one.address: one for one in session.apply(Step(operations=tuple(operations), lineage=LINEAGE))}
        self.there |= {address: one.values for address, one in outcomes.items() if one.values is not None}
        self.look(*outcomes)
        return outcomes

    def look(self, *addresses: str) -> None:
        """Read back what is there."""
        known = [Known(address=one, type=one.partition(".")[0], values=self.there[one]) for one in addresses]
        with closing(self.open()) as session:
            for one, observed in zip(known, session.read(known), strict=True):
                assert observed is not None
                self.there[one.address], self.private[one.address] = observed.values, observed.private

    def plan(self, address: str, written: Object) -> Object:
        with closing(self.open()) as session:
            return self._plan(session, address, written, self.there.get(address)).values

    def refusals(self, address: str, written: Object) -> list[str]:
        """What is said against ``written`` before anything runs."""
        with closing(self.open()) as session:
            planned, findings = self._judge(session, address, written)
            said = [*planned.diagnostics, *findings.diagnostics]
            if not said:
                operations = _operations(address, self.there.get(address), planned)
                said += session.dry_run(Step(operations=operations, lineage=LINEAGE))
        return [f"{diagnostic.summary}: {diagnostic.detail}" for diagnostic in said]

    def leftover(self, address: str, written: Object) -> dict[str, tuple[Value, Value]]:
        """What a second plan would change: by attribute, as found and as planned."""
        type_, known = address.partition(".")[0], self.there[address]
        with closing(self.open()) as session:
            (seen,) = session.read([Known(address=address, type=type_, values=known)])
            assert seen is not None
            assert seen.owned
            self.private[address] = seen.private
            planned = self._plan(session, address, written, seen.values)
        before = planned.prior or seen.values
        return {name: (before[name], value) for name, value in planned.values.items() if before[name] != value}

    def _judge(self, session: LibvirtSession, address: str, written: Object) -> tuple[Planned, Findings]:
        prior = self.there.get(address)
        planned = self._plan(session, address, written, prior)
        verb = Verb.CREATE if prior is None else Verb.UPDATE
        return planned, session.assess([self._change(verb, address, prior, planned.values, planned)], ())

    def delete(self, address: str) -> Outcome:
        before = self.there[address]
        operation = Operation(
            verb=Verb.DELETE, address=address, type=address.partition(".")[0], before=before, after=None
        )
        with closing(self.open()) as session:
            (outcome,) = session.apply(Step(operations=(operation,), lineage=LINEAGE))
        if not outcome.diagnostics:
            del self.there[address]
        return outcome

    def assess_delete(self, address: str) -> Findings:
        with closing(self.open()) as session:
            return session.assess([self._change(Verb.DELETE, address, self.there[address], None)], ())

    def _plan(self, session: LibvirtSession, address: str, written: Object, prior: Object | None) -> Planned:
        type_ = address.partition(".")[0]
        schema = SCHEMA.resources[type_]
        configured = configure(schema, written)
        proposed = propose(schema, configured, prior)
        return session.plan(
            Proposal(
                address=address,
                type=type_,
                host=self.host.name,
                configured=configured,
                proposed=proposed,
                prior=prior,
                private=self.private.get(address, {}),
            )
        )

    def _change(
        self, verb: Verb, address: str, before: Object | None, after: Object | None, planned: Planned | None = None
    ) -> Change:
        type_ = address.partition(".")[0]
        if planned is None:
            return Change(verb=verb, address=address, type=type_, before=before, after=after)
        return Change(
            verb=verb,
            address=address,
            type=type_,
            before=before,
            after=after,
            replaced=bool(planned.replaces) and before is not None,
            impact=planned.impact,
        )


@contextmanager
def rig_on(lab: LabHost, picture: Callable[[LabHost], object] = lambda _: None) -> Iterator[Rig]:
    """A rig whose host is left as it was found, as ``picture`` shows it: what a test made is removed."""
    before = picture(lab)
    rig = Rig(SocketHost(lab))
    yield rig
    for address in sorted(rig.there):
        assert rig.delete(address).diagnostics == ()
    assert picture(lab) == before


def _operations(address: str, prior: Object | None, planned: Planned) -> tuple[Operation, ...]:
    type_, after = address.partition(".")[0], planned.values
    if prior is None:
        return (Operation(verb=Verb.CREATE, address=address, type=type_, before=None, after=after),)
    if not planned.replaces:
        return (Operation(verb=Verb.UPDATE, address=address, type=type_, before=prior, after=after),)
    return (
        Operation(verb=Verb.DELETE, address=address, type=type_, before=prior, after=None),
        Operation(verb=Verb.CREATE, address=address, type=type_, before=None, after=after),
    )
