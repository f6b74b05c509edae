"""Many objects: what one of them changes, which of them is wrong. Times: `benchmarks/nftables_scale.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kvmplan_nftables.parts import collapsed
from kvmplan_sdk import Completed, Known, Object, Operation, Outcome, Session, Step, Verb

from .conftest import LINEAGE

MANY = 2000
SUBNETS = st.tuples(st.integers(0, 63), st.integers(0, 7))
Open = Callable[[], Session]
Forwards = Mapping[str, Object]


@given(st.lists(SUBNETS, max_size=20))
def test_addresses_without_overlaps(drawn: list[tuple[int, int]]) -> None:
    """Subnets of the first few hundred addresses, which often overlap and meet."""
    four = [IPv4Network((number << bits, 32 - bits)) for number, bits in drawn]
    six = [IPv6Network((number << bits, 128 - bits)) for number, bits in drawn]
    assert collapsed([*four, *six], 4) == list(collapse_addresses(four))
    assert collapsed([*four, *six], 6) == list(collapse_addresses(six))


def forwards(port: int = 80) -> Forwards:
    """``port`` is that of the last."""
    common: Object = {"protocol": "tcp", "address": None, "target": "192.168.150.10"}
    return {
        f"nftables_port_forward.f[{number}]": {
            **common,
            "port": number,
            "target_port": port if number == MANY else 80,
        }
        for number in range(1, MANY + 1)
    }


def apply(open_session: Open, before: Forwards, after: Forwards) -> list[Outcome]:
    """All of them in one step, changed or not."""
    operations = tuple(
        Operation(
            verb=Verb.UPDATE if address in before else Verb.CREATE,
            address=address,
            type="nftables_port_forward",
            before=before.get(address),
            after=values,
        )
        for address, values in after.items()
    )
    return list(open_session().apply(Step(operations=operations, lineage=LINEAGE)))


def test_one_change_among_many_is_one_element(host: Any, open_session: Open) -> None:
    assert not any(outcome.diagnostics for outcome in apply(open_session, {}, forwards()))
    told: list[bytes] = []
    run = host.run

    def overheard(argv: Sequence[str], **options: Any) -> Completed:
        told.append(options.get("input", b""))
        done: Completed = run(argv, **options)
        return done

    host.run = overheard
    apply(open_session, forwards(), forwards(port=443))
    elements = [line for line in b"".join(told).decode().splitlines() if "tcp . " in line]
    assert [line.partition(" comment")[0] for line in elements] == [f"tcp . {MANY},", f"tcp . {MANY}"]


def test_a_rehearsal_lists_nothing_that_was_read_and_an_apply_lists_again(host: Any, open_session: Open) -> None:
    session: Any = open_session()
    made = apply(open_session, {}, forwards())
    listed: list[Sequence[str]] = []
    run = host.run

    def overheard(argv: Sequence[str], **options: Any) -> Completed:
        listed.extend([argv] if "list" in argv else [])
        done: Completed = run(argv, **options)
        return done

    host.run = overheard
    known = [Known(address=one.address, type="nftables_port_forward", values=one.values or {}) for one in made]
    assert all(session.read(known))
    before, last = len(listed), f"nftables_port_forward.f[{MANY}]"
    changed = Operation(
        verb=Verb.UPDATE,
        address=last,
        type="nftables_port_forward",
        before=forwards()[last],
        after=forwards(port=443)[last],
    )
    step = Step(operations=(changed,), lineage=LINEAGE)
    assert not session.dry_run(step)
    assert len(listed) == before
    host.nft(f"delete element inet kvmplan pf4 {{ tcp . {MANY} }}\n")
    assert not any(one.diagnostics for one in session.apply(step)), "what was read is not what is there"
    assert len(listed) > before


def test_one_mistake_among_many_is_named_and_nothing_is_done(host: Any, open_session: Open) -> None:
    host.nft("add table inet kvmplan\n")
    host.nft("add map inet kvmplan pf4 { type inet_proto . inet_service : ipv4_addr . inet_service; }\n")
    host.nft(f"add element inet kvmplan pf4 {{ tcp . {MANY - 7} : 10.9.9.9 . 1 }}\n")
    before = host.ruleset()
    (failed,) = apply(open_session, {}, forwards())
    assert failed.address == f"nftables_port_forward.f[{MANY - 7}]"
    assert "File exists" in failed.diagnostics[0].detail and "internal" not in failed.diagnostics[0].detail
    assert host.ruleset() == before
