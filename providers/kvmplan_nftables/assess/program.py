"""A chain cut down to what counts for packets that differ in addresses and port alone.

Ten thousand forwards walk the same chains. What their packets have in common is judged once: of a thousand rules, those
that surely do not meet them are out, and what follows the end of the way. A rule that asks for what differs is found by
the number that it asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kvmplan_nftables.assess.iptables import Arguments, port_spans
from kvmplan_nftables.assess.matches import Json, Packet, bounds, ends
from kvmplan_nftables.assess.spans import Index

Judged = tuple[str, str, bool | None]
"""A rule's verdict, the target of its jump, and whether the packet gets as far as that."""
Profile = tuple[Any, ...]
_FIELDS = {"saddr": "source", "daddr": "target", "dport": "port"}
_END = {"accept", "drop", "reject", "return", "goto", "dnat", "redirect"}
_MANY = 64


def profile(packet: Packet) -> Profile:
    """What packets have in common that a program serves."""
    return (
        *(packet.version, packet.protocol, packet.incoming, packet.perhaps, packet.outgoing, packet.translated),
        *(packet.kind, packet.bridged, packet.answer, packet.source is None, packet.target is None, packet.port == 0),
    )


@dataclass(slots=True)
class Program:
    """The rules that may count, by their place in the chain: ``fixed`` for all packets alike, ``open`` for each anew;
    ``asked``: those that ask for a number, by the attribute of a packet that has it.
    """

    fixed: dict[int, Judged] = field(default_factory=dict)
    open: list[int] = field(default_factory=list)
    asked: dict[str, Index[int]] = field(default_factory=dict)

    def places(self, packet: Packet) -> Sequence[int]:
        if not self.open and not self.asked:
            return [*self.fixed]
        found = {*self.fixed, *self.open}
        for name, index in self.asked.items():
            found.update(index.touching(*_span(packet, name)))
        return sorted(found)


def compile_chain(
    rules: Sequence[Json],
    packet: Packet,
    judge: Callable[[Packet, int], Judged],
    leaves: Callable[[Judged], bool],
    arguments: Callable[[int], Arguments | None],
) -> Program:
    """For packets of the profile of ``packet``. ``leaves``: whether what a rule that may be met says could let a packet
    pass.
    """
    common = replace(packet, source=None, target=None, port=0)
    differing = {name for name in _FIELDS.values() if getattr(packet, name)}
    found, doubt = Program(), False
    for place, rule in enumerate(rules):
        judged = judge(common, place)
        verdict, _, reached = judged
        if reached is None:
            spans = dict(_asked(rule["expr"], arguments(place), packet.version))
            if differing & spans.keys():
                _add(found, place, {name: spans[name] for name in spans if name in differing})
            elif not doubt and leaves(judged):
                found.fixed[place], doubt = judged, True
        elif reached and verdict:
            found.fixed[place] = judged
            if verdict in _END:
                break
    return found


def _add(program: Program, place: int, spans: dict[str, Sequence[tuple[int, int]] | None]) -> None:
    for name, numbers in spans.items():
        if numbers is not None and len(numbers) <= _MANY:
            index = program.asked.setdefault(name, Index())
            for low, high in numbers:
                index.add(low, high, place)
            return
    program.open.append(place)


def _span(packet: Packet, name: str) -> tuple[int, int]:
    value: Any = getattr(packet, name)
    if name == "port":
        return value, value
    return ends(value)


def _asked(
    expressions: Sequence[Json], arguments: Arguments | None, version: int
) -> Iterator[tuple[str, Sequence[tuple[int, int]] | None]]:
    """The attributes of a packet that a rule asks for, with the numbers of which it takes one; None: any may do."""
    for expression in expressions:
        kind, body = next(iter(expression.items()))
        if kind == "match":
            plain = _FIELDS.get(body["left"].get("payload", {}).get("field", ""))
            if plain is not None and body["op"] in ("==", "in"):
                yield plain, _numbers(body["right"], 0 if plain == "port" else version)
            else:
                yield from ((name, None) for name in _mentioned(body["left"]))
        elif kind == "vmap":
            yield from ((name, None) for name in _mentioned(body["key"]))
        elif kind == "xt" and arguments is not None:
            ports = port_spans(arguments)
            if ports is not None:
                yield "port", ports or None


def _mentioned(left: Any) -> Iterator[str]:
    match left:
        case {"concat": list(parts)}:
            for part in parts:
                yield from _mentioned(part)
        case {"payload": {"field": str(name)}} if name in _FIELDS:
            yield _FIELDS[name]


def _numbers(right: Any, version: int) -> Sequence[tuple[int, int]] | None:
    if isinstance(right, dict) and "set" in right:
        right = right["set"]
    items = right if isinstance(right, list) else [right]
    if len(items) > _MANY:
        return None
    found = [bounds(item, version) for item in items]
    return None if None in found else [span for span in found if span is not None]
