"""One step carried out: handed to the provider, its outcomes checked, its objects read back and compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.plan.model import Change, Lane, OperationKey, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.provider import Known, Observed, Operation, Outcome, Step, Verb
from kvmplan_sdk.values import UNKNOWN, Object, Path, Value, differences, format_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came of one operation. ``instance``: what goes into state, None when the object is gone or never came."""

    key: OperationKey
    instance: Instance | None
    diagnostics: tuple[Diagnostic, ...] = ()

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
) -> list[Carried]:
    """Apply ``operations`` (of ``step``, in order) and verify them.

    ``on_outcome`` hears of each as the provider reports it. What the provider raises or leaves out is an error of every
    operation without an outcome; the objects of those are read all the same, so that state says what is there.
    """
    wanted = tuple(_operation(key, change, current.get(key[0])) for key, change in operations.items())
    outcomes: dict[OperationKey, Outcome] = {}
    problem: tuple[Diagnostic, ...] = ()
    try:
        for outcome in sessions.get(step.lane).apply(Step(operations=wanted, lineage=lineage)):
            key = _key_of(outcome, operations)
            outcomes[key] = outcome
            on_outcome(key, outcome)
    except DiagnosticError as raised:
        problem = raised.diagnostics
    except Exception as raised:  # noqa: BLE001 - a provider's fault must not lose what the others did
        problem = (_crashed(step, raised),)
    observed = _read_back(step.lane, operations, outcomes, current, sessions)
    return [_carried(key, change, outcomes.get(key), problem, observed, current) for key, change in operations.items()]


def _operation(key: OperationKey, change: Change, current: Instance | None) -> Operation:
    address, verb = key
    return Operation(
        verb=verb,
        address=str(address),
        type=address.type,
        before=None if verb is Verb.CREATE else (current.values if current else change.before),
        after=None if verb is Verb.DELETE else change.after,
        private=current.private if current else change.private,
    )


def _key_of(outcome: Outcome, operations: Mapping[OperationKey, Change]) -> OperationKey:
    for key in operations:
        if str(key[0]) == outcome.address and key[1] is outcome.verb:
            return key
    raise ValueError(f"an outcome for {outcome.address} ({outcome.verb.value}), which was not asked for")


def _crashed(step: PlannedStep, raised: Exception) -> Diagnostic:
    return error(
        f"Provider {step.lane.provider} failed",
        f"It raised {type(raised).__name__}: {raised}. This is a fault of the provider: please report it.",
    )


def _read_back(
    lane: Lane,
    operations: Mapping[OperationKey, Change],
    outcomes: Mapping[OperationKey, Outcome],
    current: Mapping[Address, Instance],
    sessions: Sessions,
) -> Mapping[OperationKey, Observed | None] | DiagnosticError:
    """Every object of the step as it is now, or why it could not be read."""
    known = [_known(key, change, outcomes.get(key), current.get(key[0])) for key, change in operations.items()]
    try:
        return dict(zip(operations, sessions.read(lane, known), strict=True))
    except DiagnosticError as raised:
        return raised


def _known(key: OperationKey, change: Change, outcome: Outcome | None, current: Instance | None) -> Known:
    address, verb = key
    values: Object | None = outcome.values if outcome else None
    private = outcome.private if outcome else change.private
    if values is None:
        values = change.after if verb is not Verb.DELETE else (current.values if current else change.before)
    return Known(address=str(address), type=address.type, values=values or {}, private=private)


def _carried(
    key: OperationKey,
    change: Change,
    outcome: Outcome | None,
    problem: tuple[Diagnostic, ...],
    observed: Mapping[OperationKey, Observed | None] | DiagnosticError,
    current: Mapping[Address, Instance],
) -> Carried:
    address = key[0]
    diagnostics = outcome.diagnostics if outcome else problem or (_no_outcome(change),)
    before = current.get(address)
    if isinstance(observed, DiagnosticError):
        unread = (*diagnostics, *observed.diagnostics)
        instance = _instance(change, outcome.values, outcome.private) if outcome and outcome.values else before
        return Carried(key=key, instance=instance, diagnostics=_about(unread, change))
    now = observed[key]
    if now is not None and not now.owned:
        now = None
    if not has_errors(diagnostics):
        replaced = key[1] is Verb.DELETE and (address, Verb.CREATE) in observed
        diagnostics = diagnostics if replaced else (*diagnostics, *_verify(key, change, now))
    instance = _instance(change, now.values, now.private) if now is not None else None
    return Carried(key=key, instance=instance, diagnostics=_about(diagnostics, change))


def _instance(change: Change, values: Object, private: Object) -> Instance:
    return Instance(
        address=change.address,
        host=change.lane.host,
        values=values,
        private=private,
        schema_version=change.schema_version,
        dependencies=change.dependencies,
        sensitive=change.sensitive,
        prevent_destroy=change.prevent_destroy,
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
