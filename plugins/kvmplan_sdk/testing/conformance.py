"""A resource type driven through its whole life, with the contract's rules asserted at every turn.

`exercise` plays the engine: it proposes what the engine would propose, opens a new session for every run, rehearses
what it applies, and holds the provider to the rules in `kvmplan_sdk.provider`. A breach is an `AssertionError` that
names the rule.

Not here: the engine itself. There is no graph, no state and no journal; one object is planned and applied at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from kvmplan_sdk.capabilities import Discovers
from kvmplan_sdk.diagnostics import DiagnosticError
from kvmplan_sdk.identities import key_of, keys_of
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.provider import UNTAGGED, Known, Operation, Outcome, Provider, Session
from kvmplan_sdk.testing.life import Life
from kvmplan_sdk.testing.unknowns import leaves, with_unknown
from kvmplan_sdk.values import Object, is_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A life to lead: written as ``create``, then, in place, as each of ``updates``. What is left out is null.
    ``refused``: what can be planned in their place, and the host does not take; ``anew``: what each time makes a new
    object of the last one; ``moves``: whether it gets another address at the end; ``unknowns``: whether each part of
    the configuration is also planned as not known yet.
    """

    type: str
    create: Object
    updates: Sequence[Object] = ()
    refused: Sequence[Object] = ()
    anew: Sequence[Object] = ()
    address: str = ""
    moves: bool = True
    unknowns: bool = True
    host: str = "local"
    lineage: str = "8d0f5c5e-0000-4000-8000-000000000000"


def exercise(provider: Provider, open_session: Callable[[], Session], case: Case) -> None:
    """Create, update, replace, move and delete an object; after each, read it back and plan again, which must change
    nothing.
    """
    schema = provider.schema.resources[case.type]
    written = [configure(schema, values) for values in (case.create, *case.updates)]
    life = Life(case.type, case.host, case.lineage, schema, open_session, case.address or f"{case.type}.example")
    for configured in written if case.unknowns else ():
        _try_unknowns(life, configured)
    for configured in written:
        life = _settled(_change(life, configured), configured)
    last = written[-1]
    for values in case.refused:
        life = _refused(life, configure(schema, values), last)
    life = _settled(_replace(life, last), last)
    for values in case.anew:
        configured = configure(schema, values)
        life = _settled(_replace(life, configured, differs=True), configured)
        last = configured if not schema.coexists else last
        life = _settled(_create_first(life, last), last) if schema.coexists else life
    if provider.tags and case.moves:
        moved = replace(life, address=f"{life.address}_moved")
        life = _settled(_change(moved, last, former=life.address), last)
    _delete(life)


def _change(life: Life, configured: Object, former: str = "") -> Life:
    """Plan and apply one change; returns the object as read after it. ``former``: where a moved object was."""
    with closing(life.open()) as session:
        if life.prior is not None:
            replace(life, address=former or life.address).read(session, life.prior)
        planned = life.plan(session, configured, life.prior)
        if life.prior is not None:
            anew = life.replacing(planned)
            assert not anew, f"an update in place was asked for, but {', '.join(anew)} make a new object"
        operation = replace(life.putting(planned), former=former)
        (outcome,) = life.rehearse_and_apply(session, operation)
    return _looked_after(life, operation, outcome)


def _replace(life: Life, configured: Object, *, differs: bool = False) -> Life:
    """Delete the object and make it anew in one step. ``differs``: that it cannot be changed in place; else it is made
    anew all the same, as when somebody asks for it.
    """
    going, making = _both(life, configured, differs=differs)
    with closing(life.open()) as session:
        life.read(session, life.prior)
        gone, made = life.rehearse_and_apply(session, going, making)
    _assert_done(gone)
    assert gone.values is None, "delete says that something is there after it"
    return _looked_after(life, making, made)


def _create_first(life: Life, configured: Object) -> Life:
    """Make the new object, and then delete the old one, which has the same address, in a step of its own."""
    going, making = _both(life, configured, differs=True)
    with closing(life.open()) as session:
        life.read(session, life.prior)
        (made,) = life.rehearse_and_apply(session, making)
    new = _looked_after(life, making, made)
    with closing(life.open()) as session:
        life.read(session, life.prior)
        (gone,) = life.rehearse_and_apply(session, going)
        _assert_done(gone)
        assert life.read(session, life.prior) is None, "the old object is read after it was deleted"
    return new


def _both(life: Life, configured: Object, *, differs: bool) -> tuple[Operation, Operation]:
    """The two operations of a replacement. The new object is planned as one that was never there."""
    with closing(life.open()) as session:
        life.read(session, life.prior)
        if differs:
            planned = life.plan(session, configured, life.prior)
            assert life.replacing(planned), "a new object was asked for, but it is updated in place"
        fresh = life.plan(session, configured, None)
    return life.deletion(), replace(life, prior=None, private={}).putting(fresh)


def _refused(life: Life, configured: Object, last: Object) -> Life:
    """The host takes neither an update nor a replacement; what is left is as it was told, and goes on from there."""
    with closing(life.open()) as session:
        life.read(session, life.prior)
        planned = life.plan(session, configured, life.prior)
        assert not life.replacing(planned), "an update in place was asked for"
        life = _after_refusal(life, session, life.putting(planned))
    life = _settled(_change(life, last), last)
    going, making = _both(life, configured, differs=False)
    with closing(life.open()) as session:
        life.read(session, life.prior)
        life = _after_refusal(life, session, going, making)
    return _settled(_change(life, last), last)


def _after_refusal(life: Life, session: Session, *operations: Operation) -> Life:
    """The object as it is read after a step that fails."""
    try:
        outcomes = {outcome.verb: outcome for outcome in life.apply(session, *operations)}
        told = any(outcome.diagnostics for outcome in outcomes.values())
    except DiagnosticError:
        outcomes, told = {}, True
    assert told, "what the host was to refuse is done, or nothing is said of it"
    left, private = life.prior, life.private
    for operation in operations:
        outcome = outcomes.get(operation.verb)
        if outcome is not None and (not outcome.diagnostics or outcome.values is not None):
            left, private = outcome.values, outcome.private
    with closing(life.open()) as later:
        observed = life.read(later, left or life.prior)
    assert (observed is None) is (left is None), "rule 8: what is left of a failure is not what was told of it"
    if observed is None or left is None:
        return replace(life, prior=None, private={})
    life.assert_equal(left, observed.values, "rule 8: what is read after a failure differs from what was told")
    return replace(life, prior=observed.values, private=observed.private or private)


def _looked_after(life: Life, operation: Operation, outcome: Outcome) -> Life:
    """The object as it is read after ``operation``, by a session that comes later."""
    _assert_done(outcome)
    verb = operation.verb.value
    assert outcome.values is not None, f"{verb} says that nothing is there after it"
    assert operation.after is not None
    life.assert_equal(operation.after, outcome.values, "rule 3: an outcome differs from what was planned")
    with closing(life.open()) as session:
        observed = replace(life, private=outcome.private).read(session, outcome.values)
    assert observed is not None, f"rule 4: nothing is read after {verb}"
    assert observed.owned, f"rule 4: what was made by {verb} does not carry our tag"
    life.assert_equal(outcome.values, observed.values, "rule 4: what is read differs from the outcome")
    return replace(life, prior=observed.values, private=outcome.private)


def _assert_done(outcome: Outcome) -> None:
    assert not outcome.diagnostics, f"{outcome.verb.value} failed: {outcome.diagnostics}"


def _settled(life: Life, configured: Object) -> Life:
    """``life``, of which nothing is left to do."""
    assert life.prior is not None
    with closing(life.open()) as session:
        observed = life.read(session, life.prior)
        assert observed is not None, "rule 4: an object that was there is gone without an operation"
        planned = life.plan(session, configured, observed.values)
    life.assert_equal(planned.values, observed.values, "rule 4: planning again changes something")
    assert is_known(planned.values), "rule 4: planning again makes something unknown"
    assert not planned.replaces, "rule 4: planning again replaces the object"
    with closing(life.open()) as session:
        if isinstance(session, Discovers):
            _assert_discovered(life, session, life.prior)
    return life


def _assert_discovered(life: Life, session: Session, prior: Object) -> None:
    """Who finds the object on the host can take it in as it is."""
    assert isinstance(session, Discovers)
    of_type = [one for one in session.discover() if one.type == life.type]
    found = [one for one in of_type if key_of(prior, one.identity) in keys_of(one.identity)]
    assert len(found) == 1, f"rule 7: what was made is discovered {len(found)} times: {of_type}"
    values = session.import_state(life.type, found[0].identifier).values
    (observed,) = session.read([Known(address=UNTAGGED, type=life.type, values=values)])
    assert observed is not None and observed.owned, "rule 7: what was imported is not read as ours"
    life.assert_equal(values, observed.values, "rule 7: what was imported is read otherwise")


def _delete(life: Life) -> None:
    with closing(life.open()) as session:
        life.read(session, life.prior)
        (outcome,) = life.rehearse_and_apply(session, life.deletion())
    _assert_done(outcome)
    assert outcome.values is None, "delete says that something is there after it"
    with closing(life.open()) as session:
        assert life.read(session, life.prior) is None, "something is read after delete"


def _try_unknowns(life: Life, configured: Object) -> None:
    """Whatever part of the configuration is not known yet, planning works and leaves it unknown."""
    for path in leaves(configured):
        partly = with_unknown(configured, path)
        assert isinstance(partly, dict)
        with closing(life.open()) as session:
            life.plan(session, partly, None)
