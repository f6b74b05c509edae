"""Which drift a plan's reader has to know: that of objects which the plan mends, or on which something in it depends.

What else has changed outside of kvmplan, and does not matter to this plan, would hide what does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from kvmplan.addresses import Address, parse_address
from kvmplan.config.model import Configuration
from kvmplan.plan.model import Action, Drift, Plan
from kvmplan.review.relevant_json import relevant_attributes
from kvmplan_sdk.values import Path, differences

_MENDING = frozenset(
    {Action.CREATE, Action.UPDATE, Action.REPLACE, Action.CREATE_THEN_DELETE, Action.FORGET_THEN_CREATE}
)
_INDEPENDENT = frozenset({Action.NO_OP, Action.DELETE, Action.FORGET})
"""What does not depend on what anything is."""
_Attributes = Mapping[Address, list[Path]]


def relevant_drift(plan: Plan, configuration: Configuration) -> frozenset[Address]:
    """The addresses of it; all, when drift is what the plan is about."""
    if plan.refresh_only or not plan.drift:
        return frozenset(one.address for one in plan.drift)
    changed = [address for address, change in plan.changes.items() if change.action not in _INDEPENDENT]
    outputs = [name for name, output in plan.outputs.items() if output.action not in _INDEPENDENT]
    read = _by_resource(relevant_attributes(configuration, changed, outputs))
    return frozenset(one.address for one in plan.drift if _mended(one, plan) or _is_read(one, read))


def _mended(drift: Drift, plan: Plan) -> bool:
    change = plan.changes.get(drift.address)
    return change is not None and change.action in _MENDING


def _by_resource(attributes: Iterable[Mapping[str, object]]) -> _Attributes:
    found: dict[Address, list[Path]] = defaultdict(list)
    for one in attributes:
        address = parse_address(str(one["resource"]))
        path = one["attribute"]
        if address is not None and isinstance(path, list):
            found[address].append(tuple(path))
    return found


def _is_read(drift: Drift, read: _Attributes) -> bool:
    """Whether something that changes reads what is not as it was; it may name the instance or all of the resource."""
    address = drift.address
    paths = [path for name in {address, address.resource, address.everywhere} for path in read.get(name, ())]
    if drift.after is None or not paths:
        return bool(paths)
    return any(_meet(path, other) for path in paths for other in differences(drift.before, drift.after))


def _meet(one: Path, other: Path) -> bool:
    """Whether one leads to the other, or to a part of it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
