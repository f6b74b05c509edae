"""What a resource has to let pass, and what the plan says of a foreign chain that stops it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan_nftables.assess.advice import advise
from kvmplan_nftables.assess.filters import Obstacle, obstacles
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.assess.view import View
from kvmplan_sdk import Diagnostic, error, warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """``what`` it is, in the plural; ``packet``: its first. ``path``: the attribute of ``address`` that asks for it.
    ``vital``: the resource is of no use without. ``known``: the plan knows what libvirt will filter there.
    """

    address: str
    path: tuple[str | int, ...]
    what: str
    packet: Packet
    hook: str = "forward"
    vital: bool = False
    known: bool = False


def stops(traffic: Traffic, view: View) -> Iterator[tuple[Obstacle, bool]]:
    """What stops it or, where nothing does, its answers (True)."""
    found = list(obstacles(view.ruleset, traffic.packet, ignore_libvirt=traffic.known, hook=traffic.hook))
    yield from ((one, False) for one in found)
    if not found and traffic.hook == "forward":
        for one in obstacles(view.ruleset, traffic.packet.answered(), ignore_libvirt=traffic.known):
            yield one, True


def judged(traffic: Traffic, view: View) -> Iterator[Diagnostic]:
    for found, answers in stops(traffic, view):
        yield stopped(traffic, found, answers, view)


def stopped(traffic: Traffic, found: Obstacle, answers: bool, view: View) -> Diagnostic:
    """What stops it surely is an error where it is vital: another table cannot open it."""
    advice = advise(view.ruleset, found.chain, traffic.packet, traffic.hook)
    what = f"the answers to {traffic.what}" if answers else traffic.what
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
    detail = f"{why}; no rule in another table can open that. {advice.text}{block}"
    return say(summary, detail, address=traffic.address, path=traffic.path)
