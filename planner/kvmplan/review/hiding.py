"""Which secrets there are, in a run, a state, a plan; and plans and states with what repeats them marked as sensitive.

Marks for the review only: what expressions and state know of sensitive values does not change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from kvmplan.config.providers import ProviderUse
from kvmplan.lang import EPHEMERAL, SENSITIVE, Marked, contains_marks
from kvmplan.lang import Value as Evaluated
from kvmplan.lang.values import ListValue, MapValue, ObjectValue, SetValue, TupleValue
from kvmplan.plan.marks import schema_paths, whole_sets
from kvmplan.plan.model import Change, Drift, OutputChange, Plan
from kvmplan.plan.modules import Modules
from kvmplan.plugins import Plugins
from kvmplan.review.redaction import Redaction
from kvmplan.state.check_results import CheckResult
from kvmplan.state.model import Instance, Output, State
from kvmplan_sdk.impact import Impact
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Path, Typed, Value


def secrets_in_modules(modules: Modules) -> Iterator[str]:
    """Of variables and local values, of every module, that are sensitive or ephemeral."""
    for evaluation in modules.every():
        for value in (*evaluation.variables.values(), *evaluation.locals.values()):
            yield from _marked(value)


def secrets_in_configurations(configurations: Mapping[ProviderUse, Object], plugins: Plugins) -> Iterator[str]:
    """Of what providers are told, by their schemas."""
    for use, values in configurations.items():
        shape = plugins.provider(use.plugin).schema.configuration
        yield from _at(values, schema_paths(shape, values))


def secrets_in_state(state: State) -> Iterator[str]:
    for instance in state.instances.values():
        yield from _at(instance.values, instance.sensitive)
    yield from secrets_in_outputs(state.outputs)


def secrets_in_outputs(outputs: Mapping[str, Output]) -> Iterator[str]:
    for output in outputs.values():
        if output.sensitive:
            yield from _leaves(output.value)


def secrets_in_plan(plan: Plan) -> Iterator[str]:
    """Of a plan and the state that it stands on."""
    yield from secrets_in_state(plan.prior)
    if plan.refreshed is not plan.prior:
        yield from secrets_in_state(plan.refreshed)
    for change in plan.changes.values():
        yield from _at(change.before, change.before_sensitive)
        yield from _at(change.after, change.sensitive)
    for data in plan.data.values():
        yield from _at(data.values, data.sensitive)
    for output in plan.outputs.values():
        if output.sensitive:
            yield from _leaves(output.before)
            yield from _leaves(output.after)


def hidden_plan(plan: Plan, redaction: Redaction, schemas: Mapping[str, ObjectSchema]) -> Plan:
    """``plan`` as it may be shown. ``schemas``: of the types in it."""
    if not redaction:
        return plan
    return replace(
        plan,
        changes={
            address: _change(change, redaction, schemas.get(address.type)) for address, change in plan.changes.items()
        },
        drift=hidden_drift(plan.drift, redaction, schemas),
        outputs={name: _output(output, redaction) for name, output in plan.outputs.items()},
        steps=tuple(replace(step, impact=_impact(step.impact, redaction)) for step in plan.steps),
        checks=tuple(_check(check, redaction) for check in plan.checks),
    )


def hidden_drift(
    drift: Iterable[Drift], redaction: Redaction, schemas: Mapping[str, ObjectSchema]
) -> tuple[Drift, ...]:
    return tuple(_drift(one, redaction, schemas.get(one.address.type)) for one in drift)


def hidden_state(state: State, redaction: Redaction) -> State:
    """``state`` as it may be shown."""
    if not redaction:
        return state
    return replace(
        state,
        instances={address: hidden_instance(one, redaction) for address, one in state.instances.items()},
        outputs=hidden_outputs(state.outputs, redaction),
        checks=tuple(_check(check, redaction) for check in state.checks),
    )


def hidden_instance(instance: Instance, redaction: Redaction) -> Instance:
    return replace(instance, sensitive=_more(instance.sensitive, instance.values, redaction, None))


def hidden_outputs(outputs: Mapping[str, Output], redaction: Redaction) -> Mapping[str, Output]:
    return {
        name: replace(output, sensitive=True) if redaction.is_in(output.value) else output
        for name, output in outputs.items()
    }


def _change(change: Change, redaction: Redaction, schema: ObjectSchema | None) -> Change:
    after = _more(change.sensitive, change.after, redaction, schema)
    same = change.before is change.after and change.sensitive == change.before_sensitive
    before = after if same else _more(change.before_sensitive, change.before, redaction, schema)
    impact = _impact(change.impact, redaction)
    if (after, before, impact) == (change.sensitive, change.before_sensitive, change.impact):
        return change
    return replace(change, sensitive=after, before_sensitive=before, impact=impact)


def _drift(drift: Drift, redaction: Redaction, schema: ObjectSchema | None) -> Drift:
    before = _more(drift.sensitive, drift.before, redaction, schema)
    return replace(drift, sensitive=_more(before, drift.after, redaction, schema))


def _output(output: OutputChange, redaction: Redaction) -> OutputChange:
    found = not output.sensitive and (redaction.is_in(output.before) or redaction.is_in(output.after))
    return replace(output, sensitive=True) if found else output


def _check(check: CheckResult, redaction: Redaction) -> CheckResult:
    return replace(check, messages=tuple(map(redaction.text, check.messages)))


def _impact(impact: Impact, redaction: Redaction) -> Impact:
    if not impact.why and not impact.steps:
        return impact
    return replace(impact, why=redaction.text(impact.why), steps=tuple(map(redaction.text, impact.steps)))


def _more(
    marked: tuple[Path, ...], value: Value, redaction: Redaction, schema: ObjectSchema | None
) -> tuple[Path, ...]:
    found = tuple(redaction.paths(value))
    if not found:
        return marked
    return tuple(sorted({*marked, *(whole_sets(schema, found) if schema is not None else found)}, key=repr))


def _at(value: Value, paths: Iterable[Path]) -> Iterator[str]:
    """The texts in ``value`` under ``paths``, as far as these lead anywhere."""
    for path in paths:
        inner = value
        for step in path:
            inner = inner.value if isinstance(inner, Typed) else inner
            if isinstance(inner, Mapping):
                inner = inner.get(str(step))
            elif isinstance(inner, (list, tuple)) and isinstance(step, int) and step < len(inner):
                inner = inner[step]
            else:
                inner = None
        yield from _leaves(inner)


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Typed):
        yield from _leaves(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        yield str(value)


def _marked(value: Evaluated, *, within: bool = False) -> Iterator[str]:
    """The texts in a value of the language that its marks hide; all of them ``within`` what is marked."""
    if isinstance(value, Marked):
        yield from _marked(value.value, within=within or not value.marks.isdisjoint({SENSITIVE, EPHEMERAL}))
    elif within and isinstance(value, str):
        yield value
    elif within and isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
    elif within or contains_marks(value):
        for item in _items(value):
            yield from _marked(item, within=within)


def _items(value: Evaluated) -> Iterable[Evaluated]:
    if isinstance(value, (ObjectValue, MapValue)):
        return value.entries.values()
    return value.items if isinstance(value, (ListValue, SetValue, TupleValue)) else ()
