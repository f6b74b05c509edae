"""Machines, each a network namespace, around a host with two NAT networks and a bridge to the outside.

    outside --- ens3 [host] virbr1 --- nat1, nat2
        \\            |   `- virbr2 --- iso1
         `--- up0 -- br0 --- lan1, lan2

``outside`` has a leg in both. Every machine answers, over TCP and UDP, IPv4 and IPv6, and can be told to ask.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

AGENT = Path(__file__).with_name("agent.py")
ADDRESSES = {
    "outside": ("10.0.0.9", "fd00::9"),
    "host": ("10.0.0.2", "fd00::2"),
    "gateway1": ("192.168.150.1", "fd00:150::1"),
    "nat1": ("192.168.150.10", "fd00:150::10"),
    "nat2": ("192.168.150.11", "fd00:150::11"),
    "gateway2": ("192.168.151.1", "fd00:151::1"),
    "nat1/stolen": ("192.168.150.66", "fd00:150::66"),
    "nat1/mac": ("192.168.150.67", "fd00:150::67"),
    "iso1": ("192.168.151.10", "fd00:151::10"),
    "iso1/stolen": ("192.168.151.66", "fd00:151::66"),
    "iso1/mac": ("192.168.151.67", "fd00:151::67"),
    "lan": ("10.1.0.9", "fd01::9"),
    "hostlan": ("10.1.0.2", "fd01::2"),
    "lan1": ("10.1.0.10", "fd01::10"),
    "lan1/stolen": ("10.1.0.66", "fd01::66"),
    "lan1/mac": ("10.1.0.67", "fd01::67"),
    "lan2": ("10.1.0.11", "fd01::11"),
}
"""Of machines' legs; ``lan1/stolen`` is an address that lan1 takes though it is not its own, ``lan1/mac`` one behind
another MAC address."""
BRIDGES = {"nat1": "virbr1", "nat2": "virbr1", "iso1": "virbr2", "lan1": "br0", "lan2": "br0"}
MACS = {name: f"52:54:00:00:00:{number:02x}" for number, name in enumerate(BRIDGES, 1)}
# Refusals are all to be seen: ICMP errors are not held back.
TALKATIVE = "sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0"
_HOST = """
sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1 net.ipv6.conf.default.accept_dad=0
for s in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do ! [ -e $s ] || echo 0 >$s; done
for b in virbr1 virbr2 br0; do ip link add $b type bridge; ip link set $b up; done
ip link add ens3 type veth peer name eth0 netns {outside}
ip link add up0 type veth peer name eth1 netns {outside}
ip link set ens3 up
ip link set up0 master br0 up
"""
_LEGS = {"host": "ens3", "gateway1": "virbr1", "gateway2": "virbr2", "hostlan": "br0"}
OUTSIDE = """
ip route add 192.168.0.0/16 via 10.0.0.2
ip -6 route add fd00:150::/64 via fd00::2
ip -6 route add fd00:151::/64 via fd00::2
"""
_SPOOFER = """
sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
ip addr add 10.1.0.66/24 dev eth0
ip -6 addr add fd01::66/64 dev eth0 nodad preferred_lft 0
ip link add link eth0 name other address 52:54:00:00:00:99 type macvlan mode bridge
ip link set other up
ip addr add 10.1.0.67/24 dev other
ip -6 addr add fd01::67/64 dev other nodad preferred_lft 0
"""


Questions = Sequence[Mapping[str, Any]]


class Asking(Protocol):
    def ask(self, questions: Questions) -> list[str]:
        """What comes of each; all are asked at the same time."""
        ...


@dataclass(slots=True)
class Machine:
    enter: Sequence[str]
    pid: int = 0
    agent: subprocess.Popen[str] | None = None

    def sh(self, script: str) -> None:
        done = subprocess.run([*self.enter, "sh", "-euc", script], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def start(self, **environment: str) -> None:
        command = [*self.enter, sys.executable, str(AGENT)]
        self.agent = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
        )
        assert self.agent.stdout is not None
        assert self.agent.stdout.readline() == "ready\n"

    def ask(self, questions: Questions) -> list[str]:
        assert self.agent is not None
        assert self.agent.stdin is not None
        assert self.agent.stdout is not None
        self.agent.stdin.write(f"{json.dumps(questions)}\n")
        self.agent.stdin.flush()
        answers: list[str] = json.loads(self.agent.stdout.readline())
        return answers


def ask_all(machines: Mapping[str, Asking], questions: Mapping[str, Questions]) -> dict[str, list[str]]:
    """By machine; all at the same time."""
    with ThreadPoolExecutor(max(1, len(questions))) as pool:
        answers = pool.map(lambda name: machines[name].ask(questions[name]), questions)
        return dict(zip(questions, answers, strict=True))


@dataclass(slots=True)
class Town:
    machines: dict[str, Machine] = field(default_factory=dict)

    def ask(self, questions: Mapping[str, Questions]) -> dict[str, list[str]]:
        return ask_all(self.machines, questions)


@contextmanager
def built(host: Any) -> Iterator[Town]:
    town = Town({"host": Machine(list(host.enter))})
    sleepers: list[subprocess.Popen[bytes]] = []
    try:
        for name in ("outside", *BRIDGES):
            sleeper = subprocess.Popen(
                [
                    *host.enter,
                    "unshare",
                    "-n",
                    "sh",
                    "-c",
                    f"{TALKATIVE}; ip link set lo up; echo ready; exec sleep 900",
                ],
                stdout=subprocess.PIPE,
            )
            sleepers.append(sleeper)
            assert sleeper.stdout is not None
            sleeper.stdout.readline()
            town.machines[name] = Machine([*host.enter[:3], "-n", "-m", "-t", str(sleeper.pid)], sleeper.pid)
        _connect(town)
        for machine in town.machines.values():
            machine.start()
        yield town
    finally:
        agents = [machine.agent for machine in town.machines.values() if machine.agent is not None]
        processes: list[subprocess.Popen[Any]] = [*sleepers, *agents]
        for process in processes:
            process.kill()
            process.wait()


def _connect(town: Town) -> None:
    host, outside = town.machines["host"], town.machines["outside"]
    host.sh(TALKATIVE)
    host.sh(_HOST.format(outside=outside.pid))
    for leg, device in _LEGS.items():
        host.sh(addressed(leg, device))
    outside.sh(addressed("outside", "eth0") + addressed("lan", "eth1") + OUTSIDE)
    for name, bridge in BRIDGES.items():
        peer = f"name eth0 address {MACS[name]} netns {town.machines[name].pid}"
        host.sh(f"ip link add tap-{name} type veth peer {peer}\nip link set tap-{name} master {bridge} up")
        gateway = next(leg for leg, device in _LEGS.items() if device == bridge)
        four, six = ADDRESSES[gateway]
        routes = f"ip route add default via {four}\nip -6 route add default via {six}\n"
        town.machines[name].sh(addressed(name, "eth0") + routes)
    town.machines["lan1"].sh(_SPOOFER)


def addressed(leg: str, device: str) -> str:
    four, six = ADDRESSES[leg]
    return f"ip link set {device} up\nip addr add {four}/24 dev {device}\nip -6 addr add {six}/64 dev {device} nodad\n"
