"""What the plan says about a host's other firewalls, from rulesets that the real tools have loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from kvmplan_sdk import Change, Claim, ClaimedBy, Diagnostic, Object, Session, Severity, SubnetClaim, Verb

Open = Callable[[], Session]
IPTABLES_LIBVIRT = """*filter
:LIBVIRT_FWI - [0:0]
:LIBVIRT_FWO - [0:0]
:LIBVIRT_FWX - [0:0]
-A FORWARD -j LIBVIRT_FWX
-A FORWARD -j LIBVIRT_FWI
-A FORWARD -j LIBVIRT_FWO
-A LIBVIRT_FWI -d 192.168.150.0/24 -o virbr1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A LIBVIRT_FWI -o virbr1 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWO -s 192.168.150.0/24 -i virbr1 -j ACCEPT
-A LIBVIRT_FWO -i virbr1 -j REJECT --reject-with icmp-port-unreachable
-A LIBVIRT_FWX -i virbr1 -o virbr1 -j ACCEPT
COMMIT
"""
NFT_LIBVIRT = """table ip libvirt_network {
  chain guest_cross { iifname "virbr1" oifname "virbr1" counter accept; }
  chain guest_input {
    oifname "virbr1" ip daddr 192.168.150.0/24 ct state { established, related } counter accept
    oifname "virbr1" counter reject
  }
  chain guest_output { ip saddr 192.168.150.0/24 iifname "virbr1" counter accept; iifname "virbr1" counter reject; }
  chain forward {
    type filter hook forward priority filter; policy accept;
    jump guest_cross; jump guest_input; jump guest_output;
  }
}
"""


@pytest.fixture
def bridged(host: Any) -> Any:
    """A host with guests behind virbr1 and the outside behind ens3, which forwards packets."""
    for command in (
        "ip link add virbr1 type bridge",
        "ip link set virbr1 up",
        "ip addr add 192.168.150.1/24 dev virbr1",
        "ip link add ens3 type veth peer name outside",
        "ip link set ens3 up",
        "ip link set outside up",
        "ip addr add 10.0.0.2/24 dev ens3",
        "ip route add default via 10.0.0.1",
        "sysctl -qw net.ipv4.ip_forward=1",
    ):
        done = host.run(command.split())
        assert done.ok, done.stderr
    return host


def assess(open_session: Open, *claims: Claim, **changed: Any) -> list[Diagnostic]:
    values: Object = {
        "protocol": "tcp",
        "port": 8080,
        "address": None,
        "target": "192.168.150.10",
        "target_port": 80,
        **changed,
    }
    address = "nftables_port_forward.web"
    change = Change(verb=Verb.CREATE, address=address, type="nftables_port_forward", before=None, after=values)
    session: Any = open_session()
    claimed = [ClaimedBy(address="libvirt_network.lan", claim=claim) for claim in claims]
    found = list(session.assess([change], claimed).diagnostics)
    assert all(one.address == address for one in found)
    return found


def lan(filtered_by: str = "") -> SubnetClaim:
    return SubnetClaim(ip_network("192.168.150.0/24"), "virbr1", filtered_by)


def load_iptables(host: Any, rules: str) -> None:
    done = host.run(["iptables-restore"], input=rules.encode())
    if not done.ok:
        pytest.skip(f"iptables-restore: {done.stderr.decode()}")


def test_a_clean_host_has_nothing_to_say(bridged: Any, open_session: Open) -> None:
    assert assess(open_session) == []


def test_a_planned_network_that_libvirt_filters_is_an_error(bridged: Any, open_session: Open) -> None:
    (found,) = assess(open_session, lan("the forward chain of libvirt's mode nat"))
    assert found.severity is Severity.ERROR
    assert found.path == ("target",)
    for part in ("192.168.150.10 is in 192.168.150.0/24 on virbr1", 'mode = "open"', "nftables_masquerade"):
        assert part in found.detail


@pytest.mark.parametrize("backend", ["iptables", "nft"])
def test_a_live_network_that_libvirt_filters_is_an_error(bridged: Any, open_session: Open, backend: str) -> None:
    if backend == "nft":
        bridged.nft(NFT_LIBVIRT)
    else:
        load_iptables(bridged, IPTABLES_LIBVIRT)
    (found,) = assess(open_session)
    assert found.severity is Severity.ERROR
    chain = "ip libvirt_network guest_input" if backend == "nft" else "ip filter LIBVIRT_FWI"
    assert f"The chain {chain} (libvirt) stops" in found.detail
    assert 'mode = "open"' in found.detail


def test_a_network_that_this_plan_opens_is_not_judged_by_its_old_filter(bridged: Any, open_session: Open) -> None:
    bridged.nft(NFT_LIBVIRT)
    assert assess(open_session, lan()) == []


def test_dockers_drop_policy_is_an_error_until_it_lets_the_forward_pass(bridged: Any, open_session: Open) -> None:
    load_iptables(
        bridged,
        "*filter\n:FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER-USER\n"
        "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A FORWARD -o docker0 -j DOCKER\n"
        "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n-A DOCKER-USER -j RETURN\nCOMMIT\n",
    )
    (found,) = assess(open_session, lan())
    assert found.severity is Severity.ERROR
    assert "policy of the chain ip filter FORWARD (Docker) is drop" in found.detail
    assert found.detail.endswith(
        'Write this:\n\nresource "nftables_docker_user_accept" "virbr1" {\n'
        '  interface     = "virbr1"\n  out_interface = "ens3"\n}'
    )
    insert, tracked = "iptables -I DOCKER-USER", "-m conntrack --ctstate"
    assert bridged.run(f"{insert} -o virbr1 {tracked} DNAT -j ACCEPT".split()).ok
    (found,) = assess(open_session, lan())
    assert "the answers to new connections to 192.168.150.10 port 80" in found.detail
    assert bridged.run(f"{insert} -i virbr1 {tracked} ESTABLISHED -j ACCEPT".split()).ok
    assert assess(open_session, lan()) == []


NAMED = """set guests { type ifname; elements = { "virbr0", "virbr1" }; }
set nobody { type ifname; }
set services { type ipv4_addr . inet_service; flags interval; elements = { 192.168.150.0/24 . 70-90 }; }
map ways { type ifname . ifname : verdict; elements = { "ens3" . "virbr1" : drop }; }
"""
MATCHES = [
    ('oifname "virbr*" reject', True),
    ('oifname { "br0", "virbr1" } drop', True),
    ('oifname "virbr2" drop', False),
    ('oifname != "virbr1" accept; drop', True),
    ('oifname != "virbr1" counter', False),
    ('iifname "virbr1" drop', True),
    ('iifname "ens3" drop', True),
    ("ip daddr 192.168.0.0/16 tcp dport 70-90 drop", True),
    ("ip daddr 192.168.150.11 drop", False),
    ("ip daddr { 192.168.150.5-192.168.150.20 } drop", True),
    ("tcp dport { 22, 8080 } drop", False),
    ("udp dport 80 drop", False),
    ("meta l4proto { tcp, udp } th dport 80 drop", True),
    ("ip protocol udp drop", False),
    ("meta nfproto ipv6 drop", False),
    ("ip6 daddr fd00::/8 drop", False),
    ("ct state invalid drop", False),
    ("ct state vmap { established : accept, new : drop }", True),
    ("ct state vmap { established : accept, invalid : drop }", False),
    ("ct status dnat accept; drop", False),
    ("ct state established,related accept; reject", True),
    ("ct direction reply accept; drop", True),
    ("oifname @guests drop", True),
    ("oifname @nobody drop", False),
    ("ip daddr . tcp dport @services drop", True),
    ("oifname vmap { virbr1 : drop }", True),
    ("iifname . oifname vmap @ways", True),
    ("tcp dport vmap { 22 : drop, 90-99 : drop }", False),
    ("fib daddr type local drop", False),
    ("ip saddr 0.0.0.0/0 drop", True),
    ("udp sport 53 accept; drop", True),
    ("meta mark 7 drop", False),
    ("jump other; drop", True),
    ("goto other; drop", False),
    ("counter log return; drop", False),
]


@pytest.mark.parametrize(("rules", "stops"), MATCHES, ids=lambda value: str(value))
def test_foreign_rules(bridged: Any, open_session: Open, rules: str, stops: bool) -> None:
    text = rules.replace("; ", "\n")
    hook = "type filter hook forward priority 0;"
    bridged.nft(f"table inet fw {{\n{NAMED}chain other {{ return; }}\nchain forward {{ {hook}\n{text}\n}}\n}}\n")
    found = assess(open_session, lan())
    assert [one.severity for one in found] == ([Severity.ERROR] if stops else [])
    if stops:
        assert "The chain inet fw forward stops" in found[0].detail


@pytest.mark.parametrize("way_out", ["meta mark 7 accept", "ip saddr @seen accept", "ip saddr 10.9.0.0/16 accept"])
def test_an_obstacle_after_a_doubtful_way_out_is_only_a_warning(bridged: Any, open_session: Open, way_out: str) -> None:
    bridged.nft(
        "table inet fw {\nset seen { type ipv4_addr; flags dynamic; }\n"
        f"chain forward {{ type filter hook forward priority 0;\n{way_out}\ndrop\n}}\n}}\n"
    )
    (found,) = assess(open_session, lan())
    assert found.severity is Severity.WARNING
    assert "seems to stop" in found.detail


def test_a_host_that_does_not_forward(bridged: Any, open_session: Open) -> None:
    bridged.run(["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    (found,) = assess(open_session)
    assert found.severity is Severity.WARNING
    assert "sysctl -w net.ipv4.ip_forward=1" in found.detail
    assert assess(open_session, lan()) == [], "libvirt sets it when it starts the network"


@pytest.mark.parametrize(("listen", "warned"), [("0.0.0.0", True), ("10.0.0.2", True), ("127.0.0.1", False)])
def test_a_port_that_the_host_answers_on(bridged: Any, open_session: Open, listen: str, warned: bool) -> None:
    program = f"import socket; s = socket.create_server(('{listen}', 8080)); print(flush=True); input()"
    server = subprocess.Popen([*bridged.enter, "python3", "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    try:
        found = assess(open_session)
        assert [one.path for one in found] == ([("port",)] if warned else [])
        assert assess(open_session, address="10.0.0.99") == [] or listen == "0.0.0.0"
    finally:
        server.kill()
        server.wait()


LISTENER = """
import socket, sys
open_ = []
tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
for kind, port in ((tcp, 22), (tcp, 8080), (udp, 53), (udp, 67)):
    open_.append(socket.socket(socket.AF_INET, kind))
    open_[-1].bind(("0.0.0.0", port))
    kind == tcp and open_[-1].listen()
print("ready", flush=True)
sys.stdin.read()
"""


def test_ports_that_the_host_answers_on_are_told(bridged: Any, open_session: Open) -> None:
    session: Any = open_session()
    everything = {"destination": "10.0.0.2", "to": "192.168.150.10", "protocol": None, "ports": None}
    changes = [
        Change(
            verb=Verb.CREATE,
            address="nftables_port_forward.a",
            type="nftables_port_forward",
            before=None,
            after={"protocol": "tcp", "port": 8080, "target": "192.168.150.10", "target_port": 80},
        ),
        Change(verb=Verb.CREATE, address="nftables_dnat.b", type="nftables_dnat", before=None, after=everything),
    ]
    command = [*bridged.enter, sys.executable, "-c", LISTENER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as listener:
        assert listener.stdout is not None
        listener.stdout.readline()
        one, all_ = (found.detail for found in session.assess(changes, []).diagnostics if "answers on" in found.summary)
    assert "Something listens on tcp port 8080 of any address (" in one
    assert "log in" not in one
    told = "tcp port 22 of any address, tcp port 8080 of any address, udp port 53 of any address and 1 more"
    assert f"Something listens on {told} (" in all_
    assert "Port 22 is where you log in to the host." in all_
