"""A resource type driven through its whole life, with the contract's rules asserted at every turn.

`exercise` plays the engine: it proposes what the engine would propose, opens a new session for every run, and holds the
provider to the rules in `kvmplan_sdk.provider`. A breach is an `AssertionError` that names the rule.

Not here: the engine itself. There is no graph, no state and no journal; one object is planned and applied at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from kvmplan_sdk.capabilities import Discovers
from kvmplan_sdk.identities import key_of, keys_of
from kvmplan_sdk.proposing import canonical, configure, lasting, liberties, propose
from kvmplan_sdk.provider import UNTAGGED, Known, Observed, Operation, Planned, Proposal, Provider, Session, Step, Verb
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.testing.unknowns import leaves, with_unknown
from kvmplan_sdk.values import Object, Path, Value, differences, format_path, is_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A life to lead: written as ``create``, then, in place, as each of ``updates``. What is left out is null.
    ``moves``: whether it gets another address at the end; ``unknowns``: whether each part of the configuration is also
    planned as not known yet.
    """

    type: str
    create: Object
    updates: Sequence[Object] = ()
    address: str = ""
    moves: bool = True
    unknowns: bool = True
    host: str = "local"
    lineage: str = "8d0f5c5e-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True)
class _Life:
    """One object between two runs."""

    case: Case
    schema: ObjectSchema
    open: Callable[[], Session]
    address: str
    private: Object = field(default_factory=dict)


def exercise(provider: Provider, open_session: Callable[[], Session], case: Case) -> None:
    """Create, update, move and delete an object; after each, read it back and plan again, which must change nothing."""
    life = _Life(case, provider.schema.resources[case.type], open_session, case.address or f"{case.type}.example")
    written = [configure(life.schema, values) for values in (case.create, *case.updates)]
    for configured in written if case.unknowns else ():
        _try_unknowns(life, configured)
    prior: Object | None = None
    for configured in written:
        prior, life = _change(life, configured, prior)
        _assert_stable(life, configured, prior)
    assert prior is not None
    if provider.tags and case.moves:
        moved = replace(life, address=f"{life.address}_moved")
        prior, life = _change(moved, written[-1], prior, former=life.address)
        _assert_stable(life, written[-1], prior)
    _delete(life, prior)


def _change(life: _Life, configured: Object, prior: Object | None, former: str = "") -> tuple[Object, _Life]:
    """Plan and apply one change; returns the object as read after it. ``former``: where a moved object was."""
    with closing(life.open()) as session:
        if prior is not None:
            _read(replace(life, address=former or life.address), session, prior)
        planned = _plan(life, session, configured, prior)
        assert not planned.replaces, f"an update in place was asked for, but {planned.replaces} replace"
        verb = Verb.CREATE if prior is None else Verb.UPDATE
        operation = Operation(
            verb=verb,
            address=life.address,
            type=life.case.type,
            before=prior,
            after=planned.values,
            private=life.private,
            former=former,
        )
        outcomes = list(session.apply(Step(operations=(operation,), lineage=life.case.lineage)))
    assert [outcome.address for outcome in outcomes] == [life.address], "one outcome for one operation"
    (outcome,) = outcomes
    assert not outcome.diagnostics, f"{verb.value} failed: {outcome.diagnostics}"
    assert outcome.values is not None, f"{verb.value} says that nothing is there after it"
    _assert_equal(life, planned.values, outcome.values, "rule 3: an outcome differs from what was planned")
    life = replace(life, private=outcome.private)
    with closing(life.open()) as session:
        observed = _read(life, session, outcome.values)
    assert observed is not None, f"rule 4: nothing is read after {verb.value}"
    assert observed.owned, f"rule 4: what was made by {verb.value} does not carry our tag"
    _assert_equal(life, outcome.values, observed.values, "rule 4: what is read differs from the outcome")
    return observed.values, life


def _assert_stable(life: _Life, configured: Object, prior: Object) -> None:
    with closing(life.open()) as session:
        observed = _read(life, session, prior)
        assert observed is not None, "rule 4: an object that was there is gone without an operation"
        planned = _plan(life, session, configured, observed.values)
    _assert_equal(life, planned.values, observed.values, "rule 4: planning again changes something")
    assert is_known(planned.values), "rule 4: planning again makes something unknown"
    assert not planned.replaces, "rule 4: planning again replaces the object"
    with closing(life.open()) as session:
        if isinstance(session, Discovers):
            _assert_discovered(life, session, prior)


def _assert_discovered(life: _Life, session: Session, prior: Object) -> None:
    """Who finds the object on the host can take it in as it is."""
    assert isinstance(session, Discovers)
    of_type = [one for one in session.discover() if one.type == life.case.type]
    found = [one for one in of_type if key_of(prior, one.identity) in keys_of(one.identity)]
    assert len(found) == 1, f"rule 7: what was made is discovered {len(found)} times: {of_type}"
    values = session.import_state(life.case.type, found[0].identifier).values
    (observed,) = session.read([Known(address=UNTAGGED, type=life.case.type, values=values)])
    assert observed is not None and observed.owned, "rule 7: what was imported is not read as ours"
    _assert_equal(life, values, observed.values, "rule 7: what was imported is read otherwise")


def _delete(life: _Life, prior: Object) -> None:
    operation = Operation(
        verb=Verb.DELETE, address=life.address, type=life.case.type, before=prior, after=None, private=life.private
    )
    with closing(life.open()) as session:
        _read(life, session, prior)
        (outcome,) = list(session.apply(Step(operations=(operation,), lineage=life.case.lineage)))
    assert not outcome.diagnostics, f"delete failed: {outcome.diagnostics}"
    assert outcome.values is None, "delete says that something is there after it"
    with closing(life.open()) as session:
        assert _read(life, session, prior) is None, "something is read after delete"


def _plan(life: _Life, session: Session, configured: Object, prior: Object | None) -> Planned:
    proposal = Proposal(
        address=life.address,
        type=life.case.type,
        host=life.case.host,
        configured=configured,
        proposed=propose(life.schema, configured, prior),
        prior=prior,
        private=life.private,
    )
    planned = session.plan(proposal)
    assert session.plan(proposal) == planned, "rule 2: the same proposal gives another answer"
    errors = [diagnostic for diagnostic in planned.diagnostics if diagnostic.is_error]
    assert not errors, f"planning {configured} failed: {errors}"
    broken = list(liberties(life.schema, proposal.configured, proposal.proposed, planned.values))
    assert not broken, f"rule 1: plan changes what is not its own: {', '.join(map(format_path, broken))}"
    return planned


def _try_unknowns(life: _Life, configured: Object) -> None:
    """Whatever part of the configuration is not known yet, planning works and leaves it unknown."""
    for path in leaves(configured):
        partly = with_unknown(configured, path)
        assert isinstance(partly, Mapping)
        with closing(life.open()) as session:
            _plan(life, session, partly, None)


def _read(life: _Life, session: Session, values: Object) -> Observed | None:
    known = Known(address=life.address, type=life.case.type, values=values, private=life.private)
    (observed,) = session.read([known])
    return observed


def _assert_equal(life: _Life, expected: Object, found: Object, rule: str) -> None:
    left, right = canonical(life.schema, lasting(life.schema, expected)), canonical(life.schema, found)
    told = [f"{format_path(path)}: {_at(left, path)!r}, then {_at(right, path)!r}" for path in differences(left, right)]
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
