"""Judging firewalls against each other, and against the host: can its kernel do that, and is that interface of use?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from kvmplan_nftables.filter import whom
from kvmplan_nftables.filter.whom import Key
from kvmplan_nftables.standing import standing
from kvmplan_sdk import Change, Diagnostic, Host, Object, error
from kvmplan_sdk.host import check

_STATE, _REJECT = "ct state established", "reject"
_FAILED = re.compile(r"^[^:\n]*:(\d+):[\d-]+: Error:", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Planned:
    """A firewall as it will be. ``changed``: it is new or differs from what is there."""

    address: str
    values: Object
    keys: tuple[Key, ...]
    changed: bool

    @property
    def bridges(self) -> bool:
        return self.values["family"] == "bridge"

    @property
    def needs(self) -> Iterator[tuple[str, tuple[str | int, ...]]]:
        """What the kernel must be able to do for bridges, and what asks for it."""
        if self.bridges and self.values["stateful"]:
            yield _STATE, ("stateful",)
        egress = self.values.get("egress")
        for index, rule in enumerate(egress if isinstance(egress, (list, tuple)) else ()):
            if self.bridges and isinstance(rule, Mapping) and rule["action"] == "reject":
                yield _REJECT, ("egress", index, "action")
        if self.bridges and self.values["egress_default"] == "reject":
            yield _REJECT, ("egress_default",)


def firewalls(changes: Sequence[Change]) -> list[Planned]:
    """The firewalls after the plan, without those that are not known yet or go."""
    return list(standing(changes, ("nftables_firewall",), _planned))


def _planned(change: Change, values: Object) -> Planned:
    return Planned(change.address, values, tuple(whom.keys(values)), change.verb is not None)


def judge_firewalls(host: Host, planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    yield from _twice(planned)
    yield from _overlapping(planned)
    changed = [one for one in planned if one.changed]
    yield from _unable(host, changed)
    yield from _interfaces(host, changed)


def _twice(planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    first: dict[tuple[bool, Key], str] = {}
    for one in planned:
        for key in one.keys:
            other = first.setdefault((one.bridges, key), one.address)
            if other != one.address:
                yield _doubled(one, f"{other} guards {key.text} already. Write the rules of both into one.")


def _overlapping(planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    """In order of their beginning, the wider first: who overlaps lies in the last that lay in none."""
    nets = [(one, ip_network(key.text)) for one in planned for key in one.keys if key.kind.startswith("net")]
    nets.sort(key=lambda pair: (pair[0].bridges, pair[1].version, int(pair[1][0]), pair[1].prefixlen))
    wide: tuple[Planned, IPv4Network | IPv6Network] | None = None
    for one, net in nets:
        if wide is None or wide[0].bridges != one.bridges or net[0] not in wide[1]:
            wide = one, net
        elif net != wide[1]:
            detail = f"{net} lies in {wide[1]}, which {wide[0].address} guards; nft cannot look up both."
            yield _doubled(one, f"{detail} Guard the smaller one by interface or address, or write disjoint networks.")


def _doubled(one: Planned, detail: str) -> Diagnostic:
    (way,) = whom.ways(one.values)
    return error("Guarded by two firewalls", detail, address=one.address, path=(way,))


_LACKS = {
    _STATE: (
        "The kernel cannot follow connections through bridges",
        "It lacks the module nf_conntrack_bridge (Linux 5.3 or later: `modprobe nf_conntrack_bridge`; Ubuntu has it in "
        "linux-modules-extra). Or write stateful = false, and rules for answers over UDP.",
    ),
    _REJECT: (
        "The kernel cannot reject in bridges",
        "It lacks the module nft_reject_bridge (`modprobe nft_reject_bridge`). Or write drop.",
    ),
}


def _unable(host: Host, planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    asked = {what for one in planned for what, _ in one.needs}
    lacking = _lacking(host, sorted(asked)) if asked else frozenset()
    for one in planned:
        for what, path in one.needs:
            if what in lacking:
                summary, detail = _LACKS[what]
                yield error(summary, detail, address=one.address, path=path)


def _lacking(host: Host, rules: Sequence[str]) -> frozenset[str]:
    """Those that the kernel refuses in a bridge, having looked for modules; nft(8), ``-c``: nothing is changed."""
    chain = "bridge kvmplan_probe probe"
    lines = [
        "add table bridge kvmplan_probe",
        f"add chain {chain} {{ type filter hook prerouting priority 0 ; }}",
        *(f"add rule {chain} {rule}" for rule in rules),
    ]
    said = host.run(["nft", "-c", "-f", "-"], input="".join(f"{line}\n" for line in lines).encode())
    failed = {int(number) - 3 for number in _FAILED.findall(said.stderr.decode(errors="replace"))}
    return frozenset(rule for index, rule in enumerate(rules) if index in failed)


def _interfaces(host: Host, planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    """An interface that is not there yet will be as it is meant."""
    guarding = [one for one in planned if one.values.get("interface") is not None]
    if not guarding:
        return
    listed = json.loads(check(host.run(["ip", "-d", "-j", "link", "show"]), "Listing interfaces") or b"[]")
    links = {link["ifname"]: link for link in listed}
    for one in guarding:
        name = str(one.values["interface"])
        link = links.get(name, {})
        if not one.bridges and "master" in link:
            detail = (
                f"What the host routes comes in by {link['master']}, of which {name} is a port: here it would guard "
                f'nobody. Write "{link["master"]}" for everybody behind it, the guest\'s address, or family = "bridge".'
            )
            yield error("A port of a bridge in the family inet", detail, address=one.address, path=("interface",))
        if one.bridges and link.get("linkinfo", {}).get("info_kind") == "bridge":
            detail = (
                f"{name} is a bridge; frames come in by its ports. Write the guest's tap or its mac, or "
                'family = "inet" for what the host routes.'
            )
            yield error("A bridge where a tap is meant", detail, address=one.address, path=("interface",))
