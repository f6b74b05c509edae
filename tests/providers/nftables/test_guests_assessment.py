"""What the plan says about the way out of guests, their DHCP and DNS, bridged frames, and ports of other people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

import pytest

from kvmplan_sdk import Change, ClaimedBy, Diagnostic, Session, Severity, SubnetClaim, Verb

from .namespace_host import NamespaceHost
from .test_assessment import bridged, load_iptables

Open = Callable[[], Session]
__all__ = ["bridged"]
DOCKER = """*filter
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
COMMIT
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
COMMIT
"""


def assess(open_session: Open, type_: str, after: Mapping[str, Any], *, verb: Verb | None = Verb.CREATE) -> Any:
    session: Any = open_session()
    change = Change(verb=verb, address=f"{type_}.one", type=type_, before=None, after=after)
    claim = ClaimedBy(address="libvirt_network.lan", claim=SubnetClaim(ip_network("192.168.150.0/24"), "virbr1"))
    return session.assess([change], [claim]).diagnostics


def way_out(open_session: Open, *, verb: Verb | None = Verb.CREATE, out: str | None = None) -> list[Diagnostic]:
    after = {"source": "192.168.150.0/24", "out_interface": out}
    return list(assess(open_session, "nftables_masquerade", after, verb=verb))


def forward(open_session: Open, port: int) -> list[Diagnostic]:
    after = {"protocol": "tcp", "port": port, "address": None, "target": "192.168.150.10", "target_port": 80}
    return list(assess(open_session, "nftables_port_forward", after))


@pytest.mark.parametrize("out", [None, "ens3"])
def test_guests_whose_way_out_docker_stops(bridged: NamespaceHost, open_session: Open, out: str | None) -> None:
    assert way_out(open_session, out=out) == []
    load_iptables(bridged, DOCKER)
    (found,) = way_out(open_session, out=out)
    assert (found.severity, found.path) == (Severity.ERROR, ("source",))
    assert "what guests of 192.168.150.0/24 on virbr1 send out by ens3" in found.detail
    assert 'interface     = "virbr1"\n  out_interface = "ens3"' in found.detail
    (there,) = way_out(open_session, out=out, verb=None)
    assert there.severity is Severity.WARNING, "what is there already must not keep others from being changed"
    insert, tracked = "iptables -I DOCKER-USER", "-m conntrack --ctstate"
    assert bridged.run(f"{insert} -i virbr1 -o ens3 -j ACCEPT".split()).ok
    assert bridged.run(f"{insert} -o virbr1 {tracked} RELATED,ESTABLISHED -j ACCEPT".split()).ok
    assert way_out(open_session, out=out) == []


@pytest.mark.parametrize(("destinations", "judged"), [(None, True), (["10.9.0.0/16"], False)])
def test_guests_that_take_a_chosen_address(
    bridged: NamespaceHost, open_session: Open, destinations: Any, judged: bool
) -> None:
    load_iptables(bridged, DOCKER)
    after = {"source": "192.168.150.0/24", "to": "10.0.0.2", "out_interface": None, "destinations": destinations}
    found = assess(open_session, "nftables_snat", after)
    assert [(one.is_error, one.path) for one in found] == ([(True, ("source",))] if judged else [])


def test_the_host_keeps_guests_from_dhcp_and_dns(bridged: NamespaceHost, open_session: Open) -> None:
    rule = 'iifname "lo" accept; tcp dport 22 accept; reject'.replace("; ", "\n")
    bridged.nft(f"table inet fw {{\nchain in {{ type filter hook input priority 0;\n{rule}\n}}\n}}\n")
    dhcp, dns = way_out(open_session)
    assert {dhcp.severity, dns.severity} == {Severity.WARNING}
    assert "DHCP requests of guests of 192.168.150.0/24 on virbr1 (udp port 67)" in dhcp.detail
    assert "by the rule `reject" in dhcp.detail
    assert "(handle 4)" in dhcp.detail
    assert '`iifname "virbr1" udp dport 53 accept`' in dns.detail
    bridged.nft('insert rule inet fw in iifname "virbr*" udp dport { 53, 67 } accept\n')
    assert way_out(open_session) == []


def test_a_port_that_docker_publishes(bridged: NamespaceHost, open_session: Open) -> None:
    load_iptables(bridged, DOCKER.replace("FORWARD DROP", "FORWARD ACCEPT"))
    (found,) = forward(open_session, 8080)
    assert (found.severity, found.path) == (Severity.WARNING, ("port",))
    assert "The chain ip nat DOCKER sends new connections to tcp port 8080 elsewhere" in found.detail
    assert "dnat to 172.17.0.2:80` (handle " in found.detail
    assert forward(open_session, 8081) == []


def test_a_port_that_is_asked_for_after_ours(bridged: NamespaceHost, open_session: Open) -> None:
    table = (
        "table ip late {\nchain pre { type nat hook prerouting priority -90;\ntcp dport 8080 redirect to :80\n}\n}\n"
    )
    bridged.nft(table)
    assert forward(open_session, 8080) == []
    bridged.nft(f"delete table ip late\n{table.replace('-90', '-110')}")
    assert len(forward(open_session, 8080)) == 1


def test_bridged_frames_meet_the_ip_firewall(bridged: NamespaceHost, open_session: Open) -> None:
    load_iptables(bridged, DOCKER)
    after = {"guests": ["tap1", "tap2"], "networks": None}
    if not bridged.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"]).ok:
        pytest.skip("this kernel has not loaded br_netfilter")
    assert assess(open_session, "nftables_isolation", after) == ()
    assert bridged.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1"]).ok
    (found,) = assess(open_session, "nftables_isolation", after)
    assert found.severity is Severity.WARNING
    assert "net.bridge.bridge-nf-call-iptables is 1" in found.detail
    assert "The policy of the chain ip filter FORWARD (Docker) is drop" in found.detail
    assert "`iptables -I DOCKER-USER -m physdev --physdev-is-bridged -j ACCEPT`" in found.detail
    assert bridged.run(["iptables", "-I", "DOCKER-USER", "-m", "physdev", "--physdev-is-bridged", "-j", "ACCEPT"]).ok
    assert assess(open_session, "nftables_isolation", after) == ()
