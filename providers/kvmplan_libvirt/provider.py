"""The provider, and its session on one host: each call goes to the kind that knows the type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import groupby

from kvmplan_libvirt.assess import assess
from kvmplan_libvirt.connection import connect
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.functions import FUNCTIONS
from kvmplan_libvirt.kinds import DATA_SOURCES, KINDS, Together
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.rehearsal import rehearse
from kvmplan_sdk import (
    Attribute,
    Change,
    ClaimedBy,
    Diagnostic,
    DiagnosticError,
    Discovered,
    Findings,
    Host,
    Known,
    Object,
    ObjectSchema,
    Observed,
    Operation,
    Outcome,
    Planned,
    Proposal,
    Provider,
    ProviderSchema,
    Session,
    Step,
    Verb,
    error,
)
from kvmplan_sdk.schema import STRING

SCHEMA = ProviderSchema(
    configuration=ObjectSchema(
        doc="Which libvirt of a host is meant; the system's unless said.",
        attributes={
            "uri": Attribute(
                type=STRING,
                doc="A libvirt connection URI as seen from where kvmplan runs, such as `test:///default`.",
            )
        },
    ),
    resources={name: kind.node.schema() for name, kind in KINDS.items()},
    data_sources={name: source.schema for name, source in DATA_SOURCES.items()},
    functions=FUNCTIONS,
)


class LibvirtProvider(Provider):
    name = "libvirt"
    version = "0.1.0"
    discovers = True
    schema = SCHEMA

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        uri = text(configuration, "uri")
        connection = connect(host, uri)
        with calling("Asking libvirt for its version"):
            version = connection.getLibVersion()
        machine = f"{host.name}@{host.facts().hostname}"
        return LibvirtSession(Reach.of(connection, host, lineage, machine, version, on_host=uri is None))


class LibvirtSession(Session):
    """libvirt on one host. What was listed is kept until a step is applied, and then for that step."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        self._reach.inventory.renew()
        return [KINDS[known.type].read(self._reach.inventory, self._reach, known) for known in objects]

    def plan(self, proposal: Proposal) -> Planned:
        return KINDS[proposal.type].plan(proposal, self._reach)

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        return assess(self._reach, self._reach.inventory, changes, claims)

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        return tuple(rehearse(self._reach, step.operations))

    def import_state(self, type_: str, identifier: str) -> Observed:
        imported = KINDS[type_].imported
        if imported is None:
            raise DiagnosticError(error(f"{type_} cannot be imported", "Write its block, and let kvmplan make it."))
        return imported(self._reach.inventory, self._reach, identifier)

    def discover(self) -> Sequence[Discovered]:
        return [found for kind in KINDS.values() for found in kind.discovered(self._reach.inventory, self._reach)]

    def read_data(self, type_: str, configuration: Object) -> Object:
        return DATA_SOURCES[type_].read(self._reach, self._reach.inventory, configuration)

    def apply(self, step: Step) -> Iterator[Outcome]:
        """In order, up to the first that fails: what comes after may need it."""
        self._reach = self._reach.afresh()
        for together, operations in groupby(step.operations, _together):
            for outcome in _outcomes(self._reach, together, tuple(operations)):
                yield outcome
                if outcome.diagnostics:
                    return

    def close(self) -> None:
        """A connection that broke is as good as closed; what it broke was told by the call that needed it."""
        with suppress(DiagnosticError), calling("Closing the connection to libvirt"):
            self._reach.connection.close()


def _together(operation: Operation) -> tuple[Together | None, str]:
    together = KINDS[operation.type].together
    return (together, "" if together is None else together.group(operation))


def _outcomes(reach: Reach, group: tuple[Together | None, str], operations: Sequence[Operation]) -> Iterator[Outcome]:
    together, _ = group
    if together is not None:
        return together.carry_out(reach, operations)
    return (_carry_out(reach, operation) for operation in operations)


def _carry_out(reach: Reach, operation: Operation) -> Outcome:
    kind = KINDS[operation.type]
    address, verb = operation.address, operation.verb
    assert kind.put is not None and kind.delete is not None
    try:
        if verb is Verb.DELETE:
            kind.delete(reach, operation)
            return Outcome(address=address, verb=verb, values=None)
        return Outcome(address=address, verb=verb, values=kind.put(reach, operation))
    except DiagnosticError as failed:
        told = tuple(diagnostic.about(address) for diagnostic in failed.diagnostics)
        return Outcome(address=address, verb=verb, values=_left(reach, operation), diagnostics=told)


def _left(reach: Reach, operation: Operation) -> Object | None:
    """What is there of ours after an operation that failed; what was there before if libvirt does not say."""
    values = operation.after or operation.before or {}
    known = Known(address=operation.address, type=operation.type, values=values, private=operation.private)
    reach.inventory.renew()
    try:
        observed = KINDS[operation.type].read(reach.inventory, reach, known)
    except DiagnosticError:
        return operation.before
    return observed.values if observed is not None and observed.owned else None
