"""A LAN segment: one network namespace that is the switch, the gateway, the client and the Internet of its hosts.

Its bridge ``lan`` is the switch; the bridge's own address is the gateway and the neighbour from which an outside client
is played. The loopback holds an address "beyond" the gateway with a small web server. A DHCP server serves guests that
are bridged onto the LAN. The process that holds the namespaces open runs them, so that ending it ends everything.
"""

from __future__ import annotations

import hashlib
import shlex
import signal
from collections.abc import Sequence

from kvmplan.lab.addressing import GATEWAY, INTERNET, LAN, LEASED, mac_for
from kvmplan.lab.errors import LabError
from kvmplan.lab.furnish import HOSTS_TAG, ssh_config
from kvmplan.lab.namespace import Waiter, inside
from kvmplan.lab.process import ProcessId
from kvmplan.lab.registry import HostRecord, Registry, SegmentRecord

BRIDGE = "lan"
END_SECONDS = 60.0
OUTSIDE_PAGE = "hello from the outside\n"
# The page that says who asked: what is seen here is the source address after every translation on the way.
_CLIENT_PAGE = r"""#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\nhello from the outside to %s\n' "$REMOTE_ADDR"
"""


def ensure(registry: Registry, name: str) -> ProcessId:
    """Make the segment ``name`` if it is not there; the process that holds it. Call with the registry locked."""
    record = registry.segment(name)
    if record and record.process and record.process.alive():
        return record.process
    registry.forget_segment(name)
    registry.write_segment(SegmentRecord(name))
    folder = registry.segment_folder(name)
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    keys = registry.base / "ssh"
    (folder / "ssh_config").write_text(ssh_config(str(keys / "id_ed25519"), str(keys / "known_hosts")))
    page = folder / "www"
    page.mkdir()
    with Waiter.start(["sh", "-c", _servers(str(page))], log=folder / "server.log", pids=True) as waiter:
        registry.write_segment(SegmentRecord(name, waiter.process))
        inside(waiter.process, ["sh", "-ec", _wiring(str(folder))])
        waiter.go()
    return waiter.process


def release(registry: Registry, name: str) -> None:
    """End the segment ``name`` unless a recorded host is still on it. Call with the registry locked."""
    if any(host.segment == name for host in registry.hosts()):
        return
    record = registry.segment(name)
    if record and record.process:
        end(record.process)
    registry.forget_segment(name)


def end(process: ProcessId) -> None:
    """End a process that holds namespaces, and so the namespaces."""
    process.signal(signal.SIGKILL)
    if not process.wait(END_SECONDS):
        raise LabError(f"process {process.pid} of the lab does not end")


def plug(switch: ProcessId, host: HostRecord, into: ProcessId) -> None:
    """Connect every NIC of ``host``, whose namespace ``into`` holds, to the segment ``switch`` holds."""
    lines = []
    for number in range(host.nics):
        port, nic = port_name(host.name, number), f"ens{3 + number}"
        mac = mac_for(host.name, nic)
        lines += [
            f"ip link del {port} 2>/dev/null || true",
            f"ip link add {port} type veth peer name {nic} address {mac} netns {into.pid}",
            f"ip link set {port} address {mac_for('port', host.name, nic)} master {BRIDGE} up",
        ]
    inside(switch, ["sh", "-ec", "\n".join(lines)])


def port_name(host: str, number: int) -> str:
    """The name, on the switch, of the cable to NIC ``number`` of ``host``; at most 15 characters."""
    name = f"{host}-{number}"
    if len(name) <= 15:
        return name
    return f"{host[:6]}{hashlib.sha256(host.encode()).hexdigest()[:5]}-{number}"


def publish(registry: Registry, name: str) -> None:
    """Tell the outside and every host of the segment who is there, by name. Call with the registry locked.

    A host that does not answer is passed over: it will be told when it next comes up.
    """
    hosts = [host for host in registry.hosts() if host.segment == name]
    lines = "".join(f"{host.address} {host.name} {HOSTS_TAG}\n" for host in hosts)
    (registry.segment_folder(name) / "hosts").write_text(f"127.0.0.1 localhost\n{GATEWAY} outside\n{lines}")
    for host in hosts:
        if host.init is not None and host.init.alive():
            _tell(host.init, f"{GATEWAY} outside {HOSTS_TAG}\n{lines}")


def _tell(init: ProcessId, lines: str) -> None:
    kept = f"kept=$(grep -v {shlex.quote(HOSTS_TAG + '$')} /etc/hosts)"
    script = f'{kept}; new=$(cat); printf "%s\\n%s\\n" "$kept" "$new" >/etc/hosts'
    try:
        inside(init, ["sh", "-c", script], data=lines.encode(), timeout=60.0)
    except LabError:
        return


def _servers(page: str) -> str:
    """The commands that give bridged guests addresses and then become the web server."""
    first, last = LEASED
    return (
        f"dnsmasq --conf-file=/dev/null --keep-in-foreground --port=0 --interface={BRIDGE} --bind-interfaces --no-ping"
        f" --dhcp-authoritative --dhcp-range={first},{last},1h --leasefile-ro --pid-file --user=root &\n"
        f"exec busybox httpd -f -p {INTERNET}:80 -h {shlex.quote(page)}"
    )


def _wiring(folder: str) -> str:
    quoted: Sequence[str] = [shlex.quote(f"{folder}/{name}") for name in ("hosts", "ssh_config", "www")]
    hosts, ssh, page = quoted
    return f"""\
ip link set lo up
ip addr add {INTERNET}/32 dev lo
ip link add {BRIDGE} type bridge stp_state 0 forward_delay 0
ip link set {BRIDGE} address {mac_for("segment")}
ip addr add {GATEWAY}/{LAN.prefixlen} dev {BRIDGE}
ip link set {BRIDGE} up
echo 1 >/proc/sys/net/ipv4/ip_forward
mount -t sysfs sysfs /sys
mount --bind {hosts} /etc/hosts
mount --bind {ssh} /etc/ssh/ssh_config
mount -t tmpfs -o size=1M,mode=0755 kvmplan-lab {page}
printf '%s' {shlex.quote(OUTSIDE_PAGE)} >{page}/index.html
mkdir {page}/cgi-bin
printf '%s' {shlex.quote(_CLIENT_PAGE)} >{page}/cgi-bin/client
chmod 755 {page}/cgi-bin/client
"""
