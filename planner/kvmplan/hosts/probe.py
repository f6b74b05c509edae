"""The facts of a host, with one command."""

from __future__ import annotations

from kvmplan_sdk.host import Facts, Host, HostError, check

TOOLS = ("ip", "netplan", "networkctl", "nft", "ss", "sysctl", "systemctl", "systemd-run", "virsh")
_SCRIPT = 'uname -n; uname -r; id -u; for tool in "$@"; do command -v -- "$tool" || echo; done'


def probe(host: Host) -> Facts:
    """Ask ``host`` for its facts. Raises `HostError` when it cannot be asked or gives no sense."""
    answer = check(host.run(["sh", "-c", _SCRIPT, "sh", *TOOLS], timeout=30), f"Probing {host.name}")
    lines = answer.decode(errors="replace").splitlines()
    if len(lines) != 3 + len(TOOLS) or not lines[2].isdecimal():
        said = "\n".join(lines[:5])
        detail = (
            f"Its shell answered:\n{said}\nLogin scripts (such as .bashrc) must print nothing in non-interactive use."
        )
        raise HostError(f"Host {host.name} gives no usable answer", detail)
    hostname, kernel, uid, *paths = lines
    return Facts(hostname, kernel, int(uid), {tool: path or None for tool, path in zip(TOOLS, paths, strict=True)})
