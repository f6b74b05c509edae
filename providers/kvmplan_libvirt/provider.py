"""The provider, and its session on one host: each call goes to the kind that knows the type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from kvmplan_libvirt.addresses.waiting import Waiting
from kvmplan_libvirt.assess import assess
from kvmplan_libvirt.carry_out import outcomes, read
from kvmplan_libvirt.connection import connect
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.functions import FUNCTIONS
from kvmplan_libvirt.kinds import DATA_SOURCES, KINDS
from kvmplan_libvirt.ordering import check_order
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.reconcile import TORN
from kvmplan_libvirt.rehearsal import rehearse
from kvmplan_libvirt.steady import Steady
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
    Outcome,
    Planned,
    Proposal,
    Provider,
    ProviderSchema,
    Session,
    Step,
    error,
)
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.values import differences, is_known

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
        reach = Reach.of(connection, host, lineage, machine, version, on_host=uri is None)
        return LibvirtSession(Steady(reach, partial(connect, host, uri)))


class LibvirtSession(Session):
    """libvirt on one host. What was listed is kept until a step is applied, and then for that step."""

    def __init__(self, steady: Steady) -> None:
        self._steady = steady

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        return self._steady.do(partial(read, objects))

    def plan(self, proposal: Proposal) -> Planned:
        """What is there and stays as it is works, whatever we think of it: of that there are only warnings."""
        planned = self._plan(proposal)
        prior = planned.prior or proposal.prior
        if prior is None or any(True for _ in differences(planned.values, prior)):
            return planned
        return replace(planned, diagnostics=tuple(one for one in planned.diagnostics if not one.is_error))

    def _plan(self, proposal: Proposal) -> Planned:
        """Of what is torn, that is changed which is not as planned, whichever was told."""
        reach, kind = self._steady.reach, KINDS[proposal.type]
        planned = kind.plan(proposal, reach)
        if not proposal.private.get(TORN) or not is_known(planned.values):
            return planned
        known = Known(address=proposal.address, type=proposal.type, values=planned.values)
        seen = kind.read(reach.inventory, reach, known)
        if seen is None:
            return planned
        return replace(kind.plan(replace(proposal, prior=seen.values), reach), prior=seen.values)

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        return self._steady.do(lambda reach: assess(reach, reach.inventory, changes, claims))

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        order = check_order({name: kind.node for name, kind in KINDS.items()}, step.operations)
        return (*order, *rehearse(self._steady.reach, step.operations))

    def import_state(self, type_: str, identifier: str) -> Observed:
        imported = KINDS[type_].imported
        if imported is None:
            raise DiagnosticError(error(f"{type_} cannot be imported", "Write its block, and let kvmplan make it."))
        return self._steady.do(lambda reach: imported(reach.inventory, reach, identifier))

    def discover(self) -> Sequence[Discovered]:
        return self._steady.do(
            lambda reach: [found for kind in KINDS.values() for found in kind.discovered(reach.inventory, reach)]
        )

    def read_data(self, type_: str, configuration: Object) -> Object:
        source = DATA_SOURCES[type_]
        return self._steady.do(lambda reach: source.read(reach, reach.inventory, configuration))

    def apply(self, step: Step) -> Iterator[Outcome]:
        """In order, up to the first that fails: what comes after may need it. Addresses are waited for at the end, for
        all NICs together.
        """
        with self._steady.reach.host.lock(LibvirtProvider.name, step.stopping):
            self._steady.afresh()
            waiting = Waiting(self._steady, step)
            for outcome in outcomes(self._steady, step.operations):
                if waiting.takes(outcome):
                    continue
                yield outcome
                if outcome.diagnostics:
                    break
        yield from waiting.outcomes()

    def close(self) -> None:
        self._steady.close()
