"""The digest of a plan: equal for plans that do the same, on any machine, at any time.

It covers what is done, where, in which order, and to which values: not what stays, nor when it was planned, on which
state, or under which remarks. Sensitive values are in it by way of a function that is slow to compute, so that one who
knows the digest and all the rest cannot find out a weak secret by trying.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from kvmplan.plan.file.changes import change_entry, output_entry, step_entry, value_entry
from kvmplan.plan.model import Action, Change, OutputChange, Plan, PlannedStep
from kvmplan.state.values_json import encode_value
from kvmplan_sdk.values import Path, Typed, Value

_ITERATIONS = 100_000
_SALT = b"kvmplan plan digest"
_ASIDE = frozenset({"private", "deposed", "before_as", "after_as", "sensitive", "before_sensitive"})
"""Names that are the provider's or the engine's own, and what the values say already."""


def digest_of(plan: Plan) -> str:
    """``sha256:`` and 64 hexadecimal digits."""
    secrets: list[Any] = []
    changes = sorted((one for one in plan.changes.values() if _does(one)), key=lambda one: one.address.sort_key)
    used = {step.lane.host for step in plan.steps}
    done = {
        "changes": [_change(change, secrets) for change in changes],
        "outputs": {name: _output(one, secrets) for name, one in sorted(plan.outputs.items()) if _does(one)},
        "steps": [{**step_entry(step), "operations": _operations(step)} for step in plan.steps],
        "hosts": {name: address for name, address in plan.hosts.items() if name in used},
        "destroy": plan.destroy,
    }
    return f"sha256:{hashlib.sha256(_text([done, _stretched(secrets)])).hexdigest()}"


def _does(change: Change | OutputChange) -> bool:
    if change.action is not Action.NO_OP:
        return True
    return isinstance(change, Change) and (change.former is not None or change.imported is not None)


def _change(change: Change, secrets: list[Any]) -> dict[str, Any]:
    entry = {name: value for name, value in change_entry(change).items() if name not in _ASIDE}
    before = _without(change.before, change.before_sensitive, secrets)
    after = _without(change.after, change.sensitive, secrets)
    return {**entry, "before": value_entry(before), "after": value_entry(after)}


def _output(output: OutputChange, secrets: list[Any]) -> dict[str, Any]:
    entry = output_entry(output)
    if output.sensitive:
        secrets.append([entry.pop("before"), entry.pop("after")])
    return entry


def _operations(step: PlannedStep) -> list[list[Any]]:
    return [[str(address.current), bool(address.deposed), verb.value] for address, verb in step.operations]


def _without(value: Value, paths: tuple[Path, ...], secrets: list[Any]) -> Value:
    """``value`` with what is at ``paths`` taken out, and put into ``secrets``."""
    for path in paths:
        value = _taken(value, path, secrets)
    return value


def _taken(value: Value, path: Path, secrets: list[Any]) -> Value:
    if not path:
        secrets.append(value_entry(value))
        return "(sensitive value)"
    step, rest = path[0], path[1:]
    if isinstance(value, Typed):
        return Typed(_taken(value.value, path, secrets), value.type)
    if isinstance(value, Mapping) and step in value:
        return {**value, str(step): _taken(value[str(step)], rest, secrets)}
    if isinstance(value, (list, tuple)) and isinstance(step, int) and step < len(value):
        return [*value[:step], _taken(value[step], rest, secrets), *value[step + 1 :]]
    return value


def _stretched(secrets: list[Any]) -> str:
    return hashlib.pbkdf2_hmac("sha256", _text(secrets), _SALT, _ITERATIONS).hex() if secrets else ""


def _text(value: object) -> bytes:
    return json.dumps(value, default=encode_value, ensure_ascii=False, sort_keys=True).encode()
