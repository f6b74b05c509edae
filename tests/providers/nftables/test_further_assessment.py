"""What the plan says about redirects, 1:1 NAT, what firewalls allow, kernel settings, and rules that it cannot see."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, ClaimedBy, Diagnostic, InterfaceClaim, Proposal, Session, Severity, SubnetClaim, Verb
from kvmplan_sdk.proposing import configure, propose

from .namespace_host import NamespaceHost
from .test_assessment import bridged

__all__ = ["bridged"]
Open = Callable[[], Session]
DROPS = "table inet fw {{\nchain c {{ type filter hook {} priority 0; policy drop;\n{}\n}}\n}}\n"
REDIRECT = {"ports": ["80"], "to_port": 3128}
FIREWALL = {"network": "192.168.150.0/24", "ingress": [{"action": "allow", "protocol": "tcp", "ports": ["443", "80"]}]}
MASQUERADE = {"source": "192.168.150.0/24"}


def change(open_session: Open, type_: str, written: Mapping[str, Any]) -> Change:
    schema = NftablesProvider.schema.resources[type_]
    configured = configure(schema, written)
    proposed = propose(schema, configured, None)
    proposal = Proposal(address=f"{type_}.x", type=type_, host="", configured=configured, proposed=proposed, prior=None)
    found = open_session().plan(proposal)
    assert not found.diagnostics
    after = {**found.values, "saved": True}
    return Change(verb=Verb.CREATE, address=f"{type_}.x", type=type_, before=None, after=after)


def assess(open_session: Open, claimed: bool = False, **written: Mapping[str, Any]) -> list[Diagnostic]:
    """Of one resource of each type."""
    claim = ClaimedBy(address="libvirt_network.lan", claim=SubnetClaim(ip_network("192.168.150.0/24"), "virbr1"))
    session: Any = open_session()
    changes = [change(open_session, f"nftables_{name}", values) for name, values in written.items()]
    return list(session.assess(changes, [claim] if claimed else []).diagnostics)


@contextmanager
def listening(host: NamespaceHost, address: str, port: int) -> Iterator[None]:
    program = f"import socket; s = socket.create_server(('{address}', {port})); print(flush=True); input()"
    server = subprocess.Popen([*host.enter, "python3", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    try:
        yield
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(
    ("address", "told"),
    [(None, "Nothing listens on tcp port 3128"), ("127.0.0.1", "Only 127.0.0.1 answers"), ("0.0.0.0", "")],
)
def test_a_redirect_that_nothing_answers(
    bridged: NamespaceHost, open_session: Open, address: str | None, told: str
) -> None:
    if address is None:
        found = assess(open_session, redirect=REDIRECT)
    else:
        with listening(bridged, address, 3128):
            found = assess(open_session, redirect=REDIRECT)
    assert [told in one.detail for one in found] == ([True] if told else [])
    assert all((one.severity, one.path) == (Severity.WARNING, ("to_port",)) for one in found)


@pytest.mark.parametrize(
    ("rules", "interface", "stopped"),
    [
        ("", None, True),
        ("tcp dport 3128 accept", None, False),
        ("tcp dport 80 accept", None, True),
        ('iifname "virbr1" accept', "virbr1", False),
        ('iifname "virbr1" accept', "ens3", True),
        ("ct status dnat accept", None, False),
    ],
)
def test_a_redirect_that_the_host_does_not_let_in(
    bridged: NamespaceHost, open_session: Open, rules: str, interface: str | None, stopped: bool
) -> None:
    bridged.nft(DROPS.format("input", rules))
    with listening(bridged, "10.0.0.2", 3128):
        found = assess(open_session, redirect={**REDIRECT, "interface": interface})
    assert [one.severity for one in found] == ([Severity.ERROR] if stopped else [])
    for one in found:
        assert "connections that are redirected to tcp port 3128 of the host" in one.detail
        accept = f'`iifname "{interface or "ens3"}" tcp dport 3128 accept`'
        assert accept in one.detail
        bridged.nft(f"insert rule inet fw c {accept[1:-1]}\n")
        with listening(bridged, "10.0.0.2", 3128):
            assert assess(open_session, redirect={**REDIRECT, "interface": interface}) == []


@pytest.mark.parametrize("destination", ["10.0.0.25", "10.9.0.0/24"])
@pytest.mark.parametrize(
    ("rules", "severity"),
    [("", Severity.ERROR), ("ct status dnat accept", None), ("tcp dport 443 accept", Severity.WARNING)],
)
def test_what_is_sent_on_whole(
    bridged: NamespaceHost, open_session: Open, destination: str, rules: str, severity: Severity | None
) -> None:
    bridged.nft(DROPS.format("forward", f"{rules}\nct state established accept"))
    found = assess(open_session, dnat={"destination": destination, "to": "192.168.150.10"})
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    assert all("new connections to 192.168.150.10 on virbr1" in one.detail for one in found)


@pytest.mark.parametrize(
    ("rules", "stopped"),
    [
        ("", True),
        ('oifname "virbr1" accept\niifname "virbr1" accept', False),
        ("ip daddr 192.168.0.0/16 tcp dport 80 accept\nct state established accept", False),
        ("ct status dnat accept\nct state established accept", True),
    ],
)
def test_what_a_firewall_allows_and_another_one_stops(
    bridged: NamespaceHost, open_session: Open, rules: str, stopped: bool
) -> None:
    bridged.nft(DROPS.format("forward", rules))
    for written in (FIREWALL, {**FIREWALL, "network": None, "interface": "virbr1"}):
        found = assess(open_session, firewall=written)
        assert [(one.severity, one.path) for one in found] == ([(Severity.WARNING, ("ingress",))] if stopped else [])
        assert all("allowed tcp connections to 192.168.150.0/24 port 80" in one.detail for one in found)


def test_guests_behind_a_translation_are_asked_by_forwards_alone(bridged: NamespaceHost, open_session: Open) -> None:
    bridged.nft(DROPS.format("forward", 'iifname "virbr1" accept\nct state established accept\nct status dnat accept'))
    assert len(assess(open_session, firewall=FIREWALL)) == 1
    assert assess(open_session, firewall=FIREWALL, masquerade=MASQUERADE) == []
    denied = {**FIREWALL, "ingress": [{"action": "drop", "protocol": "tcp", "ports": ["80"]}]}
    assert assess(open_session, firewall=denied) == []


FORWARD = {"port": 8080, "target": "192.168.150.10"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"ens3.forwarding": 0}, ["The host does not forward what comes in by ens3"]),
        ({"virbr1.forwarding": 0}, ["The host does not forward what comes in by virbr1"]),
        ({"all.forwarding": 0}, ["The host does not forward packets"]),
        ({"all.forwarding": 0, "ens3.forwarding": 1, "virbr1.forwarding": 1}, []),
        ({"lo.forwarding": 0}, []),
    ],
)
def test_forwarding_is_a_setting_of_the_interface(
    bridged: NamespaceHost, open_session: Open, settings: Mapping[str, int], told: list[str]
) -> None:
    for name, value in settings.items():
        assert bridged.run(["sysctl", "-qw", f"net.ipv4.conf.{name}={value}"]).ok
    found = assess(open_session, port_forward=FORWARD, masquerade=MASQUERADE)
    assert [one.summary for one in found] == told
    for one in found:
        assert "It is the same with nftables_masquerade.x." in one.detail


def test_an_interface_with_a_dot_in_its_name(bridged: NamespaceHost, open_session: Open) -> None:
    for command in (
        "ip link add guests.10 type bridge",
        "ip link set guests.10 up",
        "ip addr add 192.168.160.1/24 dev guests.10",
        "sysctl -qw net.ipv4.conf.guests/10.forwarding=0",
    ):
        assert bridged.run(command.split()).ok
    (found,) = assess(open_session, port_forward={**FORWARD, "target": "192.168.160.10"})
    (command,) = [part for part in found.detail.split("`") if part.startswith("sysctl")]
    assert bridged.run(command.split()).ok
    assert assess(open_session, port_forward={**FORWARD, "target": "192.168.160.10"}) == []


@pytest.mark.parametrize(
    ("sources", "value", "told"),
    [
        (["192.0.2.0/24"], 1, True),
        (["192.0.2.0/24"], 2, False),
        (["10.77.0.9"], 1, False),
        (None, 1, False),
    ],
)
def test_clients_that_rp_filter_keeps_away(
    bridged: NamespaceHost, open_session: Open, sources: list[str] | None, value: int, told: bool
) -> None:
    for command in (
        "ip link add side type veth peer name there",
        "ip link set side up",
        "ip addr add 10.77.0.1/24 dev side",
        "sysctl -qw net.ipv4.conf.all.rp_filter=0",
        f"sysctl -qw net.ipv4.conf.side.rp_filter={value}",
    ):
        assert bridged.run(command.split()).ok
    found = assess(open_session, port_forward={**FORWARD, "interface": "side", "sources": sources})
    assert [one.path for one in found] == ([("interface",)] if told else [])
    assert all("The host reaches 192.0.2.0/24 by ens3" in one.detail for one in found)


def test_rules_of_iptables_legacy_are_told(bridged: NamespaceHost, open_session: Open) -> None:
    if not bridged.run(["iptables-legacy", "-S"]).ok:
        pytest.skip("this kernel has no iptables-legacy")
    assert assess(open_session, port_forward=FORWARD) == [], "its tables are there, without a rule"
    assert bridged.run(["iptables-legacy", "-P", "FORWARD", "DROP"]).ok
    (found,) = assess(open_session, port_forward=FORWARD, masquerade=MASQUERADE)
    assert found.severity is Severity.WARNING
    assert "`iptables-legacy-save`" in found.detail


def test_a_table_that_a_program_owns(bridged: NamespaceHost, open_session: Open) -> None:
    holder = subprocess.Popen(
        [*bridged.enter, "nft", "-i"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert holder.stdin is not None
    try:
        for line in ("add table inet held { flags owner; }", f"add chain inet held f {{ {HOOK} policy drop; }}"):
            holder.stdin.write(f"{line}\n".encode())
        holder.stdin.flush()
        until = time.monotonic() + 60
        while "policy drop" not in bridged.ruleset():
            assert time.monotonic() < until
        (found,) = assess(open_session, port_forward=FORWARD)
    finally:
        holder.kill()
        holder.wait()
    assert found.is_error
    assert "Only the program nft, which owns that table (flags owner), can change it" in found.detail


def test_a_table_that_sleeps_stops_nothing(bridged: NamespaceHost, open_session: Open) -> None:
    bridged.nft(f"table inet held {{ flags dormant; chain f {{ {HOOK} policy drop; }}; }}\n")
    assert assess(open_session, port_forward=FORWARD) == []
    bridged.nft("add table inet held { }\n")
    assert assess(open_session, port_forward=FORWARD) != []


def test_an_interface_that_nobody_has(bridged: NamespaceHost, open_session: Open) -> None:
    """Told once for all that name it, and with what there is; not where the plan makes it."""
    found = assess(
        open_session,
        masquerade={**MASQUERADE, "out_interface": "eth0"},
        snat={"source": "192.168.150.5/32", "to": "10.0.0.2", "out_interface": "eth0"},
        isolation={"networks": ["192.168.150.0/24", "virbr1", "virbr2"]},
    )
    eth0, virbr2 = (one for one in found if one.summary.startswith("No interface"))
    assert (eth0.severity, eth0.path) == (Severity.WARNING, ("out_interface",))
    assert "is called eth0. Until something is, nftables_masquerade.x does nothing there." in eth0.detail
    assert "It is the same with nftables_snat.x. The host has ens3, outside and virbr1." in eth0.detail
    assert (virbr2.summary, virbr2.path) == ("No interface virbr2 on the host", ("networks",))
    claim = ClaimedBy(address="libvirt_network.lan", claim=InterfaceClaim("virbr2"))
    session: Any = open_session()
    planned = change(open_session, "nftables_isolation", {"networks": ["192.168.150.0/24", "virbr2"]})
    assert session.assess([planned], [claim]).diagnostics == ()
    assert len(session.assess([planned], []).diagnostics) == 1
    assert session.assess([replace(planned, verb=None)], []).diagnostics == ()


HOOK = "type filter hook forward priority 0;"
