"""What cannot work in one filter by itself: what libvirt would refuse, and what it would drop without a word."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.nwfilter.datatypes import PROTOCOL_NUMBERS
from kvmplan_libvirt.nwfilter.meaning import condition, conditions
from kvmplan_libvirt.nwfilter.model import CHAIN_PRIORITIES
from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.plain import blocks, parse_address, text
from kvmplan_sdk import UNKNOWN, Diagnostic, Object, Path, error

_PORTS = ("srcportstart", "srcportend", "dstportstart", "dstportend")
_WITH_PORTS = {str(PROTOCOL_NUMBERS[name]) for name in ("tcp", "udp", "sctp")} | {"33"}
_ICMPV6 = ("type", "typeend", "code", "codeend")
_FIRSTS = {
    **{f"{whose}mask": f"{whose}addr" for whose in ("srcmac", "dstmac", "srcip", "dstip", "arpsrcip", "arpdstip")},
    **{f"{whose}_address_mask": f"{whose}_address" for whose in ("root", "sender")},
    **{f"{whose}portend": f"{whose}portstart" for whose in ("src", "dst")},
    **{f"{whose}ipto": f"{whose}ipfrom" for whose in ("src", "dst")},
    "code": "type",
}
_CHAINS = {"vlan": "vlan", "stp": "stp", "arp": "arp", "rarp": "rarp", "ipv4": "ip", "ipv6": "ipv6"}
"""Which frames come to a chain, by how its name begins; all of them to others."""
_RANGES = (
    ("srcportstart", "srcportend"),
    ("dstportstart", "dstportend"),
    ("srcipfrom", "srcipto"),
    ("dstipfrom", "dstipto"),
    ("type", "typeend"),
    ("code", "codeend"),
)


def check(values: Object) -> Iterator[Diagnostic]:
    chain = text(values, "chain")
    if chain is not None and values.get("priority") == 0 and not _keeps_zero(chain):
        yield error(
            f"libvirt forgets the priority 0 of chain {chain}",
            "It leaves a 0 out when it stores the filter, and takes its own default for this chain at its next start. "
            "Write 1 or -1.",
            path=("priority",),
        )
    for index, rule in enumerate(blocks(values, "rule")):
        yield from _check_rule(rule, ("rule", index))
        yield from _check_chain(chain or "", rule, ("rule", index))


def _check_chain(chain: str, rule: Object, at: Path) -> Iterator[Diagnostic]:
    comes = next((protocol for prefix, protocol in _CHAINS.items() if chain.startswith(prefix)), None)
    for name, protocol in PROTOCOLS.items():
        strange = name not in {"mac", comes} and protocol.firewall == "ebtables"
        if comes is not None and strange and rule.get(name) not in ([], (), UNKNOWN, None):
            yield error(
                f"A rule of `{name}` in chain {chain} matches nothing",
                f"Only frames of {comes} come to that chain. Put the rule into a filter of another, such as `root`.",
                path=(*at, name),
            )


def _keeps_zero(chain: str) -> bool:
    return not any(priority and chain.startswith(prefix) for prefix, priority in CHAIN_PRIORITIES.items())


def _check_rule(rule: Object, at: Path) -> Iterator[Diagnostic]:
    named = [name for name in PROTOCOLS if rule.get(name) not in ([], (), UNKNOWN, None)]
    if len(named) > 1:
        yield error(
            f"A rule is of one protocol, not of {' and '.join(named)}",
            "Write a rule for each of them.",
            path=(*at, named[1]),
        )
    for name in named:
        yield from _check_protocol(name, rule, (*at, name))


def _check_protocol(name: str, rule: Object, at: Path) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for attribute, _, _ in conditions(name, rule):
        if attribute in seen:
            yield error(
                f"`{attribute}` is said twice",
                f"The `{name}` blocks of a rule are one condition, which can have it once. Write another rule.",
                path=at,
            )
        seen.add(attribute)
    yield from _check_negation(name, rule, at)
    for attribute in sorted(seen):
        first = first_of(name, attribute)
        if first is not None and first not in seen:
            yield error(
                f"`{attribute}` means nothing without `{first}`",
                f"libvirt would leave it out, so that the rule is for more than it says. Write `{first}` too.",
                path=at,
            )
    said = {attribute: value for attribute, (value, _) in condition(name, rule).items()}
    yield from _check_ports(name, said, at)
    yield from _check_ranges(said, at)
    if name == "ipv6" and said.keys() & set(_ICMPV6) and said.get("protocol") not in {"58", UNKNOWN}:
        yield error(
            "ICMPv6's types and codes need its protocol",
            'Add `protocol = "icmpv6"`; without it the host\'s firewall refuses the rule when a guest uses it.',
            path=at,
        )
    if name.startswith("all") and ("ipset" in said) != ("ipsetflags" in said):
        yield error(
            "`ipset` and `ipsetflags` go together",
            'Say which address is looked up in which set, such as `ipset = "lan"` and `ipsetflags = "src"`.',
            path=at,
        )


def first_of(protocol: str, attribute: str) -> str | None:
    """The attribute without which libvirt leaves this one out when it makes the rules of a guest."""
    if protocol == "ipv6":  # whose types and codes of ICMPv6 are ranges that begin at 0
        return None if attribute == "code" else _FIRSTS.get(attribute)
    return attribute.removesuffix("_hi") if attribute.endswith("_hi") else _FIRSTS.get(attribute)


def _check_negation(name: str, rule: Object, at: Path) -> Iterator[Diagnostic]:
    said = condition(name, rule)
    for follower, leader in PROTOCOLS[name].follows.items():
        if follower in said:
            match = said[leader][1] if leader in said else True
            if said[follower][1] != match:
                yield error(
                    f"libvirt does not negate `{follower}` by itself",
                    f"It takes it as it takes `{leader}`, which here must {'' if match else 'not '}match, whatever "
                    "`match` says. Put both into one block, or write rules that do without.",
                    path=at,
                )
    if not said and any(block.get("match") is False for block in blocks(rule, name)):
        yield error("Nothing must not match", f"Say in `{name}` what must not, or take `match` out.", path=at)


def _check_ports(name: str, said: Object, at: Path) -> Iterator[Diagnostic]:
    if name in {"ip", "ipv6"} and said.keys() & set(_PORTS) and said.get("protocol") not in {*_WITH_PORTS, UNKNOWN}:
        yield error(
            "Ports need a protocol that has them",
            'Add `protocol = "tcp"`, `"udp"`, `"sctp"` or `"33"` (DCCP); libvirt takes no variable for it here.',
            path=at,
        )


def _check_ranges(said: Object, at: Path) -> Iterator[Diagnostic]:
    for first, last in _RANGES:
        low, high = said.get(first), said.get(last)
        if isinstance(low, str) and isinstance(high, str) and _is_after(low, high):
            yield error(f"The range {low} to {high} is empty", f"Write the lower one as `{first}`.", path=at)


def _is_after(low: str, high: str) -> bool:
    if low.isdigit() and high.isdigit():
        return int(low) > int(high)
    first, last = parse_address(low), parse_address(high)
    return first is not None and last is not None and first.version == last.version and int(first) > int(last)
