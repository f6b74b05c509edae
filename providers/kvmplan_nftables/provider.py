"""The provider and its session on one host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from kvmplan_nftables.docker import accept
from kvmplan_nftables.docker.session import Accepts
from kvmplan_nftables.kinds import DATA_SOURCES, KINDS
from kvmplan_nftables.persistence.boot import Boot
from kvmplan_nftables.persistence.schema import IS_SAVED, but_saving, judge_saving, saving
from kvmplan_nftables.session import InTables
from kvmplan_sdk import (
    Change,
    ClaimedBy,
    Diagnostic,
    Discovered,
    Findings,
    Host,
    Known,
    Object,
    Observed,
    Operation,
    Outcome,
    Planned,
    Proposal,
    Provider,
    ProviderSchema,
    Session,
    Step,
)
from kvmplan_sdk.host import require

SCHEMA = ProviderSchema(
    resources={
        **{name: saving(kind.schema) for name, kind in KINDS.items()},
        accept.TYPE: accept.SCHEMA,
    },
    data_sources={name: source.schema for name, source in DATA_SOURCES.items()},
)


class NftablesProvider(Provider):
    name = "nftables"
    version = "0.1.0"
    schema = SCHEMA
    discovers_within = 'the family and the name of a table, as in "inet edge".'

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        require(host, "nft", "nftables")
        return NftablesSession(host, lineage, Boot.of(host))


_T = TypeVar("_T", Known, Operation)


class _Half(Protocol):
    """A session without the lock. ``carry_out``: what the host has against a step, none of which is done then."""

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]: ...
    def plan(self, proposal: Proposal) -> Planned: ...
    def dry_run(self, step: Step) -> Sequence[Diagnostic]: ...
    def carry_out(self, step: Step) -> Sequence[Diagnostic]: ...


class NftablesSession(Session):
    """Of two: what nft is told, and what iptables is. Each forgets what is saved first, submits, and saves again."""

    def __init__(self, host: Host, lineage: str, boot: Boot) -> None:
        self._host = host
        self._boot = boot
        self._accepts = Accepts(host, lineage, boot)
        self._in_tables = InTables(host, lineage, boot)

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        """What is not saved may be of somebody who is between changing a table and saving it: it is read again when
        nobody is.
        """
        found = self._read(objects)
        if not self._boot.able or all(one is None or one.values[IS_SAVED] for one in found):
            return found
        with self._host.lock(NftablesProvider.name, lambda: False):
            return self._read(objects)

    def _read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        found = {half: iter(half.read(some)) for half, some in self._apart(objects)}
        return [next(found[self._half(known.type)]) for known in objects]

    def plan(self, proposal: Proposal) -> Planned:
        return self._half(proposal.type).plan(proposal)

    def apply(self, step: Step) -> Iterator[Outcome]:
        with self._host.lock(NftablesProvider.name, step.stopping):
            for half, part in self._steps(step):
                if problems := half.carry_out(part):
                    yield from part.refused(problems)
                else:
                    yield from (
                        Outcome(address=one.address, verb=one.verb, values=one.after) for one in part.operations
                    )

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        """A refusal may be of what somebody else applied since the host was read; so it is tried again, with nobody in
        between.
        """
        if not self._tried(step):
            return []
        with self._host.lock(NftablesProvider.name, step.stopping):
            return self._tried(step)

    def _tried(self, step: Step) -> Sequence[Diagnostic]:
        return [problem for half, part in self._steps(step) for problem in half.dry_run(part)]

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        meant = but_saving(changes)
        theirs, ours = self._accepts.assess(meant), self._in_tables.assess(meant, claims)
        found = (*theirs.diagnostics, *ours.diagnostics, *judge_saving(changes))
        return Findings(diagnostics=found, impacts={**theirs.impacts, **ours.impacts})

    def import_state(self, type_: str, identifier: str) -> Observed:
        return self._in_tables.import_state(type_, identifier)

    def discover_within(self, names: Sequence[str]) -> Sequence[Discovered]:
        return self._in_tables.discover_within(names)

    def read_data(self, type_: str, configuration: Object) -> Object:
        return DATA_SOURCES[type_].read(self._host, configuration)

    def _half(self, type_: str) -> _Half:
        return self._accepts if type_ == accept.TYPE else self._in_tables

    def _apart(self, objects: Sequence[_T]) -> Iterator[tuple[_Half, Sequence[_T]]]:
        for half in (self._accepts, self._in_tables):
            yield half, [one for one in objects if self._half(one.type) is half]

    def _steps(self, step: Step) -> Iterator[tuple[_Half, Step]]:
        for half, operations in self._apart(step.operations):
            if operations:
                yield half, replace(step, operations=tuple(operations))
