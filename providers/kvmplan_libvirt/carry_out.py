"""Carrying out the operations of a step, one by one or several together, whatever becomes of libvirt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from kvmplan_libvirt.kinds import KINDS, Together
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import UNKNOWN, DiagnosticError, Known, Object, Observed, Operation, Outcome, Verb


def read(objects: Sequence[Known], reach: Reach) -> list[Observed | None]:
    reach.inventory.renew()
    return [KINDS[known.type].read(reach.inventory, reach, known) for known in objects]


def outcomes(steady: Steady, operations: Sequence[Operation]) -> Iterator[Outcome]:
    """In order, each as soon as it is known, also beyond one that failed. Of those that are carried out together, all
    that follow one another: each group where its first one is.
    """
    for together, alike in groupby(operations, lambda operation: KINDS[operation.type].together):
        if together is None:
            yield from (_outcome(steady, operation) for operation in alike)
        else:
            for group in _groups(together, alike):
                yield from _outcomes(steady, together, group)


def _groups(together: Together, operations: Iterable[Operation]) -> Iterable[Sequence[Operation]]:
    groups: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        groups[together.group(operation)].append(operation)
    return groups.values()


def _outcomes(steady: Steady, together: Together, operations: Sequence[Operation]) -> Sequence[Outcome]:
    try:
        return steady.do(lambda reach: list(together.carry_out(reach, operations)))
    except DiagnosticError as failed:
        return (_failure(operations[0], failed, operations[0].before),)


def _outcome(steady: Steady, operation: Operation) -> Outcome:
    try:
        values = steady.do(partial(_done, operation))
    except DiagnosticError as failed:
        return _failure(operation, failed, _left(steady, operation))
    return Outcome(address=operation.address, verb=operation.verb, values=values)


def _failure(operation: Operation, failed: DiagnosticError, left: Object | None) -> Outcome:
    told = tuple(diagnostic.about(operation.address) for diagnostic in failed.diagnostics)
    return Outcome(address=operation.address, verb=operation.verb, values=left, diagnostics=told)


def _done(operation: Operation, reach: Reach) -> Object | None:
    kind = KINDS[operation.type]
    assert kind.put is not None and kind.delete is not None
    if operation.verb is not Verb.DELETE:
        return {name: None if value is UNKNOWN else value for name, value in kind.put(reach, operation).items()}
    kind.delete(reach, operation)
    return None


def _left(steady: Steady, operation: Operation) -> Object | None:
    """What is there of ours after an operation that failed; what was there before if libvirt does not say."""
    values = operation.after or operation.before or {}
    known = Known(address=operation.address, type=operation.type, values=values, private=operation.private)
    try:
        (observed,) = steady.do(partial(read, (known,)))
    except DiagnosticError:
        return operation.before
    return observed.values if observed is not None and observed.owned else None
