"""kvmplan's own functions of addresses: what they promise, whatever the networks."""

from __future__ import annotations

import ipaddress
import re
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.lang import DYNAMIC, SENSITIVE, ListValue, Unknown, Value, mark, marks_of, to_plain, unknown
from kvmplan_sdk.types import BOOL, STRING, ListType, Type
from kvmplan_sdk.values import Value as Plain

from .language import try_value, value_of

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks(longest: int = 0) -> st.SearchStrategy[Network]:
    """Networks close to each other, of both families, so that they often meet."""
    four = st.builds(
        lambda host, length: ipaddress.ip_network((0x0A010000 + host, length), strict=False),
        st.integers(0, 1023),
        st.integers(22, 32 - longest),
    )
    six = st.builds(
        lambda host, length: ipaddress.ip_network(((0xFD00 << 112) + host, length), strict=False),
        st.integers(0, 1023),
        st.integers(118, 128 - longest),
    )
    return st.one_of(four, six)


def ranges() -> st.SearchStrategy[tuple[Address, Address]]:
    def made(network: Network, numbers: tuple[int, int]) -> tuple[Address, Address]:
        first, last = sorted(number % network.num_addresses for number in numbers)
        return network[first], network[last]

    return st.builds(made, networks(), st.tuples(st.integers(0, 1023), st.integers(0, 1023)))


@st.composite
def taken(draw: st.DrawFn) -> tuple[str, list[Network]]:
    """How something in use is written, and the networks that it consists of."""
    match draw(st.integers(0, 2)):
        case 0:
            network = draw(networks())
            return str(network), [network]
        case 1:
            address = draw(networks())[0]
            return str(address), [ipaddress.ip_network(address)]
        case _:
            first, last = draw(ranges())
            return f"{first}-{last}", list(ipaddress.summarize_address_range(first, last))


def overlap(a: Network, b: Network) -> bool:
    return a.version == b.version and a.overlaps(b)


def free(pool: Network, used: list[str], length: int, count: int) -> list[Network] | None:
    """What ``cidrfree`` answers; None when there are not so many."""
    text = f'cidrfree("{pool}", used, {length}, {count})'
    value, problems = try_value(text, {"used": ListValue(STRING, list(used))})
    if problems:
        assert problems == ["Error in function call"]
        return None
    assert isinstance(value, ListValue)
    assert value.element == STRING
    return [ipaddress.ip_network(item) for item in value.items if isinstance(item, str)]


@given(networks(3), st.lists(taken(), max_size=6), st.integers(0, 3), st.integers(0, 9))
def test_free_subnets_are_the_first_of_all_that_meet_nothing_in_use(
    pool: Network, used: list[tuple[str, list[Network]]], more: int, count: int
) -> None:
    length = pool.prefixlen + more
    parts = [part for _, networks in used for part in networks]
    every = [one for one in pool.subnets(more) if not any(overlap(one, part) for part in parts)]
    found = free(pool, [text for text, _ in used], length, count)
    assert found == (every[:count] if len(every) >= count else None)


@given(networks(3), st.lists(taken(), max_size=4), st.randoms())
def test_free_subnets_keep_their_place_when_more_are_asked_for(
    pool: Network,
    used: list[tuple[str, list[Network]]],
    random: Random,
) -> None:
    texts = [text for text, _ in used]
    answers = [free(pool, texts, pool.prefixlen + 3, count) for count in range(9)]
    known = [answer for answer in answers if answer is not None]
    assert all(more[: len(fewer)] == fewer for fewer, more in pairwise(known))
    shuffled = texts * 2
    random.shuffle(shuffled)
    assert free(pool, shuffled, pool.prefixlen + 3, len(known) - 1) == known[-1]


@given(networks(2), st.lists(taken(), max_size=4))
def test_what_was_found_and_is_in_use_now_is_not_found_again(
    pool: Network, used: list[tuple[str, list[Network]]]
) -> None:
    texts = [text for text, _ in used]
    found: list[Network] = []
    while one := free(pool, [*texts, *map(str, found)], pool.prefixlen + 2, 1):
        found += one
    together = free(pool, texts, pool.prefixlen + 2, len(found))
    assert together == found == sorted(set(found))


@given(networks(), taken())
def test_containing_and_overlapping_are_those_of_sets_of_addresses(
    network: Network, other: tuple[str, list[Network]]
) -> None:
    text, parts = other
    meets = value_of(f'cidroverlaps("{network}", "{text}")')
    assert meets == value_of(f'cidroverlaps("{text}", "{network}")') == any(overlap(network, part) for part in parts)
    if parts[0].version != network.version:
        assert try_value(f'cidrcontains("{network}", "{text}")')[1] == ["Error in function call"]
        return
    inside = all(part.subnet_of(network) for part in parts)  # type: ignore[arg-type]
    assert value_of(f'cidrcontains("{network}", "{text}")') == inside


@pytest.mark.parametrize(
    ("call", "value"),
    [
        # As OpenTofu reads addresses: zeros before a number, host bits, mapped addresses.
        ('cidrcontains("010.001.0.0/16", "010.1.2.3")', True),
        ('cidrcontains("10.1.2.3/16", "10.1.200.9/24")', True),
        ('cidrcontains("10.1.0.0/16", "::ffff:10.1.0.5")', True),
        ('cidrcontains("::ffff:10.1.0.0/112", "10.1.0.5")', True),
        ('cidrcontains("0.0.0.0/0", "255.255.255.255")', True),
        ('cidrcontains("::/0", "fe80::/10")', True),
        ('cidrcontains("10.1.0.7/32", "10.1.0.7")', True),
        ('cidroverlaps("10.1.0.7", "10.1.0.7")', True),
        ('cidroverlaps("0.0.0.0/0", "::/0")', False),
        ('cidrfree("fd00::/8", ["fd00::/8"], 64, 0)', []),
        ('cidrfree("10.1.2.3/16", toset(["10.0.0.0/16"]), 16, 1)', ["10.1.0.0/16"]),
        ('cidrfree("10.1.0.0/16", [], "24", "1")', ["10.1.0.0/24"]),
        ('cidrfree("10.1.0.0/31", [], 32, 2)', ["10.1.0.0/32", "10.1.0.1/32"]),
    ],
)
def test_addresses_may_be_written_in_any_way(call: str, value: Plain) -> None:
    assert to_plain(value_of(call)) == value


@pytest.mark.parametrize(
    "call",
    [
        'cidrcontains("10.1.0.0", "10.1.0.0")', 'cidrcontains("10.1.0.0-10.1.0.9", "10.1.0.0")',
        'cidrcontains("10.1.0.0/33", "10.1.0.0")', 'cidrcontains("10.1.0.0/16", "10.1.0")',
        'cidrcontains("10.1.0.0/16", "")', 'cidrcontains("fe80::/10", "fe80::1%eth0")',
        'cidroverlaps("10.1.0.9-10.1.0.0", "10.1.0.0")', 'cidroverlaps("10.1.0.0-fd00::1", "10.1.0.0")',
        'cidroverlaps("10.1.0.0/24-10.1.2.0/24", "10.1.0.0")', 'cidroverlaps("10.1.0.0-", "10.1.0.0")',
        'cidroverlaps(null, "10.1.0.0")', 'cidrfree("10.1.0.0/16", null, 24, 1)',
        'cidrfree("10.1.0.0/16", [null], 24, 1)', 'cidrfree("10.1.0.0/16", ["lan"], 24, 1)',
        'cidrfree("10.1.0.0/16", [], 15, 1)', 'cidrfree("10.1.0.0/16", [], 33, 1)', 'cidrfree("10.1.0.0", [], 24, 1)',
        'cidrfree("fd00::/64", [], 129, 1)', 'cidrfree("10.1.0.0/16", [], 24, -1)',
        'cidrfree("10.0.0.0/8", [], 32, 1025)', 'cidrfree("10.1.0.0/16", [], 24.5, 1)', "macaddr(null)",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_at_its_argument(call: str) -> None:
    assert try_value(call)[1] == ["Invalid function argument"]


@pytest.mark.parametrize(
    ("call", "type_"),
    [
        ('cidrfree("10.1.0.0/16", [x], 24, 1)', ListType(STRING)),
        ('cidrfree("10.1.0.0/16", ["10.1.0.0/24", x], 24, 1)', ListType(STRING)),
        ("cidrfree(x, [], 24, 1)", ListType(STRING)),
        ('cidrcontains("10.1.0.0/16", x)', BOOL),
        ('cidroverlaps(x, "10.1.0.0/16")', BOOL),
        ("macaddr(x)", STRING),
    ],
)
@pytest.mark.parametrize("x", [DYNAMIC, unknown(STRING)])
def test_with_an_unknown_address_all_is_unknown_but_the_type(call: str, type_: Type, x: Value) -> None:
    found = value_of(call, {"x": x})
    assert isinstance(found, Unknown)
    assert found.type == type_


def test_a_sensitive_network_in_use_makes_what_is_free_sensitive() -> None:
    found = value_of('cidrfree("10.1.0.0/16", [x], 24, 1)', {"x": mark("10.1.0.0/24", frozenset({SENSITIVE}))})
    assert marks_of(found) == {SENSITIVE}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_mac_address_is_a_unicast_one_of_the_local_machine_and_always_the_same(seed: str) -> None:
    made = value_of("macaddr(x)", {"x": seed})
    assert isinstance(made, str)
    assert re.fullmatch("52:54:00(:[0-9a-f]{2}){3}", made)
    assert int(made[:2], 16) & 0b11 == 0b10, "locally administered, for one NIC"
    assert value_of("macaddr(x)", {"x": seed}) == made


def test_mac_addresses_of_a_rack_full_of_guests_differ() -> None:
    seeds = [f"kvm{host}/guest{guest}" for host in range(4) for guest in range(50)]
    assert len({value_of("macaddr(x)", {"x": seed}) for seed in seeds}) == len(seeds)
