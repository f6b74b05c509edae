"""The town of `tests/providers/nftables/matrix/town.py` with a lab host and booted guests.

The client outside has a namespace of its own on the host's LAN, which is the guests' LAN, too.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.providers.nftables.matrix.town import (
    ADDRESSES,
    AGENT,
    BRIDGES,
    OUTSIDE,
    TALKATIVE,
    Asking,
    Machine,
    Questions,
    addressed,
    ask_all,
)

from kvmplan.lab import LabHost

PORTS = "22 53 80 81 82"
PATIENCE = "12"
DEADLINE = 120.0
# The host's two legs are in one LAN: each answers for itself alone.
_HOST = """
for s in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do ! [ -e $s ] || echo 0 >$s; done
sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 net.ipv6.conf.default.accept_dad=0
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
"""
# By hand it would be gone with the first `netplan apply`.
_LEG = 'network: {{version: 2, ethernets: {{ens3: {{addresses: ["{four}/24", "{six}/64"]}}}}}}'
# DHCP must have begun before it can be ended.
_STATIC = """
until ls /run/nic.eth0.* >/dev/null 2>&1; do sleep 0.2; done
kill $(cat /run/nic.eth0.*)
while pidof udhcpc lease >/dev/null; do sleep 0.2; done
ip addr flush dev eth0 scope global
sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 net.ipv4.icmp_ratelimit=0
sysctl -w net.ipv6.icmp.ratelimit=0 net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.eth0.accept_ra=0
"""
_AGENT = """
mkfifo /run/questions /run/answers
PORTS="{ports}" PATIENCE={patience} python3 /program.py <>/run/questions >/run/answers 2>/run/errors <>/run/questions &
head -n 1 </run/answers
"""


@dataclass(frozen=True, slots=True)
class GuestMachine:
    """Always says from which address it asks: it has that of others, too."""

    lab: LabHost
    name: str

    def ask(self, questions: Questions) -> list[str]:
        own = ADDRESSES[self.name]
        told = [{**one, "device": "", "source": one["source"] or own[(one["version"] - 4) // 2]} for one in questions]
        script = f"echo '{json.dumps(told)}' >/run/questions\nhead -n 1 </run/answers"
        answers: list[str] = json.loads(self.lab.inside(self.name, script, timeout=DEADLINE).stdout)
        return answers

    def settle(self) -> None:
        """Take its own addresses and those that it will pretend to have, and begin to answer."""
        gateway = {"virbr1": "gateway1", "virbr2": "gateway2", "br0": "hostlan"}[BRIDGES[self.name]]
        legs = [ADDRESSES[leg] for leg in (self.name, f"{self.name}/stolen", f"{self.name}/mac") if leg in ADDRESSES]
        lines = [f"ip addr replace {four}/24 dev eth0\nip -6 addr replace {six}/64 dev eth0" for four, six in legs]
        four, six = ADDRESSES[gateway]
        lines += [f"ip route replace default via {four}", f"ip -6 route replace default via {six}"]
        self.lab.inside(self.name, _STATIC + "\n".join(lines), timeout=DEADLINE)
        said = self.lab.inside(self.name, _AGENT.format(ports=PORTS, patience=PATIENCE), timeout=DEADLINE)
        assert said.stdout == "ready\n", said.stdout

    def disguise(self) -> None:
        """Another MAC address."""
        self.lab.inside(self.name, f"ip link set eth0 address 52:54:00:00:01:{list(BRIDGES).index(self.name):02x}")


@dataclass(frozen=True, slots=True)
class Stage:
    lab: LabHost
    machines: Mapping[str, Asking]

    def ask(self, questions: Mapping[str, Questions]) -> dict[str, list[str]]:
        return ask_all(self.machines, questions)

    @property
    def guests(self) -> Sequence[GuestMachine]:
        return [machine for machine in self.machines.values() if isinstance(machine, GuestMachine)]


@contextmanager
def built(lab: LabHost) -> Iterator[Stage]:
    """Guests without a NIC yet: `settle` gives each its addresses once it has one."""
    four, six = ADDRESSES["host"]
    lab.put("/etc/netplan/50-stage.yaml", _LEG.format(four=four, six=six), 0o600)
    lab.run(["sh", "-ec", TALKATIVE + _HOST + "netplan apply"])
    sleeper = subprocess.Popen(
        lab.outside_command(["unshare", "-n", "sh", "-c", "ip link set lo up; echo ready; exec sleep 1800"]),
        stdout=subprocess.PIPE,
    )
    enter = ["nsenter", "-n", "-t", str(sleeper.pid)]
    host, outside, lan = agents = [Machine(lab.command([], cwd="/")), Machine(enter), Machine(enter)]
    try:
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        _connect(lab, sleeper.pid)
        outside.sh(TALKATIVE + "\n" + addressed("outside", "eth0") + addressed("lan", "eth0") + OUTSIDE)
        outside.start(PORTS=PORTS, PATIENCE=PATIENCE)
        lan.start(PORTS="", PATIENCE=PATIENCE)
        with ThreadPoolExecutor(len(BRIDGES)) as pool:
            guests = list(pool.map(lambda name: lab.guest(name, memory=192, program=AGENT), BRIDGES))
        host.start(PORTS="80 81", PATIENCE=PATIENCE)
        machines: dict[str, Any] = {name: GuestMachine(lab, name) for name in guests}
        yield Stage(lab, {"host": host, "outside": outside, "lan": lan, **machines})
    finally:
        processes: list[subprocess.Popen[Any]] = [sleeper, *(one.agent for one in agents if one.agent is not None)]
        for process in processes:
            process.kill()
            process.wait()


def _connect(lab: LabHost, outside: int) -> None:
    """A cable from the LAN's switch into the namespace of the process ``outside``."""
    record = lab.registry.segment(lab.segment)
    assert record is not None
    assert record.process is not None
    switch = ["nsenter", "-n", "-t", str(record.process.pid), "sh", "-ec"]
    cable = f"ip link add client type veth peer name eth0 netns {outside}\nip link set client master lan up"
    subprocess.run([*switch, cable], check=True)
