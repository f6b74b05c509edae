"""The provider and its session on one host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kvmplan_nftables.assessment import forwards, judge
from kvmplan_nftables.batch import Line, compile_batch, explain
from kvmplan_nftables.identity import tag
from kvmplan_nftables.objects import Entry, Forward, entry, values_of
from kvmplan_nftables.schema import IMPACTS, REMOVAL, SCHEMA
from kvmplan_nftables.table import Table, parse_table
from kvmplan_sdk import (
    NO_IMPACT,
    Change,
    ClaimedBy,
    Diagnostic,
    DiagnosticError,
    Findings,
    Host,
    Impact,
    Known,
    Object,
    Observed,
    Outcome,
    Planned,
    PortClaim,
    Proposal,
    Provider,
    Session,
    Step,
    Value,
    Verb,
    error,
    worst,
)
from kvmplan_sdk.host import check, require
from kvmplan_sdk.values import differences

_LIST = ("nft", "-j", "list", "table", "inet", "kvmplan")


class NftablesProvider(Provider):
    name = "nftables"
    version = "0.1.0"
    schema = SCHEMA

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        require(host, "nft", "nftables")
        return NftablesSession(host, lineage)


class NftablesSession(Session):
    """Lists the table afresh for every call: others may have changed it, and handles are only good for a moment."""

    def __init__(self, host: Host, lineage: str) -> None:
        self._host = host
        self._lineage = lineage

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        table = self._table()
        if table is None or not table.intact:  # without the skeleton nothing does its work: all has to be made anew
            return [None] * len(objects)
        taken = {_place(placed.entry): placed.entry for placed in table.objects.values()}
        return [self._observe(known, table, taken) for known in objects]

    def _observe(self, known: Known, table: Table, taken: Mapping[str | None, Entry]) -> Observed | None:
        expected = entry(known.type, known.values)
        placed = table.objects.get(tag(self._lineage, known.address))
        found = placed.entry if placed else taken.get(_place(expected))
        if found is None or (placed is None and not isinstance(expected, Forward)):
            return None
        # The user's spelling of an address stays as long as it means what is there.
        return Observed(values=known.values if found == expected else values_of(found), owned=placed is not None)

    def plan(self, proposal: Proposal) -> Planned:
        values: dict[str, Value] = dict(proposal.proposed)
        if proposal.type == "nftables_port_forward" and proposal.configured["target_port"] is None:
            values["target_port"] = values["port"]
        impact = _impact(proposal.type, proposal.prior, values)
        try:
            found = entry(proposal.type, values)
        except ValueError as problem:
            invalid = error(f"Invalid {proposal.type}", f"{problem}.", address=proposal.address)
            return Planned(values=values, impact=impact, diagnostics=(invalid,))
        if not isinstance(found, Forward):
            return Planned(values=values, impact=impact)
        claim = PortClaim(found.protocol, found.port, str(found.address or ""))
        problems = tuple(_contradictions(found, proposal.address))
        return Planned(values=values, impact=impact, claims=(claim,), diagnostics=problems)

    def apply(self, step: Step) -> Iterator[Outcome]:
        batch = compile_batch(self._table(), step.operations, step.lineage)
        problems = self._submit(batch) if batch else ()
        if problems:
            # The batch failed as a whole: whoever is not named just did not happen.
            yield from self._failed(step, problems)
            return
        for operation in step.operations:
            yield Outcome(address=operation.address, verb=operation.verb, values=operation.after)

    def _failed(self, step: Step, problems: Sequence[Diagnostic]) -> Iterator[Outcome]:
        if any(problem.address is None for problem in problems):
            raise DiagnosticError(*problems)
        for operation in step.operations:
            own = tuple(problem for problem in problems if problem.address == operation.address)
            if own:
                yield Outcome(address=operation.address, verb=operation.verb, values=operation.before, diagnostics=own)

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        try:
            batch = compile_batch(self._table(), step.operations, step.lineage)
        except DiagnosticError as problem:
            return problem.diagnostics
        return self._submit(batch, "-c") if batch else ()

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        removals = {change.address: REMOVAL for change in changes if change.verb is Verb.DELETE}
        return Findings(diagnostics=tuple(judge(self._host, forwards(changes), claims)), impacts=removals)

    def _table(self) -> Table | None:
        listed = self._host.run(_LIST)
        if not listed.ok and b"No such file or directory" in listed.stderr:
            return None
        return parse_table(check(listed, "Listing table inet kvmplan"))

    def _submit(self, batch: Sequence[Line], *options: str) -> tuple[Diagnostic, ...]:
        text = "".join(f"{line.text}\n" for line in batch)
        done = self._host.run(["nft", *options, "-f", "-"], input=text.encode())
        return () if done.ok else explain(done.stderr, batch)


def _place(found: Entry | None) -> str | None:
    """What no two forwards share: the map and the key in it. Masquerades do not get in each other's way."""
    return f"{found.map} {found.key}" if isinstance(found, Forward) else None


def _impact(type_: str, prior: Object | None, values: Object) -> Impact:
    if prior is None:
        return NO_IMPACT
    changed = {str(path[0]) for path in differences(values, prior)}
    return worst(IMPACTS[type_][name] for name in sorted(changed))


def _contradictions(forward: Forward, address: str) -> list[Diagnostic]:
    problems = []
    if forward.address is not None and forward.address.version != forward.target.version:
        detail = f"{forward.address} and {forward.target} are of different families; nft cannot translate that."
        problems.append(error("Address and target do not go together", detail, address=address, path=("address",)))
    if forward.target.is_loopback or forward.target.is_multicast or forward.target.is_unspecified:
        detail = f"{forward.target} is no guest's address: packets cannot be forwarded there."
        problems.append(error("Invalid target", detail, address=address, path=("target",)))
    if forward.address is not None and forward.address.is_loopback:
        detail = f"{forward.address} stays the host's own; a forward there would never be used. Leave it out."
        problems.append(error("Invalid listen address", detail, address=address, path=("address",)))
    return problems
