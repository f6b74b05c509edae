"""Judging redirects against the host as it is: may the connections come in, and does anything answer them?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.assess.traffic import Traffic, judged
from kvmplan_nftables.assess.view import View
from kvmplan_nftables.nat.match import nets
from kvmplan_nftables.parts import Network, parse_interface, parse_port
from kvmplan_nftables.standing import standing
from kvmplan_sdk import Change, Diagnostic, Object, warning

_LISTED = {"tcp", "udp"}
"""Protocols whose listening sockets ss(8) is asked for."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """``sides``: the subnets that tell of which family it is; both where there are none."""

    address: str
    protocol: str
    port: int
    interface: str | None
    sides: tuple[Network, ...]
    changed: bool


def redirects(changes: Sequence[Change]) -> Iterator[Redirect]:
    """Those after the plan, without what is not known yet or goes."""
    return standing(changes, ("nftables_redirect",), _redirect)


def _redirect(change: Change, values: Object) -> Redirect:
    interface = values.get("interface")
    return Redirect(
        change.address,
        str(values["protocol"]),
        parse_port(values["to_port"]),
        None if interface is None else parse_interface(interface),
        (*nets(values.get("destination")), *nets(values.get("sources"))),
        change.verb is not None,
    )


def judge_redirects(view: View, planned: Sequence[Redirect]) -> Iterator[Diagnostic]:
    yield from judged((traffic for one in planned for traffic in _traffic(one, view)), view)
    for one in planned:
        if one.changed and one.protocol in _LISTED:
            yield from _unanswered(one, view)


def _traffic(one: Redirect, view: View) -> Iterator[Traffic]:
    # Who has no way out over IPv6 is not asked over it.
    versions = {int(net.version) for net in one.sides} or {4, *([6] if view.outside(6) else [])}
    for version in sorted(versions):
        packet = Packet(
            version=version,
            protocol=one.protocol,
            port=one.port,
            incoming=(one.interface,) if one.interface else view.outside(version),
            perhaps=() if one.interface else view.sides_but(),
            translated=True,
            kind="local",
        )
        yield Traffic(
            address=one.address,
            path=("to_port",),
            what=f"connections that are redirected to {one.protocol} port {one.port} of the host",
            packet=packet,
            hook="input",
            vital=one.changed,
        )


def _unanswered(one: Redirect, view: View) -> Iterator[Diagnostic]:
    found = [address for _, address in view.listening(one.protocol, (one.port, one.port))]
    if any(not _loopback(address) for address in found):
        return
    what = f"{one.protocol} port {one.port}"
    if found:
        detail = (
            f"Only {found[0]} answers on {what}, where nothing that is redirected arrives. Let the server listen on"
        )
        detail += " every address, or write another to_port."
    else:
        detail = f"Nothing listens on {what} of the host, so clients are refused. Start the server, or write its port"
        detail += " as to_port."
    summary = "Nothing answers redirected connections"
    yield warning(summary, f"{detail} See `ss -ltunp`.", address=one.address, path=("to_port",))


def _loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
