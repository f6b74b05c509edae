"""Flowtables on a kernel that has them: their life, their repair, and packets that pass the forward hook by."""

from __future__ import annotations

import re
import shlex
import subprocess
import traceback
from typing import Any

from tests.providers.nftables.namespace_host import NamespaceHost

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.persistence.boot import UNITS, Kept
from kvmplan_nftables.persistence.kept import JOINER, own
from kvmplan_nftables.table.pieces import OURS
from kvmplan_sdk import Known, Object, Operation, Session, Step, Verb
from kvmplan_sdk.testing.conformance import Case, exercise

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
CASE = Case(
    type="nftables_flowtable",
    create={"devices": ["left", "right"]},
    updates=[
        {"devices": ["left"], "counter": True},
        {"devices": ["left", "right"], "subnets": ["10.1.0.0/24", "FD00:0::/64"], "protocols": ["udp"], "priority": -5},
    ],
)
VALUES: Object = {
    "devices": ("left", "right"),
    "subnets": None,
    "protocols": ("tcp", "udp"),
    "priority": 0,
    "hw_offload": False,
    "counter": True,
    "saved": False,
}
WIRES = """
set -e
for side in left right; do
  unshare -n sh -c "echo \\$\\$ >/tmp/$side; exec sleep 900" &
  until [ -s /tmp/$side ]; do sleep 0.1; done
  ip link add name $side type veth peer name inner netns $(cat /tmp/$side); ip link set $side up
done
left="nsenter -n -t $(cat /tmp/left)"; right="nsenter -n -t $(cat /tmp/right)"
ip addr add 10.1.0.1/24 dev left; ip addr add 10.2.0.1/24 dev right
$left ip addr add 10.1.0.2/24 dev inner; $left ip link set inner up; $left ip route add default via 10.1.0.1
$right ip addr add 10.2.0.2/24 dev inner; $right ip link set inner up; $right ip route add default via 10.2.0.1
sysctl -qw net.ipv4.ip_forward=1
"""
COUNTING = "table ip seen { chain c { type filter hook forward priority 20; ip protocol 6 counter; }; }\n"
SERVER = """
import socket
s = socket.socket(); s.bind(("10.2.0.2", 80)); s.listen(); print("ready", flush=True)
client, _ = s.accept()
while data := client.recv(100): client.sendall(data)
"""
CLIENT = """
import socket
s = socket.socket(); s.settimeout(45); s.connect(("10.2.0.2", 80))
for _ in range(200):
    s.sendall(b"x"); assert s.recv(100) == b"x"
"""


def tell(right: bool, what: object) -> None:
    print("right" if right else "WRONG", what, flush=True)


def packets(host: Any) -> int:
    """How many the forward hook saw, of 200 questions and answers."""
    host.nft("flush ruleset ip\n" + COUNTING)
    inside = {
        side: ["sh", "-c", f'exec nsenter -n -t $(cat /tmp/{side}) python3 -c "$0"'] for side in ("left", "right")
    }
    with subprocess.Popen([*host.enter, *inside["right"], SERVER], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        asked = host.run([*inside["left"], CLIENT])
        server.kill()
    tell(asked.ok, asked.stderr)
    return int(host.nft("list chain ip seen c\n").partition("packets ")[2].split()[0])


def saved(host: Any) -> Kept:
    return own("/bin/nft", {OURS: host.run(["nft", "-s", "list", "table", *OURS]).stdout.decode()})


def join(host: Any) -> None:
    """What systemd does when an interface comes."""
    unit = (saved(host).files[UNITS + JOINER] or b"").decode()
    for command in re.findall("^ExecStopPost=-(.*)$", unit, re.MULTILINE):
        done = host.run(shlex.split(command))
        tell(done.ok, done.stderr)


def play(host: Any) -> None:
    made = host.run(["sh", "-c", f"({WIRES}) >/dev/null 2>/tmp/wires; cat /tmp/wires"])
    tell(not made.stdout, made.stdout)

    def opened() -> Session:
        return NftablesProvider().open(host, {}, LINEAGE)

    exercise(NftablesProvider(), opened, CASE)
    tell("table" not in host.ruleset(), "nothing is left")
    slow = packets(host)
    operation = Operation(
        verb=Verb.CREATE, address="nftables_flowtable.a", type="nftables_flowtable", before=None, after=VALUES
    )
    mounted = host.run(["mount", "-t", "sysfs", "sysfs", "/sys"])
    tell(mounted.ok, mounted.stderr)
    known = Known(address=operation.address, type=operation.type, values=VALUES)
    step = Step(operations=(operation,), lineage=LINEAGE)
    outcomes = list(opened().apply(step))
    tell(not outcomes[0].diagnostics, outcomes)
    fast = packets(host)
    tell(slow > 400 > 40 > fast, f"{slow} packets through the forward hook, {fast} with the fast path")
    tell(opened().read([known])[0] is not None, "it is there")
    gone = ("ip link del dev right", "ip link add name right type veth peer name other")
    for command in gone:
        host.run(command.split())
    tell(opened().read([known])[0] is None, "an interface that went is drift")
    join(host)
    tell(opened().read([known])[0] is not None, "until systemd has it join again")
    join(host)
    tell(opened().read([known])[0] is not None, "which does no harm where it is in")
    for command in gone:
        host.run(command.split())
    outcomes = list(opened().apply(step))
    tell(not outcomes[0].diagnostics, outcomes)
    tell(opened().read([known])[0] is not None, "or the next apply repairs it")
    host.nft("flush ruleset\n" + saved(host).told.decode())
    tell(opened().read([known])[0] is None, "at boot it has no interfaces")
    join(host)
    tell(opened().read([known])[0] is not None, "until they join")


with subprocess.Popen(
    ["unshare", "-Urnm", "sh", "-c", "ip link set lo up; echo ready; exec sleep 900"], stdout=subprocess.PIPE
) as sleeper:
    assert sleeper.stdout is not None
    sleeper.stdout.readline()
    try:
        play(NamespaceHost(sleeper.pid, {"nft": "/bin/nft", "ip": "/bin/ip"}))
    except Exception:  # noqa: BLE001 - the console is all that gets out
        print("WRONG", traceback.format_exc(), flush=True)
    finally:
        sleeper.kill()
print("done", flush=True)
