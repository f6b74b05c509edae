"""What a packet from a guest to the outside costs the host: bridged, routed, behind NAT, on the fast path.

``python benchmarks/nat_throughput.py`` as root. Guest, host and outside are network namespaces joined by veth pairs;
the rules are made by kvmplan's own provider. The guest is a sender of our own (no iperf3): small UDP datagrams, and
TCP in bulk. Nobody outside reads the datagrams, so all that is done for one is done in the sender's call: its time,
the least of several bursts, is what the host spends on it and what the sender does.

``--counted`` runs it in a booted kernel of Debian's whose clock counts instructions, one a nanosecond: nothing else
on the machine disturbs it, and it has flowtables. Without, on this kernel, as far as it has what is needed.
``--many`` shows what ten thousand objects of other guests cost a packet.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.fastpath.flowtable import PROBE
from kvmplan_sdk import Completed, Facts, Object, Operation, Step, Verb
from kvmplan_sdk.testing.proposals import proposal

ROOT = Path(__file__).parents[1]
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
PORT = 7000
COUNTED = "COUNTED"
BURSTS, BURST, MEGABYTES = (5, 200, 32) if COUNTED in os.environ else (200, 200, 512)
WIRES = """
set -e
ip link set lo up
ip link add name guest type veth peer name inner netns $2
ip link add name outside type veth peer name inner netns $3
in_guest="nsenter -n -t $2"; in_outside="nsenter -n -t $3"
ip link add name lan type bridge; ip link set guest master lan
for one in lan guest outside; do ip link set $one up; done
ip addr add 10.1.0.1/24 dev lan
$in_guest ip addr add 10.1.0.2/24 dev inner
$in_guest ip link set inner up
$in_outside ip link set inner up
if [ "$1" = bridge ]; then
  ip link set outside master lan
  $in_outside ip addr add 10.1.0.3/24 dev inner
else
  ip addr add 10.2.0.1/24 dev outside
  $in_guest ip route add default via 10.1.0.1
  $in_outside ip addr add 10.2.0.2/24 dev inner
  $in_outside ip route add default via 10.2.0.1
fi
sysctl -qw net.ipv4.ip_forward=1
"""
Objects = Mapping[str, Object]
NAT: Objects = {"nftables_masquerade.out": {"source": "10.1.0.0/24", "out_interface": "outside"}}
FAST: Objects = {**NAT, "nftables_flowtable.fast": {"devices": ["lan", "outside"]}}


def forwards(count: int) -> Objects:
    return {
        f"nftables_port_forward.f[{n}]": {"port": n + 10_000, "target": _other(n), "target_port": 80}
        for n in range(count)
    }


def masquerades(count: int) -> Objects:
    return {f"nftables_masquerade.m[{n}]": {"source": f"{_other(n)}/32"} for n in range(count)}


def firewalls(count: int) -> Objects:
    ingress = [{"action": "allow", "protocol": "tcp", "ports": ["443"]}]
    return {f"nftables_firewall.f[{n}]": {"address": [_other(n)], "ingress": ingress} for n in range(count)}


def _other(number: int) -> str:
    """An address of some other guest."""
    return f"10.{16 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


@dataclass(frozen=True, slots=True)
class Way:
    name: str
    objects: Objects
    bridge: bool = False

    @property
    def target(self) -> str:
        return "10.1.0.3" if self.bridge else "10.2.0.2"


WAYS = (
    Way("bridge", {}, bridge=True),
    Way("routed, no rules", {}),
    Way("NAT", NAT),
    Way("NAT, fast path", FAST),
)
SCALES: Mapping[str, Callable[[int], Objects]] = {
    "forwards": forwards,
    "masquerades": masquerades,
    "firewalls": firewalls,
}


class Here:
    """This network namespace as a host."""

    name = address = "local"

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 600) -> Completed:  # noqa: A002
        ran = subprocess.run(list(argv), input=input, capture_output=True, timeout=timeout, check=False)
        return Completed(tuple(argv), ran.returncode, ran.stdout, ran.stderr)

    def facts(self) -> Facts:
        return Facts("local", os.uname().release, 0, {"nft": "nft", "ip": "ip"})

    def lock(self, name: str, stopping: Callable[[], bool]) -> contextlib.AbstractContextManager[None]:
        del name, stopping
        return contextlib.nullcontext()

    def read_file(self, path: str) -> bytes | None:
        return Path(path).read_bytes() if Path(path).exists() else None

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        raise NotImplementedError("without systemctl nothing is saved")

    def remove_file(self, path: str) -> None:
        raise NotImplementedError("without systemctl nothing is saved")

    def local_socket(self, path: str) -> str:
        return path


@contextlib.contextmanager
def town(way: Way) -> Iterator[Mapping[str, int]]:
    """The namespaces of ``way``: the processes that hold guest and outside. Ends with all of its rules."""
    with contextlib.ExitStack() as stack:
        held = {}
        for side in ("guest", "outside"):
            command = ["unshare", "-n", "sh", "-c", "ip link set lo up; echo ready; exec sleep 9999"]
            sleeper = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(sleeper.kill)
            assert sleeper.stdout is not None
            sleeper.stdout.readline()
            held[side] = sleeper.pid
        wiring = ["sh", "-c", WIRES, "wires", "bridge" if way.bridge else "route", *map(str, held.values())]
        subprocess.run(wiring, check=True)
        _apply(way.objects)
        yield held
        for command in ("nft flush ruleset", "ip link del guest", "ip link del outside", "ip link del lan"):
            subprocess.run(command.split(), check=True)


def _apply(objects: Objects) -> None:
    provider, host = NftablesProvider(), Here()
    session: Any = provider.open(host, {}, LINEAGE)
    operations = []
    for address, written in objects.items():
        type_ = address.partition(".")[0]
        planned = session.plan(proposal(provider.schema.resources[type_], address, written))
        assert not planned.diagnostics, planned.diagnostics
        operations.append(Operation(verb=Verb.CREATE, address=address, type=type_, before=None, after=planned.values))
    for outcome in session.apply(Step(operations=tuple(operations), lineage=LINEAGE)) if operations else ():
        assert not outcome.diagnostics, outcome.diagnostics


def packets(way: Way, role: str = "sender") -> float:
    """Nanoseconds that one small datagram takes."""
    with town(way) as held, _inside(held["outside"], "sink") as sink:
        assert sink.stdout is not None
        assert sink.stdin is not None
        sink.stdout.readline()
        with _inside(held["guest"], role, way.target) as sender:
            assert sender.stdout is not None
            spent = float(sender.stdout.readline())
        sink.stdin.write("how many?\n")
        sink.stdin.flush()
        came = int(sink.stdout.readline())
        sink.kill()
    if came < BURSTS * BURST:
        raise RuntimeError(f"{way.name}: only {came} of {BURSTS * BURST} datagrams came through")
    return spent


def bulk(way: Way) -> float:
    """Gbit/s of one TCP connection, in packets as large as the devices take them."""
    with town(way) as held, _inside(held["outside"], "drain") as drain:
        assert drain.stdout is not None
        drain.stdout.readline()
        with _inside(held["guest"], "pour", way.target):
            return float(drain.stdout.readline())


def _inside(pid: int, *arguments: str) -> subprocess.Popen[str]:
    command = ["nsenter", "-n", "-t", str(pid), sys.executable, __file__, "--role", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _sender(where: str) -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((where, PORT))
    sock.settimeout(60)
    sock.send(b"hello")
    sock.recv(100)  # both have spoken: the connection may take the fast path
    data = bytes(18)  # a frame of 60 bytes

    def burst(number: int) -> None:
        del number
        for _ in range(BURST):
            sock.send(data)

    _bursts(burst)


def _sprayer(where: str) -> None:
    """Each datagram is a new connection."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    data = bytes(18)

    def burst(number: int) -> None:
        for port in range(20_000 + number * BURST, 20_000 + (number + 1) * BURST):
            sock.sendto(data, (where, port))

    _bursts(burst)


def _bursts(burst: Callable[[int], None]) -> None:
    costs = []
    for number in range(BURSTS):
        began = time.monotonic()
        burst(number)
        costs.append((time.monotonic() - began) / BURST * 1e9)
    print(min(costs), flush=True)


def _sink() -> None:
    # What nobody listens to is dropped without an answer, which would cost something too.
    quiet = f"table ip quiet {{ chain c {{ type filter hook input priority 0; udp dport != {PORT} drop; }}; }}"
    subprocess.run(["nft", "-f", "-"], input=quiet.encode(), check=True)
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", PORT))
    print("ready", flush=True)
    ready, _, _ = select.select([sock, sys.stdin], [], [])
    if sock in ready:
        _, client = sock.recvfrom(100)
        sock.sendto(b"hello", client)
    sys.stdin.readline()
    line = next(line for line in Path("/proc/self/net/dev").read_text().splitlines() if "inner:" in line)
    print(line.split(":")[1].split()[1], flush=True)


def _pour(where: str) -> None:
    data = bytes(1 << 20)
    with socket.create_connection((where, PORT), timeout=300) as sock:
        for _ in range(MEGABYTES):
            sock.sendall(data)


def _drain() -> None:
    server = socket.create_server(("", PORT))
    print("ready", flush=True)
    client, _ = server.accept()
    buffer, got, began = memoryview(bytearray(1 << 20)), 0, time.monotonic()
    while some := client.recv_into(buffer):
        got += some
    print(got * 8 / (time.monotonic() - began) / 1e9, flush=True)


ROLES: Mapping[str, Callable[..., None]] = {
    "sender": _sender,
    "sprayer": _sprayer,
    "sink": _sink,
    "pour": _pour,
    "drain": _drain,
}


def measure_ways() -> None:
    able = Here().run(["nft", "-c", "-f", "-"], input=PROBE).ok
    print("| | ns a datagram | ns, the first of a connection | Gbit/s in bulk |\n| --- | --- | --- | --- |", flush=True)
    for way in WAYS:
        if way.objects is FAST and not able:
            print(f"| {way.name} | this kernel has no flowtables | | |", flush=True)
            continue
        known, new = packets(way), packets(way, "sprayer")
        print(f"| {way.name} | {known:,.0f} | {new:,.0f} | {bulk(way):.2f} |", flush=True)


def measure_many(counts: Sequence[int]) -> None:
    print("| | how many | ns a datagram | ns, the first of a connection |\n| --- | --- | --- | --- |", flush=True)
    for name, objects in SCALES.items():
        for count in counts:
            way = Way(name, {**objects(count), **NAT})
            print(f"| {name} | {count:,} | {packets(way):,.0f} | {packets(way, 'sprayer'):,.0f} |", flush=True)


def counted() -> None:
    """All of it once more, in a kernel that is booted for that."""
    sys.path.insert(0, str(ROOT))
    from tests.lab import booted

    said = booted.run(Path(__file__), {COUNTED: "1"}, 1200, processor=booted.COUNTED)
    lines = [line.strip() for line in said.splitlines()]
    print("\n".join(line for line in lines if line.startswith("|")) or said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--counted", action="store_true", help="in a booted kernel whose clock counts instructions")
    parser.add_argument("--many", default="", metavar="COUNTS", help="objects of other guests: 1,10000")
    parser.add_argument("--role", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.role:
        ROLES[given.role[0]](*given.role[1:])
    elif given.counted:
        counted()
    elif "INSIDE" not in os.environ and COUNTED not in os.environ:
        os.execvpe("unshare", ["unshare", "-nm", sys.executable, *sys.argv], {**os.environ, "INSIDE": "1"})
    elif given.many:
        measure_many([int(count) for count in given.many.split(",")])
    else:
        measure_ways()


if __name__ == "__main__":
    main()
