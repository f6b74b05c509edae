"""One step carried out: handed to the provider, its outcomes checked, its objects read back and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.apply.reading import read_late
from kvmplan.apply.standing import instance_of
from kvmplan.blame import blamed
from kvmplan.lane import Lane
from kvmplan.plan.model import Change, OperationKey, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.proposing import demanded, lasting
from kvmplan_sdk.provider import Known, Observed, Operation, Outcome, Step, Verb
from kvmplan_sdk.values import UNKNOWN, Object, Path, Value, differences, format_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came of one operation. ``instance``: what goes into state, None when the object is gone or never came;
    ``untried``: the provider ended the step before its turn, because another one failed; ``in_doubt``: it may have made
    something that could not be read.
    """

    key: OperationKey
    instance: Instance | None
    diagnostics: tuple[Diagnostic, ...] = ()
    untried: bool = False
    in_doubt: bool = False

    @property
    def failed(self) -> bool:
        return has_errors(self.diagnostics)


def carry_out(
    step: PlannedStep,
    operations: Mapping[OperationKey, Change],
    current: Mapping[Address, Instance],
    sessions: Sessions,
    lineage: str,
    on_outcome: Callable[[OperationKey, Outcome], None],
    stopping: Callable[[], bool],
) -> list[Carried]:
    """Read the data sources among ``operations`` (of ``step``, in order), apply the others and verify them.

    ``on_outcome`` hears of each as the provider reports it; ``stopping`` is handed on to it. What the provider raises
    is an error of the first operation without an outcome; the others without one are untried. The objects of all are
    read all the same, so that state says what is there.
    """
    looked = [
        _looked(key, change, *read_late(key, change, sessions, on_outcome))
        for key, change in operations.items()
        if key[1] is Verb.READ
    ]
    operations = {key: change for key, change in operations.items() if key[1] is not Verb.READ}
    if looked and (not operations or any(one.failed for one in looked)):
        return looked + [Carried(key=key, instance=current.get(key[0]), untried=True) for key in operations]
    wanted = tuple(_operation(key, change, current.get(key[0])) for key, change in operations.items())
    outcomes: dict[OperationKey, Outcome] = {}
    keys = {(str(address.current), verb): (address, verb) for address, verb in operations}
    problem: tuple[Diagnostic, ...] = ()
    try:
        with blamed(step.lane.provider):
            handed = Step(operations=wanted, lineage=lineage, stopping=stopping)
            for outcome in sessions.get(step.lane).apply(handed):
                key = _key_of(outcome, keys)
                outcomes[key] = outcome
                on_outcome(key, outcome)
    except DiagnosticError as raised:
        problem = raised.diagnostics
    errors = _errors(operations, outcomes, problem)
    observed, current = _read_back(step.lane, operations, outcomes, current, sessions)
    return looked + [
        Carried(key=key, instance=_left(key, change, outcomes.get(key), observed, current), untried=True)
        if errors[key] is None
        else _carried(key, _as_demanded(change, sessions), outcomes.get(key), errors[key] or (), observed, current)
        for key, change in operations.items()
    ]


def _looked(key: OperationKey, change: Change, values: Object | None, diagnostics: tuple[Diagnostic, ...]) -> Carried:
    instance = None if values is None else instance_of(change, values, {})
    return Carried(key=key, instance=instance, diagnostics=diagnostics)


def _errors(
    operations: Mapping[OperationKey, Change],
    outcomes: Mapping[OperationKey, Outcome],
    problem: tuple[Diagnostic, ...],
) -> Mapping[OperationKey, tuple[Diagnostic, ...] | None]:
    """What the provider said of every operation; None: nothing, for it did not come to it."""
    told: dict[OperationKey, tuple[Diagnostic, ...] | None] = {}
    stopped = any(has_errors(outcome.diagnostics) for outcome in outcomes.values())
    for key, change in operations.items():
        if key in outcomes:
            told[key] = outcomes[key].diagnostics
        elif problem:
            told[key], problem, stopped = problem, (), True
        else:
            told[key] = None if stopped else (_no_outcome(change),)
    return told


def _operation(key: OperationKey, change: Change, current: Instance | None) -> Operation:
    address, verb = key
    made_anew = change.private if change.restores else {}
    return Operation(
        verb=verb,
        address=str(address.current),
        type=address.type,
        before=None if verb is Verb.CREATE else (current.values if current else change.before),
        after=None if verb is Verb.DELETE else change.after,
        private=made_anew if verb is Verb.CREATE else current.private if current else change.private,
        former="" if verb is Verb.CREATE else current.tag if current else change.tag,
    )


def _as_demanded(change: Change, sessions: Sessions) -> Change:
    """``change`` with those values that must come true."""
    if change.after is None:
        return change
    schema = sessions.provider(change.lane.provider).schema.resources[change.address.type]
    return replace(change, after=(demanded if change.restores else lasting)(schema, change.after))


def _key_of(outcome: Outcome, keys: Mapping[tuple[str, Verb], OperationKey]) -> OperationKey:
    key = keys.get((outcome.address, outcome.verb))
    if key is None:
        raise ValueError(f"an outcome for {outcome.address} ({outcome.verb.value}), which was not asked for")
    return key


def _read_back(
    lane: Lane,
    operations: Mapping[OperationKey, Change],
    outcomes: Mapping[OperationKey, Outcome],
    current: Mapping[Address, Instance],
    sessions: Sessions,
) -> tuple[Mapping[OperationKey, Observed | None] | DiagnosticError, Mapping[Address, Instance]]:
    """Every object of the step as it is now, or why it could not be read; and ``current`` without former addresses that
    objects are not known by any more.
    """
    known = {key: _known(key, change, outcomes.get(key), current.get(key[0])) for key, change in operations.items()}
    try:
        observed = dict(zip(known, sessions.read(lane, list(known.values())), strict=True))
        still = {
            key: replace(one, address=current[key[0]].tag)
            for key, one in known.items()
            if key[1] is not Verb.CREATE and key[0] in current and current[key[0]].tag and not _ours(observed[key])
        }
        if still:  # what has moved and was not tagged anew
            observed |= zip(still, sessions.read(lane, list(still.values())), strict=True)
    except DiagnosticError as raised:
        return raised, current
    retagged = {key[0] for key in known if key[0] in current and key not in still and _ours(observed[key])}
    return observed, {a: replace(one, tag="") if a in retagged else one for a, one in current.items()}


def _known(key: OperationKey, change: Change, outcome: Outcome | None, current: Instance | None) -> Known:
    address, verb = key
    values: Object | None = outcome.values if outcome else None
    private = outcome.private if outcome else change.private
    if values is None:
        values = change.after if verb is not Verb.DELETE else (current.values if current else change.before)
    return Known(address=str(address.current), type=address.type, values=values or {}, private=private)


def _carried(
    key: OperationKey,
    change: Change,
    outcome: Outcome | None,
    diagnostics: tuple[Diagnostic, ...],
    observed: Mapping[OperationKey, Observed | None] | DiagnosticError,
    current: Mapping[Address, Instance],
) -> Carried:
    if isinstance(observed, DiagnosticError):
        done = outcome is not None and not has_errors(diagnostics)
        diagnostics = (*diagnostics, *(map(_unread, observed.diagnostics) if done else observed.diagnostics))
    elif not has_errors(diagnostics):
        replaced = key[1] is Verb.DELETE and (key[0].current, Verb.CREATE) in observed
        diagnostics = diagnostics if replaced else (*diagnostics, *_verify(key, change, _ours(observed[key])))
    now = None if isinstance(observed, DiagnosticError) else _ours(observed[key])
    if now is not None and key[1] is not Verb.DELETE and not has_errors(diagnostics):
        instance: Instance | None = instance_of(change, now.values, now.private)
    else:
        instance = _left(key, change, outcome, observed, current)
    in_doubt = key[1] is Verb.CREATE and isinstance(observed, DiagnosticError) and not (outcome and outcome.values)
    return Carried(key=key, instance=instance, diagnostics=_about(diagnostics, change), in_doubt=in_doubt)


def _ours(observed: Observed | None) -> Observed | None:
    return observed if observed is not None and observed.owned else None


def _left(
    key: OperationKey,
    change: Change,
    outcome: Outcome | None,
    observed: Mapping[OperationKey, Observed | None] | DiagnosticError,
    current: Mapping[Address, Instance],
) -> Instance | None:
    """What is there after an operation that was not done, or only in part. It may refer to what it referred to before,
    and to what it was to refer to.
    """
    before = current.get(key[0])
    if isinstance(observed, DiagnosticError):
        return instance_of(change, outcome.values, outcome.private) if outcome and outcome.values else before
    now = _ours(observed[key])
    if now is None:
        return None
    if before is None:
        made = instance_of(change, now.values, now.private)
        return replace(made, tainted=outcome is not None and outcome.tainted)
    both = {*before.dependencies, *(() if key[1] is Verb.DELETE or outcome is None else change.dependencies)}
    return replace(
        before,
        values=now.values,
        private=now.private,
        dependencies=tuple(sorted(both, key=lambda address: address.sort_key)),
        sensitive=tuple(sorted({*before.sensitive, *change.sensitive}, key=repr)),
    )


def _verify(key: OperationKey, change: Change, now: Observed | None) -> tuple[Diagnostic, ...]:
    """Whether what was planned has come true, live and persistent."""
    verb = key[1]
    if verb is Verb.DELETE:
        return () if now is None else (error("Still there", "It was deleted, yet the host still has it."),)
    if now is None:
        return (error("Not there", f"The {verb.value} was reported as done, yet the host does not have the object."),)
    assert change.after is not None
    return tuple(
        error(
            "Not as planned",
            f"{format_path(path)} was planned as {_show(change, path, change.after)}, but the host has "
            f"{_show(change, path, now.values)}.",
            path=path,
        )
        for path in differences(change.after, now.values)
    )


def _unread(problem: Diagnostic) -> Diagnostic:
    """What a host says that does not tell what came of an operation that was done."""
    return replace(problem, summary=f"Done, but not read back: {problem.summary}")


def _show(change: Change, path: Path, values: Object) -> str:
    if any(path[: len(hidden)] == hidden or hidden[: len(path)] == path for hidden in change.sensitive):
        return "(sensitive value)"
    value: Value = values
    for step in path:
        try:
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return "nothing"
    return "(known after apply)" if value is UNKNOWN else repr(value) if value is not None else "nothing"


def _no_outcome(change: Change) -> Diagnostic:
    return error(
        f"Provider {change.lane.provider} gave no outcome",
        "It ended the step without saying what became of this object. This is a fault of the provider.",
    )


def _about(diagnostics: tuple[Diagnostic, ...], change: Change) -> tuple[Diagnostic, ...]:
    return tuple(diagnostic.about(str(change.address)).at(change.source) for diagnostic in diagnostics)
