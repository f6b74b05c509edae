"""The provider itself: three methods, and the optional capabilities that the engine looks for."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kvmplan_sdk import (
    UNKNOWN,
    UNTAGGED,
    Change,
    Claim,
    ClaimedBy,
    Diagnostic,
    DiagnosticError,
    Discovered,
    Findings,
    Host,
    Impact,
    ImpactLevel,
    Known,
    Object,
    Observed,
    Operation,
    Outcome,
    Planned,
    Proposal,
    Provider,
    Session,
    Step,
    SubnetClaim,
    Value,
    Verb,
    error,
    warning,
)

from .schema import SCHEMA
from .world import World

ENVIRONMENT = "TOY_WORLD"


class Toy(Provider):
    name = "toy"
    version = "1.0"
    discovers = True
    schema = SCHEMA

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        path = configuration.get("world") or os.environ.get(ENVIRONMENT, "world.json")
        if configuration.get("batch"):
            return ToySession(World(host, str(path)), lineage, batch=True)
        return ImportingSession(World(host, str(path)), lineage, batch=False)


class ToySession(Session):
    """``batch``: a step is carried out whole or not at all, as nft does; else one object after the other, as libvirt
    does, up to the first that fails.
    """

    def __init__(self, world: World, lineage: str, *, batch: bool) -> None:
        self._world = world
        self._lineage = lineage
        self._batch = batch
        self._blind = False

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        if self._blind:
            self._blind = False
            raise DiagnosticError(error("No answer", "The connection was lost."))
        while Path("hang").exists():
            time.sleep(0.01)
        self._world.load()
        return [self._observed(known) for known in objects]

    def _observed(self, known: Known) -> Observed | None:
        found = self._world.find(self._tag(known.address, known.type, known.values))
        if found is not None:
            return Observed(values=found[1]["values"], private={"made_by": "toy"})
        other = self._world.named(known.type, known.values.get("name"))
        return None if other is None else Observed(values=other["values"], owned=known.address == UNTAGGED)

    def plan(self, proposal: Proposal) -> Planned:
        values, prior, configured = dict(proposal.proposed), proposal.prior, proposal.configured
        values["id"] = UNKNOWN if prior is None else prior["id"]
        if configured["label"] is None:
            values["label"] = UNKNOWN if values["name"] is UNKNOWN else f"label of {values['name']}"
        values["link"] = {"mac": f"52:54:00:00:00:{len(proposal.address) % 256:02x}"}
        changed = prior is None or any(values[name] != prior[name] for name in values if name != "revision")
        values["revision"] = UNKNOWN if changed else prior["revision"]  # type: ignore[index]
        smaller = prior is not None and _below(values["size"], prior["size"])
        renamed = prior is not None and values["name"] != prior["name"] and SCHEMA.resources[proposal.type].coexists
        return Planned(
            values=values,
            replaces=((("size",),) if smaller else ()) + ((("name",),) if renamed else ()),
            impact=_impact(proposal, values) if changed else Impact(),
            claims=tuple(_claims(values)),
            diagnostics=_judged(values),
        )

    def apply(self, step: Step) -> Iterator[Outcome]:
        self._world.load()
        if self._batch:
            yield from self._apply_whole(step)
            return
        for operation in step.operations:
            when = self._world.fault(operation)
            if when == "silent":
                continue
            while when == "slow" and not Path("go").exists():
                time.sleep(0.01)
            while when == "waits" and not step.stopping():
                time.sleep(0.01)
            outcome = self._apply_one(operation, when)
            yield outcome
            if outcome.diagnostics:
                return

    def _apply_one(self, operation: Operation, when: str) -> Outcome:
        if when == "raise":
            raise RuntimeError("this provider has a bug")
        try:
            if when == "before":
                raise DiagnosticError(error("Told to fail", "Nothing was done."))
            values = self._world.carry_out(operation, self._tag_of(operation), lie=when == "lie")
        except DiagnosticError as problem:
            return _failed(operation, operation.before, problem.diagnostics)
        self._world.save()
        self._blind = when == "unread"
        if self._blind:
            return _failed(operation, None, (error("Told to fail", "Nobody knows what was done."),))
        if when in {"after", "broken"}:
            failed = _failed(operation, values, (error("Told to fail", "It was done."),))
            return replace(failed, tainted=when == "broken")
        address = "toy_thing.nobody" if when == "stray" else operation.address
        return Outcome(address=address, verb=operation.verb, values=values, private={"made_by": "toy"})

    def _apply_whole(self, step: Step) -> Iterator[Outcome]:
        outcomes = []
        spoilt = [operation.address for operation in step.operations if self._world.fault(operation)]
        for operation in step.operations:
            try:
                if spoilt:
                    raise DiagnosticError(error("Told to fail", f"{', '.join(spoilt)} spoilt the batch."))
                values = self._world.carry_out(operation, self._tag_of(operation))
            except DiagnosticError as problem:
                self._world.load()
                yield from (_failed(one, one.before, problem.diagnostics) for one in step.operations)
                return
            outcomes.append(Outcome(address=operation.address, verb=operation.verb, values=values))
        self._world.save()
        yield from outcomes

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        """Names that foreign objects have; deleting something big is heavier than planned."""
        diagnostics, impacts = [], {}
        for change in changes:
            if change.verb is Verb.CREATE and change.after is not None and not change.replaced:
                other = self._world.named(change.type, change.after["name"])
                if other is not None and not str(other["tag"]).startswith(self._lineage):
                    diagnostics.append(
                        error("Name taken", "A foreign object has it.", address=change.address, path=("name",))
                    )
            if change.verb is Verb.DELETE and change.before is not None and not _below(change.before["size"], 100):
                impacts[change.address] = Impact(ImpactLevel.GUEST_DISCONNECT, ("web1", "web2"), "It is big.")
        return Findings(diagnostics=tuple(diagnostics), impacts=impacts)

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        return [
            error("The host would refuse it", "Another label, please.", address=operation.address, path=("label",))
            for operation in step.operations
            if operation.after is not None and operation.after["label"] == "refused"
        ]

    def read_data(self, type_: str, configuration: Object) -> Object:
        found = self._world.named("toy_thing", configuration["name"])
        if found is None:
            raise DiagnosticError(error("No such thing", f"There is no {configuration['name']!r}.", path=("name",)))
        return {"name": configuration["name"], "size": found["values"]["size"], "id": found["values"]["id"]}

    def _tag_of(self, operation: Operation) -> str:
        return self._tag(operation.address, operation.type, operation.before or operation.after or {})

    def _tag(self, address: str, type_: str, values: Object) -> str:
        """Of copies there can be two at one address: their names tell them apart."""
        name = f":{values['name']}" if SCHEMA.resources[type_].coexists else ""
        return f"{self._lineage}:{address}{name}"


class ImportingSession(ToySession):
    """Takes things in by their names."""

    def import_state(self, type_: str, identifier: str) -> Observed:
        found = self._world.named(type_, identifier)
        if found is None:
            raise DiagnosticError(error("No such thing", f"There is no {identifier!r}."))
        return Observed(values=found["values"])

    def discover(self) -> Sequence[Discovered]:
        """A thing with a note tells it; one whose name begins with ``lost`` cannot be taken in."""
        return [self._discovered(thing) for thing in self._world.objects.values()]

    def _discovered(self, thing: Mapping[str, Any]) -> Discovered:
        lineage, tagged, address = thing["tag"].partition(":")
        values = thing["values"]
        return Discovered(
            type=thing["type"],
            identifier="nothing" if values["name"].startswith("lost") else values["name"],
            name=values["name"],
            identity={"name": values["name"]},
            lineage=lineage if tagged else "",
            address=address,
            note=values["note"] or "",
        )


def _below(value: Value, limit: Value) -> bool:
    return isinstance(value, int) and isinstance(limit, int) and value < limit


def _impact(proposal: Proposal, values: Object) -> Impact:
    if proposal.prior is not None and values["size"] != proposal.prior["size"]:
        return Impact(ImpactLevel.LIVE, ("web1",), "The size changes.", ("resize",))
    return Impact()


def _claims(values: Object) -> Iterator[Claim]:
    if isinstance(values["subnet"], str) and isinstance(values["name"], str):
        yield SubnetClaim(ipaddress.ip_network(values["subnet"]), values["name"])


def _judged(values: Object) -> tuple[Diagnostic, ...]:
    if values["size"] == 666:
        return (error("Evil size", "Choose another.", path=("size",)),)
    return (warning("Large", "This is large.", path=("size",)),) if values["size"] == 777 else ()


def _failed(operation: Operation, values: Object | None, diagnostics: tuple[Diagnostic, ...]) -> Outcome:
    return Outcome(address=operation.address, verb=operation.verb, values=values, diagnostics=diagnostics)
