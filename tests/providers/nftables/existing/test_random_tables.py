"""Random tables of people's are taken in as they are; then a change of one thing changes that alone, and all can go.

A table that nft does not take is no case: for what this kernel lacks, or for rules that do not go together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import UNTAGGED, Known, Object, Operation, Planned, Session, Step, Verb
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.provider import Proposal
from kvmplan_sdk.values import Value

from .desk import Desk, without_marks
from .grammar import tables

Open = Callable[[], Any]
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
SCHEMAS = NftablesProvider.schema.resources
OTHERWISE: Mapping[str, tuple[str, Sequence[Value]]] = {
    "nftables_chain": ("policy", [None, "drop"]),
    "nftables_limit": ("burst", [7, 8]),
    "nftables_quota": ("bytes", ["7 mbytes", "8 mbytes"]),
    "nftables_rule": ("rule", ["meta mark 0x77 counter accept", "meta mark 0x78 drop"]),
    "nftables_set": ("elements", [None]),
    "nftables_map": ("elements", [None]),
}
"""What each type may say otherwise."""


def written(type_: str, values: Object) -> Object:
    """What configuration says of an object: all but what is as it is by default, or told by the provider."""
    attributes = SCHEMAS[type_].attributes
    said = {name: values[name] for name, one in attributes.items() if not one.read_only and values[name] != one.default}
    return configure(SCHEMAS[type_], said)


def planned(session: Session, known: Known, configured: Object) -> Planned:
    proposed = propose(SCHEMAS[known.type], configured, known.values)
    answer = session.plan(
        Proposal(
            address=known.address,
            type=known.type,
            host="netns",
            configured=configured,
            proposed=proposed,
            prior=known.values,
            private=known.private,
        )
    )
    assert not answer.diagnostics, (configured, answer.diagnostics)
    return answer


def carry_out(session: Any, *operations: Operation) -> None:
    step = Step(operations=operations, lineage=LINEAGE)
    assert not session.dry_run(step)
    outcomes = list(session.apply(step))
    assert [one.diagnostics for one in outcomes] == [()] * len(operations)


def operation(verb: Verb, known: Known, after: Object | None, former: str = "") -> Operation:
    return Operation(
        verb=verb,
        address=known.address,
        type=known.type,
        before=known.values,
        after=after,
        private=known.private,
        former=former,
    )


def now(session: Session, things: Sequence[Known]) -> list[Known]:
    """Things as they are."""
    found = session.read(things)
    seen = [replace(one, values=is_.values, private=is_.private) for one, is_ in zip(things, found, strict=True) if is_]
    assert len(seen) == len(things), [one for one, is_ in zip(things, found, strict=True) if is_ is None]
    return seen


def taken_in(open_session: Open) -> list[Known]:
    """Every object of table t, as a resource that says what it is."""
    session = open_session()
    (family,) = {line.split()[1] for line in session._host.ruleset().splitlines() if line.startswith("table ")}
    things = []
    for number, found in enumerate(session.discover_within([f"{family} t"])):
        observed = session.import_state(found.type, found.identifier)
        address = f"{found.type}.n{number}"
        things.append(Known(address=address, type=found.type, values=observed.values, private=observed.private))
    untagged = [replace(one, address=UNTAGGED) for one in things]
    assert [one.values for one in now(session, untagged)] == [one.values for one in things]
    for one in things:
        assert planned(session, one, written(one.type, one.values)).values == one.values
    carry_out(session, *(operation(Verb.UPDATE, one, one.values, UNTAGGED) for one in things))
    return [replace(one, private={}) for one in things]


def settled(open_session: Open, things: Sequence[Known]) -> list[Known]:
    """``things``, which are there as they say; planning again changes nothing."""
    session = open_session()
    seen = now(session, things)
    assert [(one.address, one.values) for one in seen] == [(one.address, one.values) for one in things]
    assert [planned(session, one, written(one.type, one.values)).values for one in seen] == [one.values for one in seen]
    return seen


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(text=tables(), data=st.data())
def test_a_random_table_is_taken_in_changed_and_removed(
    host: Any, open_session: Open, text: str, data: st.DataObject
) -> None:
    assume(host.run(["nft", "-f", "-"], input=f"flush ruleset\n{text}".encode()).ok)
    before = host.ruleset()
    things = settled(open_session, taken_in(open_session))
    assert without_marks(host.ruleset()) == without_marks(before)
    place = data.draw(st.sampled_from([n for n, one in enumerate(things) if changes(one)]), label="what changes")
    things[place] = changed(open_session, things[place], data)
    things = settled(open_session, things)
    session = open_session()
    carry_out(session, *(operation(Verb.DELETE, one, None) for one in now(session, things)))
    assert host.ruleset() == ""


def changes(thing: Known) -> Sequence[Value]:
    """What may stand in the place of what it says."""
    name, choices = OTHERWISE.get(thing.type, ("", ()))
    if thing.type == "nftables_chain" and (thing.values["hook"] is None or thing.values["type"] == "nat"):
        return ()
    return [one for one in choices if one != thing.values[name]]


def changed(open_session: Open, thing: Known, data: st.DataObject) -> Known:
    name = OTHERWISE[thing.type][0]
    values = {**thing.values, name: data.draw(st.sampled_from(changes(thing)), label=name)}
    session = open_session()
    (was,) = now(session, [thing])
    after = planned(session, was, written(thing.type, values)).values
    carry_out(session, operation(Verb.UPDATE, was, after))
    return replace(was, values=after, private={})


def drawn(count: int) -> list[str]:
    """The longest of some random tables, the same every time."""
    texts: list[str] = []

    @settings(max_examples=30, derandomize=True, deadline=None, phases=[Phase.generate])
    @given(tables())
    def draw(text: str) -> None:
        texts.append(text)

    draw()
    return sorted(texts, key=len)[-count:]


def test_what_discover_writes_of_random_tables_changes_nothing(host: Any, tmp_path: Path) -> None:
    desk, within = Desk(host, tmp_path), []
    for number, text in enumerate(drawn(5)):
        named = text.replace(" t {", f" t{number} {{", 1)
        if host.run(["nft", "-f", "-"], input=named.encode()).ok:
            within += ["--within", named.partition(" {")[0].removeprefix("table ")]
    before = host.ruleset()
    desk.run("discover", *within, "--out", "found.kvm.hcl")
    found = (tmp_path / "found.kvm.hcl").read_text()
    assert "Left out" not in found
    count = len(re.findall("^import", found, re.MULTILINE))
    assert f"Plan: {count} to import, 0 to add, 0 to change, 0 to destroy." in desk.run("plan")
    desk.run("apply", "--auto-approve")
    assert without_marks(host.ruleset()) == without_marks(before)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
