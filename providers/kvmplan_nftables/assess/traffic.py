"""What a resource has to let pass, and what the plan says of a foreign chain that stops it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.assess.advice import Advice, advise
from kvmplan_nftables.assess.filters import Obstacle, obstacles
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.assess.view import View
from kvmplan_sdk import Diagnostic, error, warning

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """``what`` it is, in the plural; ``packet``: its first. ``path``: the attribute of ``address`` that asks for it.
    ``vital``: the resource is of no use without. ``known``: the plan knows what libvirt will filter there. ``sort``:
    what of a resource's traffic it is; only those of one sort are told together.
    """

    address: str
    path: tuple[str | int, ...]
    what: str
    packet: Packet
    hook: str = "forward"
    vital: bool = False
    known: bool = False
    sort: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """``answers``: what stops are those."""

    obstacle: Obstacle
    answers: bool
    advice: Advice


def stops(traffic: Traffic, view: View) -> Iterator[tuple[Obstacle, bool]]:
    """What stops it or, where nothing does, its answers (True)."""
    found = list(obstacles(view.ruleset, traffic.packet, ignore_libvirt=traffic.known, hook=traffic.hook))
    yield from ((one, False) for one in found)
    if not found and traffic.hook == "forward":
        for one in obstacles(view.ruleset, traffic.packet.answered(), ignore_libvirt=traffic.known):
            yield one, True


def judged(several: Iterable[Traffic], view: View) -> Iterator[Diagnostic]:
    """What stops several traffics in one way, with one advice for all of them, is said once; and so is what stops one
    resource, however many ports it has.
    """
    alike: dict[Hashable, list[tuple[Traffic, Stop]]] = {}
    said: set[Hashable] = set()
    for traffic in several:
        for found, answers in stops(traffic, view):
            once = traffic.address, traffic.sort, found, answers
            if once in said:
                continue
            said.add(once)
            advice = _advice(found, traffic, view)
            stop = Stop(found, answers, advice)
            alike.setdefault((stop, traffic.vital, traffic.path, traffic.hook, traffic.sort), []).append(
                (traffic, stop)
            )
    for group in alike.values():
        traffic, stop = group[0]
        yield stopped(traffic, stop, [other.address for other, _ in group[1:]], view)


def _advice(found: Obstacle, traffic: Traffic, view: View) -> Advice:
    advice = advise(view.ruleset, found.chain, traffic.packet, traffic.hook)
    owner = view.owners.get(found.chain[:2])
    if owner is None or advice.firewall:
        return advice
    return Advice(
        "", f"Only the program {owner}, which owns that table (flags owner), can change it: tell that program"
    )


def stopped(traffic: Traffic, stop: Stop, others: Sequence[str], view: View) -> Diagnostic:
    """What stops it surely is an error where it is vital: another table cannot open it."""
    found, advice = stop.obstacle, stop.advice
    what = f"the answers to {traffic.what}" if stop.answers else traffic.what
    chain = " ".join(found.chain)
    whose = f" ({advice.firewall})" if advice.firewall not in ("", "iptables") else ""
    if found.policy:
        no_rule = "no rule there lets" if found.certain else "no rule there surely lets"
        why = f"The policy of the chain {chain}{whose} is drop, and {no_rule} {what} pass"
    else:
        does = "stops" if found.certain else "seems to stop"
        why = f"The chain {chain}{whose} {does} {what} by the rule {view.rule(found)}"
    say = error if found.certain and traffic.vital else warning
    summary = "A foreign firewall stops the traffic" if found.certain else "A foreign firewall may stop the traffic"
    block = f":\n\n{advice.block}" if advice.block else "."
    detail = f"{why}; no rule in another table can open that.{likewise(others)} {advice.text}{block}"
    return say(summary, detail, address=traffic.address, path=traffic.path)


def likewise(others: Sequence[str]) -> str:
    """A sentence on the resources that have the same problem: the first few by name."""
    if not others:
        return ""
    more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
    return f" It is the same with {', '.join(others[:_SHOWN])}{more}."
