"""Rules that nft shall write into chains of iptables, and that iptables would not understand: it then refuses all of
its rules of that family, and whoever uses it (Docker, libvirt, ufw) with it.

Whether it understands a rule depends on its version, so it is asked, in a network namespace that nobody else sees.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from kvmplan_nftables.assess.view import View
from kvmplan_nftables.blocks.rule import RULE
from kvmplan_nftables.docker.accept import TOOLS, TYPE
from kvmplan_nftables.docker.chain import CHAIN
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Change, Diagnostic, Host, HostError, warning
from kvmplan_sdk.values import is_known

_TRIAL = 'nft -f - && "$1" -w -S probe'


def judge_incompatible(host: Host, view: View, changes: Sequence[Change]) -> Iterator[Diagnostic]:
    asked = [change for change in changes if change.type == "nftables_rule" and change.verb and change.after]
    pairs = [(change.address, rule) for change in asked for rule in _rules(change) if _is_iptables(view, rule)]
    for family in TOOLS:
        some = [(address, rule) for address, rule in pairs if rule.table[0] == family]
        if some and _tried(host, family, [rule.text for _, rule in some]) != "taken":
            refused = (pair for pair in some if _tried(host, family, [pair[1].text]) == "refused")
            yield from (_warned(address, family, rule) for address, rule in refused)


def _rules(change: Change) -> Sequence[Rule]:
    values = change.after or {}
    with contextlib.suppress(ValueError):  # planning has said what is wrong with it
        found = RULE.pieces(values, Owner("", change.address)) if is_known(values) else ()
        return [piece for piece in found if isinstance(piece, Rule)]
    return []


def _is_iptables(view: View, rule: Rule) -> bool:
    family, table = rule.table
    return family in TOOLS and (table, rule.chain) in view.iptables.get(family, {})


def _tried(host: Host, family: str, texts: Sequence[str]) -> str:
    """``taken`` or ``refused`` by iptables; ``unknown`` of what nft does not take alone: it names sets or chains."""
    rules = "".join(f"add rule {family} filter probe {text}\n" for text in texts)
    lines = f"add table {family} filter\nadd chain {family} filter probe\n{rules}"
    with contextlib.suppress(HostError):
        done = host.run(["unshare", "-n", "sh", "-c", _TRIAL, "sh", TOOLS[family]], input=lines.encode())
        return "taken" if done.ok else "refused" if b"incompatible" in done.stderr else "unknown"
    return "unknown"


def _warned(address: str, family: str, rule: Rule) -> Diagnostic:
    instead = f"write a {TYPE}" if rule.chain == CHAIN else "write it in words that iptables has, too"
    return warning(
        "iptables will refuse its rules",
        f"iptables does not understand this rule, and with it in {' '.join(rule.table)} {rule.chain} it refuses all of "
        f"its rules in {family} (`{TOOLS[family]}-save`), for Docker, libvirt and whoever uses it. Leave the rule to a "
        f"chain of your own, or {instead}.",
        address=address,
        path=("rule",),
    )
