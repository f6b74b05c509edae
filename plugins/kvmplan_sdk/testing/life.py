"""One object between two runs, and what the engine asks a provider about it; each answer is held to the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kvmplan_sdk.capabilities import Rehearses
from kvmplan_sdk.proposing import canonical, lasting, liberties, propose, replacing
from kvmplan_sdk.provider import Known, Observed, Operation, Outcome, Planned, Proposal, Session, Step, Verb
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Path, Value, differences, format_path


@dataclass(frozen=True, slots=True)
class Life:
    """``prior``: the object as read last, None while there is none."""

    type: str
    host: str
    lineage: str
    schema: ObjectSchema
    open: Callable[[], Session]
    address: str
    prior: Object | None = None
    private: Object = field(default_factory=dict)

    def read(self, session: Session, values: Object | None) -> Observed | None:
        """The object that was last known as ``values``."""
        known = Known(address=self.address, type=self.type, values=values or {}, private=self.private)
        (observed,) = session.read([known])
        return observed

    def plan(self, session: Session, configured: Object, prior: Object | None) -> Planned:
        proposal = Proposal(
            address=self.address,
            type=self.type,
            host=self.host,
            configured=configured,
            proposed=propose(self.schema, configured, prior),
            prior=prior,
            private={} if prior is None else self.private,
        )
        planned = session.plan(proposal)
        assert session.plan(proposal) == planned, "rule 2: the same proposal gives another answer"
        errors = [diagnostic for diagnostic in planned.diagnostics if diagnostic.is_error]
        assert not errors, f"planning {configured} failed: {errors}"
        broken = list(liberties(self.schema, proposal.configured, proposal.proposed, planned.values))
        assert not broken, f"rule 1: plan changes what is not its own: {', '.join(map(format_path, broken))}"
        return planned

    def replacing(self, planned: Planned) -> list[str]:
        """What of ``planned`` makes a new object."""
        assert self.prior is not None
        left = canonical(self.schema, planned.prior or self.prior)
        changed = differences(lasting(self.schema, left), canonical(self.schema, planned.values))
        return [format_path(path) for path in replacing(self.schema, planned.replaces, changed)]

    def putting(self, planned: Planned) -> Operation:
        """Makes the object, or makes it so."""
        return Operation(
            verb=Verb.CREATE if self.prior is None else Verb.UPDATE,
            address=self.address,
            type=self.type,
            before=planned.prior or self.prior,
            after=planned.values,
            private=self.private,
        )

    def deletion(self) -> Operation:
        return Operation(
            verb=Verb.DELETE,
            address=self.address,
            type=self.type,
            before=self.prior,
            after=None,
            private=self.private,
        )

    def rehearse_and_apply(self, session: Session, *operations: Operation) -> list[Outcome]:
        """The outcomes in the order of the operations."""
        if isinstance(session, Rehearses):
            step = Step(operations=operations, lineage=self.lineage)
            problems = [problem for problem in session.dry_run(step) if problem.is_error]
            assert not problems, f"the rehearsal of {[one.verb.value for one in operations]} says {problems}"
        found = {outcome.verb: outcome for outcome in self.apply(session, *operations)}
        failed = [outcome for outcome in found.values() if outcome.diagnostics]
        return failed[:1] * len(operations) if failed else [found[one.verb] for one in operations]

    def apply(self, session: Session, *operations: Operation) -> list[Outcome]:
        outcomes = list(session.apply(Step(operations=operations, lineage=self.lineage)))
        asked, told = [one.verb for one in operations], [one.verb for one in outcomes]
        assert {outcome.address for outcome in outcomes} <= {self.address}, "an outcome that was not asked for"
        assert len(told) == len(set(told)) and set(told) <= set(asked), "an outcome that was not asked for"
        if not any(outcome.diagnostics for outcome in outcomes):
            assert set(told) == set(asked), "one outcome for one operation"
        return outcomes

    def assert_equal(self, expected: Object, found: Object, rule: str) -> None:
        left, right = canonical(self.schema, lasting(self.schema, expected)), canonical(self.schema, found)
        told = [f"{format_path(one)}: {_at(left, one)!r}, then {_at(right, one)!r}" for one in differences(left, right)]
        assert not told, f"{rule}: {'; '.join(told)}"


def _at(value: Value, path: Path) -> Value:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        elif isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value
