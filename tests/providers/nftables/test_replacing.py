"""What is replaced, tainted or by `-replace`, goes and comes in one step, and all of it is there then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kvmplan_sdk import Known, Operation, Session, Step, Verb

from .matrix.table import LINEAGE, planned

KINDS: Mapping[str, Mapping[str, Any]] = {
    "nftables_masquerade": {"source": "192.168.150.0/24"},
    "nftables_snat": {"source": "192.168.150.0/24", "to": "203.0.113.5"},
    "nftables_port_forward": {"ports": ["80", "9000-9010"], "target": "192.168.150.10"},
    "nftables_firewall": {
        "interface": "virbr1",
        "ingress": [{"action": "allow", "source": ["$a"], "protocol": "tcp", "limit": {"rate": "1/day"}}],
        "address_set": [{"name": "a", "addresses": ["10.0.0.0/8", "192.0.2.1"]}],
    },
    "nftables_isolation": {"networks": ["192.168.150.0/24", "virbr2"]},
}


@pytest.mark.parametrize("type_", KINDS)
def test_a_replacement_is_whole(host: Any, open_session: Callable[[], Session], type_: str) -> None:
    others = {"nftables_port_forward.other": {"port": 22, "target": "192.168.150.11"}, f"{type_}.a": KINDS[type_]}
    values = {name: planned(open_session(), name, name.partition(".")[0], written) for name, written in others.items()}
    for name, after in values.items():
        run(open_session, operation(Verb.CREATE, name, None, after))
    before, address = host.ruleset(), f"{type_}.a"
    for verbs in ((Verb.DELETE, Verb.CREATE), (Verb.CREATE, Verb.DELETE)):
        pair = {
            Verb.DELETE: operation(Verb.DELETE, address, values[address], None),
            Verb.CREATE: operation(Verb.CREATE, address, None, values[address]),
        }
        session: Any = open_session()
        assert not session.dry_run(Step(operations=tuple(pair[verb] for verb in verbs), lineage=LINEAGE))
        run(open_session, *(pair[verb] for verb in verbs))
        assert sorted(host.ruleset().splitlines()) == sorted(before.splitlines())
        known = [Known(address=name, type=name.partition(".")[0], values=after) for name, after in values.items()]
        assert None not in open_session().read(known)


def operation(verb: Verb, address: str, before: Any, after: Any) -> Operation:
    return Operation(verb=verb, address=address, type=address.partition(".")[0], before=before, after=after)


def run(open_session: Callable[[], Session], *operations: Operation) -> None:
    outcomes = list(open_session().apply(Step(operations=operations, lineage=LINEAGE)))
    assert len(outcomes) == len(operations)
    assert not any(outcome.diagnostics for outcome in outcomes)
