"""Two addresses for the guests of one subnet: the smaller subnet wins; of the same, the plan refuses one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from kvmplan_nftables.nat.same_source import judge_same_source
from kvmplan_sdk import Change, Object, Operation, Session, Step, Verb
from kvmplan_sdk.diagnostics import Severity

from .matrix.table import LINEAGE, planned

ONE: Object = {"source": "192.168.150.0/24", "to": "203.0.113.5"}
FAR: Object = {**ONE, "destinations": ["10.0.0.0/8", "192.0.2.0/24"]}


def change(name: str, values: Object | None, verb: Verb | None = Verb.CREATE) -> Change:
    return Change(verb=verb, address=f"nftables_snat.{name}", type="nftables_snat", before=None, after=values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, {**ONE, "to": "203.0.113.6"}),
        (ONE, FAR),
        (ONE, {**ONE, "out_interface": "ens3"}),
        (FAR, {**FAR, "destinations": ["10.1.0.0/16"]}),
        (FAR, {**ONE, "except_destinations": ["10.0.0.0/8"]}),
    ],
)
def test_two_that_could_both_take_a_connection(one: Object, other: Object) -> None:
    for first, second in permutations((one, other)):
        (told,) = judge_same_source([change("a", first), change("b", second)])
        assert (told.severity, told.address) == (Severity.ERROR, "nftables_snat.b")
        assert "nftables_snat.a" in told.detail
    (told,) = judge_same_source([change("a", one, None), change("b", other, None)])
    assert told.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, {**ONE, "source": "192.168.151.0/24"}),
        (ONE, {**ONE, "source": "192.168.150.7/32"}),
        ({**ONE, "out_interface": "ens3"}, {**ONE, "out_interface": "ens4"}),
        (FAR, {**FAR, "destinations": ["11.0.0.0/8"]}),
        (FAR, {**ONE, "except_destinations": ["10.0.0.0/8", "192.0.0.0/16"]}),
    ],
)
def test_two_that_part(one: Object, other: Object) -> None:
    for first, second in permutations((one, other)):
        assert not list(judge_same_source([change("a", first), change("b", second)]))


@pytest.mark.parametrize("order", list(permutations(("192.168.150.0/24", "192.168.150.7/32", "192.168.0.0/16"))))
def test_the_rules_of_smaller_subnets_come_first(
    host: Any, open_session: Callable[[], Session], order: tuple[str, ...]
) -> None:
    for number, source in enumerate(order):
        session, address = open_session(), f"nftables_snat.n{number}"
        after = planned(session, address, "nftables_snat", {"source": source, "to": f"203.0.113.{number}"})
        create = Operation(verb=Verb.CREATE, address=address, type="nftables_snat", before=None, after=after)
        (outcome,) = session.apply(Step(operations=(create,), lineage=LINEAGE))
        assert not outcome.diagnostics
    listed = [line.split()[2] for line in host.ruleset().splitlines() if line.strip().startswith("ip saddr")]
    assert listed == ["192.168.150.7", "192.168.150.0/24", "192.168.0.0/16"]
