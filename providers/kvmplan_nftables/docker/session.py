"""The accepts of one host: reading, planning and applying them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.docker.accept import CLOSES, TOOLS, TYPE, check, marked, rules
from kvmplan_nftables.docker.chain import CHAIN, Found, Wish, batch, document, holds, parse_chain, undone
from kvmplan_nftables.docker.script import NOTHING, UNIT, kept
from kvmplan_nftables.persistence.boot import Boot
from kvmplan_nftables.persistence.schema import IS_SAVED
from kvmplan_nftables.table.replaced import merged
from kvmplan_sdk import (
    NO_IMPACT,
    Change,
    Completed,
    Diagnostic,
    DiagnosticError,
    Findings,
    Host,
    Known,
    Observed,
    Operation,
    Planned,
    Proposal,
    Step,
    Verb,
    error,
    warning,
)
from kvmplan_sdk.values import differences, is_known

Chains = Mapping[str, Sequence[Found] | None]
"""By family of those that were asked for; None where the chain is not there."""


@dataclass(frozen=True, slots=True, eq=False)
class Accepts:
    host: Host
    lineage: str
    boot: Boot

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        if not objects:
            return []
        chains = self._chains(TOOLS)
        saved = self.boot.holds(kept(_there(chains)))
        return [self._observed(one, chains, saved) for one in objects]

    def _observed(self, known: Known, chains: Chains, saved: bool) -> Observed | None:
        comment = marked(self.lineage, known.address)
        wanted = rules(known.values, comment) if is_known(known.values) else {}
        there = bool(wanted) and all(
            holds(chain, comment, wanted.get(family, ())) for family, found in chains.items() for chain in [found or ()]
        )
        return Observed(values={**known.values, IS_SAVED: saved}) if there else None

    def plan(self, proposal: Proposal) -> Planned:
        values = {**proposal.proposed, IS_SAVED: self.boot.able}
        changed = {path[0] for path in differences(values, proposal.prior)} if proposal.prior else set()
        impact = CLOSES if changed - {IS_SAVED} else NO_IMPACT
        problems = tuple(one.about(proposal.address) for one in check(values)) if is_known(values) else ()
        return Planned(values=values, impact=impact, diagnostics=problems)

    def carry_out(self, step: Step) -> Sequence[Diagnostic]:
        chains = self._chains(TOOLS)
        if problems := list(_missing(step.operations, chains)):
            return problems
        if not _left(step, chains):
            # First, or a run that is killed in between would leave a script that nobody remembers.
            self.boot.keep(NOTHING)
        problems = list(self._submit(self._lines(step, chains)))
        self.boot.keep(kept(_there(self._chains(TOOLS))))
        return problems

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        lines = self._lines(step, self._chains(TOOLS))
        return [problem for family in lines for problem in self._tell(family, lines[family], "--test")]

    def assess(self, changes: Sequence[Change]) -> Findings:
        closing = [one.address for one in changes if one.type == TYPE and one.verb is Verb.DELETE]
        return Findings(diagnostics=tuple(self._judged(changes)), impacts=dict.fromkeys(closing, CLOSES))

    def _judged(self, changes: Sequence[Change]) -> Iterator[Diagnostic]:
        coming = [one for one in changes if one.type == TYPE and one.verb and one.after and is_known(one.after)]
        if not coming:
            return
        yield from _missing(coming, self._chains(TOOLS))
        if self.boot.able and not self.boot.knows(UNIT):
            yield warning(
                f"What makes {CHAIN} is not {UNIT}",
                f"kvmplan's rules come back with {UNIT}, which systemd does not know on this host. After a "
                "reboot they are drift, and `kvmplan apply` makes them anew.",
                address=coming[0].address,
            )

    def _lines(self, step: Step, chains: Chains) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """By family and address."""
        operations = list(merged(step.operations))
        wishes = {family: [_wish(one, step.lineage, family) for one in operations] for family in TOOLS}
        return {
            family: batch(found, [one for one in wishes[family] if one is not None])
            for family, found in _there(chains).items()
        }

    def _submit(self, lines: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[Diagnostic]:
        """All families or none: each is tried first, and undone where a later one fails all the same."""
        for option in ("--test", ""):
            done: dict[str, Sequence[str]] = {}
            for family, commands in lines.items():
                if problems := list(self._tell(family, commands, option)):
                    for other, told in done.items() if not option else ():
                        list(self._tell(other, {"": undone(told)}, ""))
                    yield from problems
                    return
                done[family] = [line for some in commands.values() for line in some]

    def _tell(self, family: str, commands: Mapping[str, Sequence[str]], option: str) -> Iterator[Diagnostic]:
        told = [line for some in commands.values() for line in some]
        if not told:
            return
        options = [option] if option else []
        done = self.host.run([f"{TOOLS[family]}-restore", "-w", "--noflush", *options], input=document(told))
        for address in commands if not done.ok else ():
            detail = f"{_said(done)} Nothing was done in {CHAIN}; plan and apply again."
            yield error("iptables refuses the rules", detail, address=address)

    def _chains(self, families: Sequence[str] | Mapping[str, str]) -> Chains:
        return {family: self._chain(family) for family in families}

    def _chain(self, family: str) -> Sequence[Found] | None:
        listed = self.host.run([TOOLS[family], "-w", "-S", CHAIN])
        if listed.ok:
            return parse_chain(listed.stdout.decode(errors="replace"))
        # iptables 1.8.9 says the same of a chain that is not there.
        if b"incompatible" in listed.stderr and self.host.run(["nft", "list", "chain", family, "filter", CHAIN]).ok:
            raise DiagnosticError(
                error(
                    f"iptables cannot read {CHAIN}",
                    f"{_said(listed)} Somebody wrote into {family} filter {CHAIN} with nft, and iptables, which Docker "
                    f"uses, refuses it since: see `nft -a list chain {family} filter {CHAIN}`, and take that rule out.",
                )
            )
        return None


def _there(chains: Chains) -> dict[str, Sequence[Found]]:
    return {family: found for family, found in chains.items() if found is not None}


def _left(step: Step, chains: Chains) -> bool:
    """Whether a rule of kvmplan's will be there."""
    touched = {marked(step.lineage, address) for one in step.operations for address in (one.address, one.tagged)}
    return any(one.after is not None for one in step.operations) or any(
        one.ours and one.comment not in touched for chain in chains.values() for one in chain or ()
    )


def _said(done: Completed) -> str:
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if not line.startswith("#")]
    return f"`{' '.join(done.argv)}`: {' '.join(lines).strip()}"


def _wish(operation: Operation, lineage: str, family: str) -> Wish | None:
    if operation.after is not None and not is_known(operation.after):
        return None
    comment, former = (marked(lineage, address) for address in (operation.address, operation.tagged))
    return Wish(operation.address, {comment, former}, rules(operation.after, comment).get(family, ()))


def _missing(wanted: Iterable[Change | Operation], chains: Chains) -> Iterator[Diagnostic]:
    for one in wanted:
        for family in rules(one.after, "") if is_known(one.after or {}) else ():
            if chains[family] is None:
                yield _nowhere(one.address, family)


def _nowhere(address: str, family: str) -> Diagnostic:
    return error(
        f"There is no chain {CHAIN}",
        f"`{TOOLS[family]} -S {CHAIN}` finds none in {family} filter. Docker makes it when it starts, for ip6 where it "
        "has networks of IPv6. Start Docker first, or leave the family out; where Docker does not filter, nothing "
        "needs the resource.",
        address=address,
        path=("families",),
    )
