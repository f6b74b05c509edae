"""The conformance check accepts a good provider and catches one that breaks each rule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from kvmplan_sdk import (
    UNKNOWN,
    UNTAGGED,
    Attribute,
    Block,
    Diagnostic,
    Discovered,
    Host,
    Known,
    Nesting,
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
    error,
)
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.testing.conformance import Case, exercise

SCHEMA = ObjectSchema(
    doc="A thing.",
    attributes={
        "name": Attribute(type=STRING, doc="Name.", required=True),
        "color": Attribute(type=STRING, doc="Colour.", default="red"),
        "kind": Attribute(type=STRING, doc="Kind.", replaces=True),
        "id": Attribute(type=STRING, doc="Identity.", computed=True),
        "age": Attribute(type=NUMBER, doc="Grows.", computed=True, read_only=True, observed=True),
    },
    blocks={
        "bridge": Block(
            doc="A group.",
            nesting=Nesting.GROUP,
            attributes={"name": Attribute(type=STRING, doc="Name.", computed=True)},
        ),
        "host": Block(
            doc="A set.",
            nesting=Nesting.SET,
            attributes={"ip": Attribute(type=STRING, doc="Address.", required=True)},
        ),
    },
)


class Memory(Session):
    """Keeps things in a dict; subclasses below break one rule each."""

    def __init__(self, things: dict[str, Object]) -> None:
        self.things = things

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        return [Observed(values=self.things[o.address]) if o.address in self.things else None for o in objects]

    def plan(self, proposal: Proposal) -> Planned:
        bridge = proposal.configured["bridge"]
        assert isinstance(bridge, dict)
        age = 0 if proposal.prior is None else proposal.prior["age"]
        values = {**proposal.proposed, "id": f"id-{proposal.address}", "age": age}
        if bridge["name"] is None:
            values["bridge"] = {"name": f"br-{proposal.address}"}
        return Planned(values=values)

    def apply(self, step: Step) -> Iterator[Outcome]:
        for operation in step.operations:
            if operation.after is None:
                self.things.pop(operation.address, None)
            else:
                self.things[operation.address] = operation.after
            yield Outcome(address=operation.address, verb=operation.verb, values=operation.after)


class KeepsNothing(Memory):
    def plan(self, proposal: Proposal) -> Planned:
        planned = super().plan(proposal)
        return replace(planned, values={**planned.values, "color": "blue"})


class Moody(Memory):
    calls = 0

    def plan(self, proposal: Proposal) -> Planned:
        Moody.calls += 1
        planned = super().plan(proposal)
        return replace(planned, values={**planned.values, "id": f"id-{Moody.calls}"})


class Liar(Memory):
    def apply(self, step: Step) -> Iterator[Outcome]:
        for outcome in super().apply(step):
            yield replace(outcome, values={**outcome.values, "id": "other"} if outcome.values else None)


class Forgetful(Memory):
    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        found = super().read(objects)
        return [Observed(values={**item.values, "color": None}) if item else None for item in found]


class Ages(Memory):
    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        self.things.update({address: {**thing, "age": 1000} for address, thing in self.things.items()})
        return super().read(objects)


class Unsteady(Memory):
    def plan(self, proposal: Proposal) -> Planned:
        planned = super().plan(proposal)
        return replace(planned, values={**planned.values, "age": UNKNOWN})

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        self.things.update({address: {**thing, "age": 7} for address, thing in self.things.items()})
        return super().read(objects)


class Hoarder(Memory):
    def apply(self, step: Step) -> Iterator[Outcome]:
        for operation in step.operations:
            if operation.after is not None:
                self.things[operation.address] = operation.after
            yield Outcome(address=operation.address, verb=operation.verb, values=operation.after)


class CreatesFirst(Memory):
    """Takes what a step creates before what it deletes, whatever their order."""

    def apply(self, step: Step) -> Iterator[Outcome]:
        return super().apply(replace(step, operations=tuple(sorted(step.operations, key=lambda o: o.after is None))))


class Strict(Memory):
    """Takes nothing that is black."""

    def apply(self, step: Step) -> Iterator[Outcome]:
        for operation in step.operations:
            if operation.after is not None and operation.after["color"] == "black":
                yield self.refuse(operation)
                return
            yield from super().apply(replace(step, operations=(operation,)))

    def refuse(self, operation: Operation) -> Outcome:
        return Outcome(
            address=operation.address, verb=operation.verb, values=None, diagnostics=(error("Black", "Not here."),)
        )


class Half(Strict):
    """Does in part what it refuses, and tells of it."""

    def refuse(self, operation: Operation) -> Outcome:
        assert operation.after is not None
        self.things[operation.address] = {**operation.after, "color": "grey"}
        return replace(super().refuse(operation), values=self.things[operation.address])


class Secretive(Half):
    def refuse(self, operation: Operation) -> Outcome:
        return replace(super().refuse(operation), values=None)


class Ruthless(Strict):
    def refuse(self, operation: Operation) -> Outcome:
        self.things.clear()
        return super().refuse(operation)


class Silent(Strict):
    def refuse(self, operation: Operation) -> Outcome:
        return Outcome(address=operation.address, verb=operation.verb, values=operation.before)


class Doubts(Memory):
    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        return [error("Doubtful", "Who knows?")]


class Finder(Memory):
    """Says what is there, and takes it in."""

    def discover(self) -> Sequence[Discovered]:
        return [
            Discovered(type="thing", identifier=str(thing["id"]), name="x", identity={"id": thing["id"]})
            for thing in self.things.values()
        ]

    def import_state(self, type_: str, identifier: str) -> Observed:
        return next(Observed(values=thing) for thing in self.things.values() if thing["id"] == identifier)

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        return [self._read(known) for known in objects]

    def _read(self, known: Known) -> Observed | None:
        if known.address == UNTAGGED:
            return self.import_state("thing", str(known.values["id"]))
        return super().read([known])[0]


class Overlooks(Finder):
    def discover(self) -> Sequence[Discovered]:
        return ()


class Disowns(Finder):
    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        found = super().read(objects)
        return [
            replace(one, owned=o.address != UNTAGGED) if one else None for o, one in zip(objects, found, strict=True)
        ]


class Embellishes(Finder):
    def import_state(self, type_: str, identifier: str) -> Observed:
        return Observed(values={**super().import_state(type_, identifier).values, "color": "gold"})

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        return Memory.read(self, [replace(o, address=next(iter(self.things))) if self.things else o for o in objects])


class Things(Provider):
    name = "thing"
    version = "1"
    schema = ProviderSchema(resources={"thing": SCHEMA})

    def __init__(self, session: type[Memory]) -> None:
        self.session = session
        self.things: dict[str, Object] = {}

    def open(self, host: Host | None, configuration: Object, lineage: str) -> Session:
        return self.session(self.things)


CASE = Case(
    type="thing",
    create={"name": "a", "host": [{"ip": "2"}, {"ip": "1"}]},
    updates=[{"name": "b", "color": "green", "bridge": {"name": "br0"}}],
    refused=[{"name": "b", "color": "black"}],
    anew=[{"name": "b", "kind": "k"}, {"name": "b", "kind": "l"}],
)
PLAIN = replace(CASE, refused=[])


def live(session: type[Memory], case: Case = PLAIN) -> None:
    provider = Things(session)
    exercise(provider, lambda: provider.open(None, {}, case.lineage), case)


@pytest.mark.parametrize("session", [Memory, Ages, Finder])
def test_a_good_provider_passes(session: type[Memory]) -> None:
    live(session)


@pytest.mark.parametrize("session", [Strict, Half])
def test_a_provider_may_refuse_whole_or_in_part(session: type[Memory]) -> None:
    live(session, CASE)


@pytest.mark.parametrize(
    ("session", "rule"),
    [
        (Memory, "what the host was to refuse is done"),
        (Silent, "what the host was to refuse is done"),
        (Secretive, "rule 8: what is read after a failure differs"),
        (Ruthless, "rule 8: what is left of a failure"),
    ],
)
def test_what_is_left_of_a_failure_must_be_told(session: type[Memory], rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        live(session, CASE)


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (replace(PLAIN, updates=[{"name": "b", "kind": "k"}]), "in place was asked for, but kind"),
        (replace(PLAIN, anew=[{"name": "c"}]), "a new object was asked for"),
    ],
)
def test_a_case_says_what_makes_a_new_object(case: Case, said: str) -> None:
    with pytest.raises(AssertionError, match=said):
        live(Strict, case)


@pytest.mark.parametrize(
    ("session", "rule"),
    [
        (KeepsNothing, "rule 1"),
        (Moody, "rule 2"),
        (Liar, "rule 3"),
        (Forgetful, "rule 4"),
        (Unsteady, "rule 4: planning again makes something unknown"),
        (Hoarder, "after delete"),
        (CreatesFirst, "rule 4: nothing is read after create"),
        (Doubts, "the rehearsal of"),
        (Overlooks, "rule 7: what was made is discovered 0 times"),
        (Disowns, "rule 7: what was imported is not read as ours"),
        (Embellishes, "rule 7: what was imported is read otherwise"),
    ],
)
def test_a_provider_that_breaks_a_rule_is_told_which(session: type[Memory], rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        live(session)


def test_a_proposal_takes_the_default_the_prior_value_and_else_unknown() -> None:
    configured = configure(SCHEMA, {"name": "a"})
    assert propose(SCHEMA, configured, None) == {
        "name": "a",
        "color": "red",
        "kind": None,
        "id": UNKNOWN,
        "age": UNKNOWN,
        "bridge": {"name": UNKNOWN},
        "host": [],
    }
    prior: Object = {
        "name": "old",
        "color": "blue",
        "kind": None,
        "id": "7",
        "age": 3,
        "bridge": {"name": "br7"},
        "host": [],
    }
    assert propose(SCHEMA, configured, prior) == {
        "name": "a",
        "color": "red",
        "kind": None,
        "id": "7",
        "age": 3,
        "bridge": {"name": "br7"},
        "host": [],
    }
