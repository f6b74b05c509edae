"""Packets, sent for real: a client outside, the host, and two guests behind a bridge, each in a network namespace."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kvmplan_sdk import Object, Operation, Session, Step, Verb

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
# Says who asks, as the server sees it; over TCP and UDP, IPv4 and IPv6.
SERVER = """
import socket, threading
def tcp(family, host):
    with socket.socket(family) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((host, 80)); s.listen(); ready.release()
        while True:
            client, address = s.accept()
            threading.Thread(target=serve, args=(client, address[0])).start()
def serve(client, address):
    client.sendall(address.encode())
    while data := client.recv(100): client.sendall(data)
    client.close()
def udp(family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        if family == socket.AF_INET6: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((host, 80)); ready.release()
        while True:
            _, address = s.recvfrom(100)
            s.sendto(address[0].encode(), address)
ready = threading.Semaphore(0)
for family, host in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
    for serve_ in (tcp, udp): threading.Thread(target=serve_, args=(family, host)).start()
for _ in range(4): ready.acquire()
print("ready", flush=True)
"""
CLIENT = """
import socket, sys
protocol, host, port, patience = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as s:
    s.settimeout(patience)
    s.connect((host, port))
    if protocol == "udp": s.send(b"?")
    print(s.recv(100).decode(), flush=True)
    for line in sys.stdin:
        s.sendall(line.encode()); print(s.recv(100).decode(), end="", flush=True)
"""
PING = """
import socket, sys
family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if ":" in sys.argv[1] else (socket.AF_INET, 1)
with socket.socket(family, socket.SOCK_RAW, protocol) as s:
    s.settimeout(30)
    s.connect((sys.argv[1], 0))
    # Echo request with its checksum (the kernel makes that of ICMPv6), identifier 1, number 1.
    s.send(bytes((8, 0, 0xf7, 0xfd, 0, 1, 0, 1)) if protocol == 1 else bytes((128, 0, 0, 0, 0, 1, 0, 1)))
    while (answer := s.recv(100)[20 if protocol == 1 else 0]) not in (0, 129): pass
"""
SETUP = """
ip link add virbr1 type bridge
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.virbr1.accept_dad=0
ip link set virbr1 up
ip addr add 192.168.150.1/24 dev virbr1
ip addr add fd00:150::1/64 dev virbr1 nodad
ip link add ens3 type veth peer name eth0 netns {outside}
ip link set ens3 up
ip addr add 10.0.0.2/24 dev ens3
ip addr add fd00::2/64 dev ens3 nodad
"""
GUEST = """
ip link add port{n} type veth peer name eth0 netns {pid}
ip link set port{n} master virbr1 up
"""


@dataclass
class Wires:
    """Runs programs in the namespaces ``host``, ``outside``, ``guest1`` and ``guest2``."""

    enter: dict[str, list[str]]

    def ask(self, where: str, protocol: str, address: str, port: int, patience: int = 20) -> str:
        """Whom the server saw, or the error; ``patience``: seconds, fewer where silence is expected."""
        client = [*self.enter[where], "python3", "-c", CLIENT, protocol, address, str(port), str(patience)]
        done = subprocess.run(client, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else done.stderr.strip().splitlines()[-1]

    def sh(self, where: str, script: str) -> None:
        done = subprocess.run([*self.enter[where], "sh", "-ec", script], capture_output=True, check=False)
        if done.returncode:
            pytest.skip(f"no network of namespaces here: {done.stderr.decode()}")


@pytest.fixture
def wires(host: Any) -> Iterator[Wires]:
    enter, processes = {"host": list(host.enter)}, []
    try:
        for name in ("outside", "guest1", "guest2"):
            sleeper = subprocess.Popen(
                [*host.enter, "unshare", "-n", "sh", "-c", "echo ready; exec sleep 600"], stdout=subprocess.PIPE
            )
            processes.append(sleeper)
            assert sleeper.stdout is not None
            sleeper.stdout.readline()
            enter[name] = [*host.enter[:3], "-n", "-m", "-t", str(sleeper.pid)]
        wires = Wires(enter)
        _connect(wires, [process.pid for process in processes])
        for name in ("guest1", "guest2"):
            server = subprocess.Popen([*enter[name], "python3", "-c", SERVER], stdout=subprocess.PIPE)
            processes.append(server)
            assert server.stdout is not None
            assert server.stdout.readline()
        yield wires
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _connect(wires: Wires, processes: list[int]) -> None:
    wires.sh("host", SETUP.format(outside=processes[0]))
    address = "ip link set lo up; ip link set eth0 up; ip addr add {}/24 dev eth0; ip -6 addr add {}/64 dev eth0 nodad;"
    wires.sh("outside", address.format("10.0.0.9", "fd00::9"))
    for number, process in enumerate(processes[1:], 10):
        wires.sh("host", GUEST.format(n=number, pid=process))
        gateway = "ip route add default via 192.168.150.1; ip -6 route add default via fd00:150::1"
        wires.sh(f"guest{number - 9}", address.format(f"192.168.150.{number}", f"fd00:150::{number}") + gateway)


def apply(open_session: Callable[[], Session], *objects: tuple[Verb, str, str, Object | None]) -> None:
    operations = [
        Operation(verb=verb, address=f"{type_}.{name}", type=type_, before=None, after=values)
        for verb, type_, name, values in objects
    ]
    for outcome in open_session().apply(Step(operations=tuple(operations), lineage=LINEAGE)):
        assert not outcome.diagnostics


def forward(name: str, port: int, target: str, protocol: str = "tcp", address: str | None = None) -> tuple[Any, ...]:
    values = {"protocol": protocol, "port": port, "address": address, "target": target, "target_port": 80}
    return Verb.CREATE, "nftables_port_forward", name, values


ADDRESSES = {
    4: {"host": "10.0.0.2", "gateway": "192.168.150.1", "outside": "10.0.0.9", "guest": "192.168.150.10"},
    6: {"host": "fd00::2", "gateway": "fd00:150::1", "outside": "fd00::9", "guest": "fd00:150::10"},
}


def pass_bridged_packets_to_the_firewall(wires: Wires, value: int) -> None:
    """br_netfilter, where it is loaded (by Docker, say): a bridge asks the firewall about what it only switches."""
    setting = f"for s in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do ! [ -e $s ] || echo {value} >$s; done"
    wires.sh("host", setting)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_everyone_gets_through_a_forward(
    wires: Wires, open_session: Callable[[], Session], version: int, protocol: str
) -> None:
    at = ADDRESSES[version]
    pass_bridged_packets_to_the_firewall(wires, 0)
    assert "refused" in wires.ask("outside", protocol, at["host"], 8080)
    apply(open_session, forward("web", 8080, at["guest"], protocol))
    seen = {where: wires.ask(where, protocol, at["host"], 8080) for where in ("outside", "host", "guest1", "guest2")}
    assert seen == {
        "outside": at["outside"],  # the client's address is preserved
        "host": at["host"],
        "guest1": at["gateway"],  # hairpin: the way back has to lead through the host
        "guest2": at["gateway"],
    }
    assert wires.ask("guest2", protocol, at["gateway"], 8080) == at["gateway"]
    # With br_netfilter the bridge itself turns the packet round, and never out of the port it came from: guest1 could
    # not ask itself. The others can.
    pass_bridged_packets_to_the_firewall(wires, 1)
    assert wires.ask("guest2", protocol, at["host"], 8080) == at["gateway"]
    assert wires.ask("outside", protocol, at["host"], 8080) == at["outside"]


ANSWERS, REFUSES = "answers", "refuses"
SHAPES: list[tuple[Object, dict[int, str], str]] = [
    # what is written, which ports of the host answer to the client outside, and whether port 80 of the guest answers
    # to the host itself there
    ({"ports": ["70-90", "443"]}, {80: ANSWERS, 91: REFUSES}, ANSWERS),
    ({"ports": ["9000-9010"], "target_port": 80}, {9000: ANSWERS, 9010: ANSWERS, 9011: REFUSES}, ANSWERS),
    ({"ports": ["9000-9010"], "target_ports": ["75-85"]}, {9005: ANSWERS, 9006: REFUSES}, ANSWERS),
    ({"port": 80, "sources": ["{outside}"]}, {80: ANSWERS}, REFUSES),
    ({"port": 81, "target_port": 80, "sources": ["{outside}", "{host}"]}, {81: ANSWERS}, ANSWERS),
    ({"port": 80, "sources": ["{guest}"]}, {80: REFUSES}, REFUSES),
    ({"port": 80, "interface": "ens3"}, {80: ANSWERS}, REFUSES),
    ({"ports": ["79-81"], "interface": "ens3", "sources": ["{outside}"]}, {80: ANSWERS}, REFUSES),
    ({"port": 81, "target_port": 80, "interface": "virbr1"}, {81: REFUSES}, REFUSES),
    ({"port": 80, "address": "{host}", "sources": ["{outside}"]}, {80: ANSWERS}, REFUSES),
    ({"ports": ["80-81"], "address": "{gateway}"}, {80: REFUSES}, REFUSES),
]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("written", "outside", "itself"), SHAPES, ids=lambda value: None)
def test_every_shape_of_a_forward(
    wires: Wires,
    open_session: Callable[[], Session],
    version: int,
    written: Object,
    outside: dict[int, str],
    itself: str,
) -> None:
    at = ADDRESSES[version]
    text = json.dumps(written)
    for name, address in at.items():
        text = text.replace(f"{{{name}}}", address)
    values = {"protocol": None, "protocols": ["tcp", "udp"], "target": at["guest"], **json.loads(text)}
    apply(open_session, (Verb.CREATE, "nftables_port_forward", "web", values))
    for protocol in ("tcp", "udp"):
        seen = {port: wires.ask("outside", protocol, at["host"], port) for port in outside}
        assert {port: ANSWERS if said == at["outside"] else REFUSES for port, said in seen.items()} == outside, seen
        first = next(iter(outside))
        said = wires.ask("host", protocol, at["host"], first)
        assert (ANSWERS if said == at["host"] else REFUSES) == itself, said


def test_an_address_wins_over_an_interface_and_that_over_all(wires: Wires, open_session: Callable[[], Session]) -> None:
    wires.sh("host", "ip addr add 10.0.0.3/24 dev ens3")
    values = {"protocol": "tcp", "ports": ["80-90"], "target": "192.168.150.99"}
    apply(
        open_session,
        (Verb.CREATE, "nftables_port_forward", "all", values),
        (Verb.CREATE, "nftables_port_forward", "by", {**values, "interface": "ens3", "target": "192.168.150.10"}),
        (Verb.CREATE, "nftables_port_forward", "at", {**values, "address": "10.0.0.3"}),
    )
    assert wires.ask("outside", "tcp", "10.0.0.2", 80) == "10.0.0.9"
    assert wires.ask("outside", "tcp", "10.0.0.3", 80, 3) != "10.0.0.9", "nobody has 192.168.150.99"


def test_loopback_and_other_ports_stay_the_hosts_own(wires: Wires, open_session: Callable[[], Session]) -> None:
    apply(open_session, forward("web", 8080, "192.168.150.10"))
    assert "refused" in wires.ask("host", "tcp", "127.0.0.1", 8080)
    assert "refused" in wires.ask("outside", "tcp", "10.0.0.2", 8081)
    assert "refused" in wires.ask("outside", "udp", "10.0.0.2", 8080)


def test_an_exact_listen_address_wins(wires: Wires, open_session: Callable[[], Session]) -> None:
    wires.sh("host", "ip addr add 10.0.0.3/24 dev ens3")
    apply(open_session, forward("all", 8080, "192.168.150.10"))
    apply(open_session, forward("one", 8080, "192.168.150.10", address="10.0.0.3"), forward("x", 81, "192.168.150.11"))
    wires.sh("host", "nft delete element inet kvmplan pf4 '{ tcp . 8080 }'")
    assert wires.ask("outside", "tcp", "10.0.0.3", 8080) == "10.0.0.9"
    assert "refused" in wires.ask("outside", "tcp", "10.0.0.2", 8080)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("interface", [None, "ens3"])
def test_masquerade(wires: Wires, open_session: Callable[[], Session], version: int, interface: str | None) -> None:
    at, source = ADDRESSES[version], {4: "192.168.150.0/24", 6: "fd00:150::/64"}[version]
    server = subprocess.Popen([*wires.enter["outside"], "python3", "-c", SERVER], stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    try:
        assert wires.ask("guest1", "tcp", at["outside"], 80, 3) != at["host"]
        values: Object = {"source": source, "out_interface": interface}
        apply(open_session, (Verb.CREATE, "nftables_masquerade", "out", values))
        assert wires.ask("guest1", "tcp", at["outside"], 80) == at["host"]
        assert wires.ask("guest2", "tcp", at["guest"], 80).endswith("11"), "between guests nothing changes"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def outside_server(wires: Wires) -> Iterator[None]:
    server = subprocess.Popen([*wires.enter["outside"], "python3", "-c", SERVER], stdout=subprocess.PIPE)
    assert server.stdout is not None
    server.stdout.readline()
    yield
    server.kill()
    server.wait()


SOURCES: list[tuple[str, Object, str]] = [
    # what is written, and which address a server outside sees of a guest
    ("snat", {"to": "{second}"}, "second"),
    ("snat", {"to": "{second}", "to_ports": "2000-2001"}, "second"),
    ("snat", {"to": "{second}", "out_interface": "ens3", "destinations": ["{outside}"]}, "second"),
    ("snat", {"to": "{second}", "except_destinations": ["{outside}"]}, ""),
    ("snat", {"to": "{second}", "destinations": ["{gateway}"]}, ""),
    ("snat", {"to": "{second}-{second}", "fully_random": True}, "second"),
    ("masquerade", {"to_ports": "2000-2001", "random": True, "persistent": True}, "host"),
    ("masquerade", {"except_destinations": ["{outside}"]}, ""),
]
SECOND = {4: "10.0.0.3", 6: "fd00::3"}


def filled(values: Object, version: int) -> Object:
    text = json.dumps(values).replace("{second}", SECOND[version])
    for name, address in ADDRESSES[version].items():
        text = text.replace(f"{{{name}}}", address)
    found: Object = json.loads(text)
    return found


@pytest.mark.usefixtures("outside_server")
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("kind", "written", "seen"), SOURCES)
def test_the_address_that_a_server_outside_sees(
    wires: Wires, open_session: Callable[[], Session], version: int, kind: str, written: Object, seen: str
) -> None:
    at = {**ADDRESSES[version], "second": SECOND[version]}
    if kind == "snat":
        wires.sh("host", f"ip addr add {at['second']}/{ {4: 24, 6: 64}[version] } dev ens3 nodad || true")
    source = {4: "192.168.150.0/24", 6: "fd00:150::/64"}[version]
    values = filled({"source": source, **written}, version)
    apply(open_session, (Verb.CREATE, f"nftables_{kind}", "out", values))
    for protocol in ("tcp", "udp"):
        said = wires.ask("guest1", protocol, at["outside"], 80, 20 if seen else 3)
        # Without translation the server outside does not know the way back.
        assert said == at[seen] if seen else said not in at.values()
    if "to_ports" in written:
        ping = subprocess.run([*wires.enter["guest1"], "python3", "-c", PING, at["outside"]], check=False)
        assert ping.returncode == 0, "what has no ports is translated all the same"


DESTINATIONS: list[tuple[str, Object, int, dict[str, str]]] = [
    # what is written, the port that is asked of the host's second address, and who answers whom: the guest sees that
    ("dnat", {"destination": "{second}", "to": "{guest}"}, 80, {"outside": "outside", "guest2": "gateway"}),
    ("dnat", {"destination": "{second}", "to": "{guest}"}, 81, {"outside": ""}),
    (
        "dnat",
        {"destination": "{second}", "protocol": "tcp", "ports": ["90-99"], "to": "{guest}", "to_port": 80},
        95,
        {"outside": "outside", "guest2": "gateway", "guest1": "gateway", "host": "host"},
    ),
    (
        "dnat",
        {"interface": "ens3", "protocol": "tcp", "ports": ["80"], "to": "{guest}-{guest}"},
        80,
        {"outside": "outside", "guest2": "", "host": ""},
    ),
    ("dnat", {"destination": "{second}", "to": "{guest}", "sources": ["{outside}"]}, 80, {"outside": "outside"}),
    ("dnat", {"destination": "{second}", "to": "{guest}", "sources": ["{gateway}"]}, 80, {"outside": ""}),
    ("redirect", {"protocol": "tcp", "ports": ["81-90"], "to_port": 80}, 85, {"outside": "outside", "host": ""}),
    ("redirect", {"protocol": "tcp", "ports": ["81"], "to_port": 80, "interface": "virbr1"}, 81, {"outside": ""}),
    (
        "redirect",
        {"protocol": "tcp", "ports": ["81"], "to_port": 80, "sources": ["{outside}"], "destination": "{second}"},
        81,
        {"outside": "outside", "guest1": ""},
    ),
]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("kind", "written", "port", "answers"), DESTINATIONS)
def test_who_gets_where(
    wires: Wires,
    open_session: Callable[[], Session],
    version: int,
    kind: str,
    written: Object,
    port: int,
    answers: dict[str, str],
) -> None:
    at = {**ADDRESSES[version], "second": SECOND[version]}
    wires.sh("host", f"ip addr add {at['second']}/{ {4: 24, 6: 64}[version] } dev ens3 nodad || true")
    pass_bridged_packets_to_the_firewall(wires, 0)
    apply(open_session, (Verb.CREATE, f"nftables_{kind}", "in", filled(written, version)))
    server = subprocess.Popen([*wires.enter["host"], "python3", "-c", SERVER], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        if kind == "redirect":
            server.stdout.readline()
        else:
            server.kill()
        said = {where: wires.ask(where, "tcp", at["second"], port) for where in answers}
        names = {address: name for name, address in ADDRESSES[version].items()} | {SECOND[version]: "host"}
        assert {where: names.get(one, "") for where, one in said.items()} == answers, said
    finally:
        server.kill()
        server.wait()


def test_an_open_connection_outlives_a_changed_port_and_the_forward(
    wires: Wires, open_session: Callable[[], Session]
) -> None:
    apply(open_session, forward("web", 8080, "192.168.150.10"), forward("other", 81, "192.168.150.11"))
    client = subprocess.Popen(
        [*wires.enter["outside"], "python3", "-c", CLIENT, "tcp", "10.0.0.2", "8080", "60"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdin is not None
    assert client.stdout is not None
    assert client.stdout.readline() == "10.0.0.9\n"
    _, *rest = forward("web", 9090, "192.168.150.11")
    apply(open_session, (Verb.UPDATE, *rest))
    for change in ("updated", "deleted"):
        client.stdin.write(f"{change}\n")
        client.stdin.flush()
        assert client.stdout.readline() == f"{change}\n"
        apply(open_session, (Verb.DELETE, "nftables_port_forward", "web", None))
    client.kill()
    client.wait()
    assert "refused" in wires.ask("outside", "tcp", "10.0.0.2", 9090)
