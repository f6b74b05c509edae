"""What makes the machine's root a host of its own: files put over the machine's before the first boot.

Files and links (mostly masks) go in as one stream, after `strip` has emptied their place. All of it is applied from
within the new root, so that no symbolic link can lead a write back to the machine.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kvmplan.lab.addressing import GATEWAY, LAN
from kvmplan.lab.namespace import inside
from kvmplan.lab.process import ProcessId
from kvmplan.lab.strip import MASKED_UNITS, preparation

HOSTS_TAG = "# kvmplan-lab"
_SERVICES = ("ssh.service", "systemd-networkd.service")
# One daemon for everything where the distribution has it, else one a driver; never both, they exclude one another.
_LIBVIRTD = ("libvirtd.service", "libvirtd.socket", "libvirtd-ro.socket", "libvirtd-admin.socket")
_MODULAR = ("virtqemud.socket", "virtnetworkd.socket", "virtstoraged.socket", "virtnodedevd.socket")
_SOCKETS = ("virtlogd.socket", "virtlockd.socket")
_QEMU_CONF = """\
user = "root"
group = "root"
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = [ ]
remember_owner = 0
"""
_SSHD_CONFIG = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
UseDNS no
PrintMotd no
MaxStartups 100
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
"""
_NFTABLES_CONF = """\
#!/usr/sbin/nft -f

flush ruleset

table inet filter {
\tchain input {
\t\ttype filter hook input priority filter;
\t}
\tchain forward {
\t\ttype filter hook forward priority filter;
\t}
\tchain output {
\t\ttype filter hook output priority filter;
\t}
}
"""
# Only the host's own NICs are announced to its udev: the machine's disks are none of its business.
_UDEV_TRIGGER = """\
[Service]
ExecStart=
ExecStart=udevadm trigger --action=add --subsystem-match=net
"""
_JOURNALD = "[Journal]\nStorage=volatile\nAudit=no\nReadKMsg=no\nRuntimeMaxUse=64M\n"
_RESOLV_CONF = "# This host's world is its LAN; names are in /etc/hosts, and there is no DNS server.\n"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a lab host is: its name, its address on the LAN, and its machine id (32 hex digits)."""

    name: str
    address: str
    machine_id: str


@dataclass(frozen=True, slots=True)
class Keys:
    """The lab's SSH keys, the same on every host: one that hosts log in with, one that they show."""

    user: bytes
    user_public: bytes
    host: bytes
    host_public: bytes


@dataclass(frozen=True, slots=True)
class Furniture:
    """Files and links to be put into a root; keys are absolute paths, file values are (mode, content)."""

    files: Mapping[str, tuple[int, bytes]]
    links: Mapping[str, str] = field(default_factory=dict)

    def archive(self) -> bytes:
        """All of it as an uncompressed tar archive owned by root."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as tar:
            for path, (mode, content) in self.files.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.mode, entry.size = mode, len(content)
                tar.addfile(entry, io.BytesIO(content))
            for path, target in self.links.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.type, entry.linkname = tarfile.SYMTYPE, target
                tar.addfile(entry)
        return stream.getvalue()


def administrators_netplan(identity: Identity) -> str:
    """The host's netplan file as its administrator left it: ens3 with a fixed address and a default route."""
    return (
        "network:\n  version: 2\n  renderer: networkd\n  ethernets:\n    ens3:\n"
        "      dhcp4: false\n      dhcp6: false\n      accept-ra: false\n"
        f"      addresses: [{identity.address}/{LAN.prefixlen}]\n"
        f"      routes: [{{to: default, via: {GATEWAY}}}]\n"
    )


def hosts_file(name: str) -> str:
    """``/etc/hosts`` of a host before it knows its neighbours."""
    return f"127.0.0.1 localhost\n127.0.1.1 {name}\n::1 localhost ip6-localhost ip6-loopback\n"


def ssh_config(key: str, known_hosts: str) -> str:
    """A client configuration that logs in to lab hosts with the lab's key and never asks a question."""
    return (
        f"Host *\n  IdentityFile {key}\n  UserKnownHostsFile {known_hosts}\n  GlobalKnownHostsFile /dev/null\n"
        "  StrictHostKeyChecking yes\n  ConnectTimeout 10\n  SendEnv LANG LC_*\n"
    )


def known_hosts(keys: Keys) -> bytes:
    """The lab's known-hosts file: every host of a lab shows the same key."""
    return b"* " + keys.host_public


def furniture(identity: Identity, keys: Keys, units: Sequence[str]) -> Furniture:
    """Everything put into the root of the host ``identity``.

    ``units`` are the unit files (names) the machine has; only those of the wanted ones that exist are enabled.
    """
    text = {
        "/etc/hostname": f"{identity.name}\n",
        "/etc/machine-id": f"{identity.machine_id}\n",
        "/etc/hosts": hosts_file(identity.name),
        "/etc/resolv.conf": _RESOLV_CONF,
        "/etc/fstab": "",
        "/etc/crypttab": "",
        "/etc/sysctl.conf": "",
        "/etc/modules": "",
        "/etc/nftables.conf": _NFTABLES_CONF,
        "/etc/network/interfaces": "",
        "/etc/libvirt/qemu.conf": _QEMU_CONF,
        "/etc/libvirt/libvirtd.conf": "",
        "/etc/libvirt/libvirt.conf": "",
        "/etc/ssh/sshd_config": _SSHD_CONFIG,
        "/etc/ssh/ssh_config": ssh_config("/root/.ssh/id_ed25519", "/root/.ssh/known_hosts"),
        "/etc/systemd/journald.conf.d/lab.conf": _JOURNALD,
        "/etc/systemd/system/systemd-udev-trigger.service.d/lab.conf": _UDEV_TRIGGER,
    }
    files = {path: (0o644, content.encode()) for path, content in text.items()}
    files["/etc/netplan/10-lab.yaml"] = (0o600, administrators_netplan(identity).encode())
    files["/etc/ssh/ssh_host_ed25519_key"] = (0o600, keys.host)
    files["/etc/ssh/ssh_host_ed25519_key.pub"] = (0o644, keys.host_public)
    files["/root/.ssh/id_ed25519"] = (0o600, keys.user)
    files["/root/.ssh/id_ed25519.pub"] = (0o644, keys.user_public)
    files["/root/.ssh/authorized_keys"] = (0o600, keys.user_public)
    files["/root/.ssh/known_hosts"] = (0o644, known_hosts(keys))
    links = {f"/etc/systemd/system/{unit}": "/dev/null" for unit in MASKED_UNITS}
    links["/etc/systemd/system/default.target"] = "/lib/systemd/system/multi-user.target"
    links["/etc/tmpfiles.d/tmp.conf"] = "/dev/null"
    for unit in _enabled(units):
        target = "sockets.target" if unit.endswith(".socket") else "multi-user.target"
        links[f"/etc/systemd/system/{target}.wants/{unit}"] = f"/lib/systemd/system/{unit}"
    return Furniture(files, links)


def _enabled(units: Sequence[str]) -> list[str]:
    """Those of the units ``units`` that are started at boot."""
    libvirt = _LIBVIRTD if "libvirtd.service" in units else _MODULAR
    return [unit for unit in (*_SERVICES, *libvirt, *_SOCKETS) if unit in units]


def machine_units(root: Path = Path("/")) -> list[str]:
    """The names of the unit files packages installed on this machine."""
    folder = root / "usr/lib/systemd/system"
    if not folder.is_dir():
        folder = root / "lib/systemd/system"
    return sorted(path.name for path in folder.iterdir())


def apply(process: ProcessId, root: Path, what: Furniture) -> None:
    """Put ``what`` into the root mounted at ``root`` in the mount namespace of ``process``."""
    inside(process, ["chroot", str(root), "/bin/sh", "-ec", preparation()], timeout=60.0, data=what.archive())
