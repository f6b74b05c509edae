"""Whose a chain is, and what to tell that firewall so that it lets traffic of ours pass."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kvmplan_nftables.assess.filters import Chain, Ruleset, is_libvirts
from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.docker.accept import TOOLS, TYPE
from kvmplan_nftables.docker.chain import CHAIN as DOCKERS


@dataclass(frozen=True, slots=True)
class Advice:
    """``firewall``: whose the chain is, as its users call it; ``text``: whole sentences without the last full stop;
    ``block``: of configuration, to paste.
    """

    firewall: str
    text: str
    block: str = ""


def advise(ruleset: Ruleset, chain: Chain, packet: Packet, hook: str) -> Advice:
    """``chain``: the one that stops ``packet`` on ``hook``."""
    family, table, name = chain
    iptables = family in ("ip", "ip6") and table == "filter"
    if is_libvirts(chain):
        return Advice(
            "libvirt",
            "That is libvirt's own filter of the network: give it mode = \"open\" (virsh: <forward mode='open'/>), and "
            "its guests the way out with nftables_masquerade",
        )
    if packet.bridged and not iptables:
        setting = f"net.bridge.bridge-nf-call-{'iptables' if packet.version == 4 else 'ip6tables'}"
        return Advice("", f"Accept it in that firewall, or show it no bridged frames: `sysctl -w {setting}=0`")
    if table == "firewalld":
        return Advice("firewalld", f"Put the interface into a zone that lets it pass: `{_firewalld(packet)}`")
    if (
        iptables
        and not packet.bridged
        and (name.startswith("ufw") or ruleset.has((family, table, _ufws(family, name))))
    ):
        return Advice("ufw", f"Allow it there: `{_ufw(packet, hook)}`")
    if iptables and name in (DOCKERS, "FORWARD") and (family, table, DOCKERS) in ruleset.chains:
        if not _is_asked(ruleset, (family, table, "FORWARD")):
            return Advice("Docker", f"Its chain FORWARD does not ask {DOCKERS} any more: `systemctl restart docker`")
        if not _guests(packet):
            return Advice("Docker", f"Docker leaves {DOCKERS} to others: `{_iptables(DOCKERS, packet)}`")
        families = [one for one in TOOLS if (one, table, DOCKERS) in ruleset.chains]
        return Advice("Docker", f"Docker leaves {DOCKERS} to others. Write this", _accept(packet, families))
    if iptables and name.isupper():  # iptables owns it, and refuses chains that nft wrote into
        return Advice("iptables", f"Accept it in that firewall: `{_iptables(name, packet)}`")
    return Advice("", f"Accept it in that firewall: `{_nft(packet)} accept`")


def _is_asked(ruleset: Ruleset, forward: Chain) -> bool:
    verdicts = (expression for rule in ruleset.rules.get(forward, ()) for expression in rule["expr"])
    return any(expression.get("jump", {}).get("target") == DOCKERS for expression in verdicts)


def _ufws(family: str, name: str) -> str:
    return f"{'ufw6' if family == 'ip6' else 'ufw'}-before-{name.lower()}"


def _guests(packet: Packet) -> str:
    """The interface that guests are behind."""
    inward = packet.outgoing and (packet.translated or packet.inward)
    return packet.outgoing if inward or not packet.incoming else packet.incoming[0]


def _firewalld(packet: Packet) -> str:
    return f"firewall-cmd --permanent --zone=libvirt --add-interface={_guests(packet)} && firewall-cmd --reload"


def _ufw(packet: Packet, hook: str) -> str:
    told = f" port {packet.port} proto {packet.protocol}" if packet.port else ""
    if hook == "input":
        return f"ufw allow{_coming(packet)} to any{told}"
    if not packet.translated and not packet.inward:
        return f"ufw route allow in on {_guests(packet)}"
    return f"ufw route allow out on {packet.outgoing} to {packet.target or 'any'}{told}"


def _coming(packet: Packet) -> str:
    return f" in on {packet.incoming[0]}" if len(packet.incoming) == 1 else ""


def _accept(packet: Packet, families: Sequence[str]) -> str:
    """The resource that lets it pass, and no more than what belongs to it."""
    inside = _guests(packet)
    sides = packet.incoming if packet.translated else [side for side in [packet.outgoing] if side != inside]
    told = {"interface": f'"{inside}"'}
    if families != ["ip"]:
        told["families"] = f"[{', '.join(map(_quoted, families))}]"
    if packet.bridged:
        told |= {"outgoing": "false", "forwards": "false", "bridged": "true"}
    elif packet.inward:
        told |= {"outgoing": "false", "forwards": "false", "incoming": "true"}
    elif len(sides) == 1:
        told["out_interface"] = _quoted(sides[0])
    width = max(map(len, told))
    lines = "".join(f"  {name:{width}} = {value}\n" for name, value in told.items())
    return f'resource "{TYPE}" "{_label(inside)}" {{\n{lines}}}'


def _quoted(text: str) -> str:
    return f'"{text}"'


def _label(interface: str) -> str:
    return re.sub(r"^(?=[^A-Za-z])", "_", re.sub(r"[^A-Za-z0-9_-]", "_", interface))


def _iptables(chain: str, packet: Packet) -> str:
    tool = "iptables" if packet.version == 4 else "ip6tables"
    if packet.bridged:
        return f"{tool} -I {chain} -m physdev --physdev-is-bridged -j ACCEPT"
    insert, state = f"{tool} -I {chain}", "-m conntrack --ctstate"
    if packet.inward or (packet.translated and packet.outgoing):
        inside = packet.outgoing
        if packet.inward:
            return f"{insert} -o {inside} -j ACCEPT && {insert} -i {inside} {state} ESTABLISHED -j ACCEPT"
        there, back = f"-o {inside} {state} DNAT", f"-i {inside} {state} ESTABLISHED"
        return f"{insert} {there} -j ACCEPT && {insert} {back} -j ACCEPT"
    if packet.outgoing:
        inside = _guests(packet)
        return f"{insert} -i {inside} -j ACCEPT && {insert} -o {inside} {state} RELATED,ESTABLISHED -j ACCEPT"
    port = f" -p {packet.protocol} --dport {packet.port}" if packet.port else ""
    comes = f" -i {packet.incoming[0]}" if len(packet.incoming) == 1 else ""
    return f"{tool} -I {chain}{comes}{port} -j ACCEPT"


def _nft(packet: Packet) -> str:
    if packet.translated and packet.outgoing:
        return f'oifname "{packet.outgoing}" ct status dnat'
    port = f"{packet.protocol} dport {packet.port}" if packet.port else ""
    side = f'oifname "{packet.outgoing}"' if packet.inward else ""
    if not side and len(packet.incoming) == 1:
        side = f'iifname "{packet.incoming[0]}"'
    return " ".join(part for part in (side, port) if part)
