"""Forwards SCTP in a kernel that has it, and prints what comes of each connection."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from time import sleep

from tests.providers.nftables.namespace_host import NamespaceHost

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Object, Operation, Step, Verb

SERVER = """
import socket, sys
with socket.socket(socket.AF_INET6, socket.SOCK_STREAM, 132) as s:
    s.bind(("::", 80)); s.listen(); print("ready", flush=True)
    while True:
        client, address = s.accept()
        client.send(address[0].removeprefix("::ffff:").encode()); client.close()
"""
CLIENT = """
import socket, sys
with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_STREAM, 132) as s:
    s.settimeout(10)
    s.connect((sys.argv[1], int(sys.argv[2])))
    print(s.recv(100).decode())
"""
WIRES = """
ip link add out type veth peer name eth0 netns {0}; ip link set out up
ip link add virbr1 type veth peer name eth0 netns {1}; ip link set virbr1 up
ip addr add 10.0.0.2/24 dev out; ip addr add fd00::2/64 dev out nodad
ip addr add 192.168.150.1/24 dev virbr1; ip addr add fd00:150::1/64 dev virbr1 nodad
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1
"""
END = "ip link set lo up; ip link set eth0 up; ip addr add {}/24 dev eth0; ip addr add {}/64 dev eth0 nodad"
WAY = "; ip route add default via 192.168.150.1; ip -6 route add default via fd00:150::1"
FORWARDS: Sequence[Object] = [
    {"protocol": "sctp", "port": 5000, "target": "192.168.150.10", "target_port": 80},
    {"protocols": ["sctp", "tcp"], "ports": ["70-90"], "target": "192.168.150.10", "sources": ["10.0.0.0/24"]},
    {"protocol": "sctp", "ports": ["6000-6009"], "target": "fd00:150::10", "target_port": 80, "interface": "out"},
]
ASKED = [
    ("outside", "10.0.0.2", "5000", "10.0.0.9"),
    ("host", "10.0.0.2", "5000", "10.0.0.2"),
    ("outside", "10.0.0.2", "80", "10.0.0.9"),
    ("outside", "10.0.0.2", "5001", ""),
    ("outside", "fd00::2", "6005", "fd00::9"),
    ("outside", "fd00::2", "5000", ""),
]


def namespace() -> int:
    sleeper = subprocess.Popen(["unshare", "-n", "sh", "-c", "echo ready; exec sleep 600"], stdout=subprocess.PIPE)
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    return sleeper.pid


def sh(enter: Sequence[str], script: str) -> None:
    subprocess.run([*enter, "sh", "-ec", script], check=True)


outside, guest = namespace(), namespace()
enter = {"host": [], "outside": ["nsenter", "-n", "-t", str(outside)], "guest": ["nsenter", "-n", "-t", str(guest)]}
sh(enter["host"], WIRES.format(outside, guest))
sh(enter["outside"], END.format("10.0.0.9", "fd00::9"))
sh(enter["guest"], END.format("192.168.150.10", "fd00:150::10") + WAY)
server = subprocess.Popen([*enter["guest"], "python3", "-c", SERVER], stdout=subprocess.PIPE)
assert server.stdout is not None
server.stdout.readline()
host = NamespaceHost(os.getpid(), {"nft": "/bin/nft", "ip": "/bin/ip"})
host.enter = []
operations = tuple(
    Operation(
        verb=Verb.CREATE, address=f"nftables_port_forward.n{n}", type="nftables_port_forward", before=None, after=values
    )
    for n, values in enumerate(FORWARDS)
)
for outcome in NftablesProvider().open(host, {}, "lineage").apply(Step(operations=operations, lineage="lineage")):
    print(*(f"WRONG {problem}" for problem in outcome.diagnostics), flush=True)
for where, address, port, expected in ASKED:
    for _ in range(10 if expected else 1):  # at first a wire may not carry yet
        client = subprocess.run(
            [*enter[where], "python3", "-c", CLIENT, address, port], capture_output=True, text=True, check=False
        )
        said = client.stdout.strip()
        if said == expected:
            break
        sleep(1)
    print("right" if said == expected else "WRONG", where, address, port, said or client.stderr[-100:], flush=True)
print("done", flush=True)
