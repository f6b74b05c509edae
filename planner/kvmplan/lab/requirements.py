"""What a machine needs before it can carry a lab, and what of it is missing."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab.errors import LabError


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing looked for on the machine.

    ``any_of`` holds command names and absolute paths; one of them existing is enough. ``package`` is the Debian and
    Ubuntu package that brings it.
    """

    any_of: tuple[str, ...]
    package: str


REQUIREMENTS = (
    Requirement(("/usr/bin/systemd-nspawn",), "systemd-container"),
    Requirement(("/usr/lib/systemd/systemd-udevd", "/lib/systemd/systemd-udevd"), "udev"),
    Requirement(("/usr/sbin/libvirtd", "/usr/sbin/virtqemud"), "libvirt-daemon-system"),
    Requirement(("/usr/bin/virsh",), "libvirt-clients"),
    Requirement(("/usr/sbin/nft",), "nftables"),
    Requirement(("/usr/sbin/netplan",), "netplan.io"),
    Requirement(("/usr/sbin/dnsmasq",), "dnsmasq-base"),
    Requirement(("/usr/bin/qemu-system-x86_64",), "qemu-system-x86"),
    Requirement(("/usr/bin/busybox", "/bin/busybox"), "busybox-static"),
    Requirement(("/usr/sbin/ip", "/sbin/ip", "/bin/ip"), "iproute2"),
    Requirement(("/usr/sbin/sshd",), "openssh-server"),
    Requirement(("/usr/bin/ssh-keygen",), "openssh-client"),
    Requirement(("/usr/bin/unshare",), "util-linux"),
    Requirement(("/usr/bin/nsenter",), "util-linux"),
    Requirement(("/usr/bin/mount", "/bin/mount"), "mount"),
    Requirement(("/usr/bin/dbus-daemon", "/usr/bin/dbus-broker"), "dbus"),
)


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing this machine lacks; ``package`` is ``None`` where no package brings it (root, the architecture)."""

    what: str
    package: str | None


def missing(
    exists: Callable[[str], bool] | None = None, *, uid: int | None = None, machine: str | None = None
) -> list[Missing]:
    """Everything this machine lacks for a lab; an empty list where a lab can be made.

    ``exists`` answers for a command name or an absolute path; it, ``uid`` and ``machine`` are there for tests.
    """
    present = exists or _present
    lacks: list[Missing] = []
    if (os.geteuid() if uid is None else uid) != 0:
        lacks.append(Missing("root privileges", None))
    if (machine or platform.machine()) != "x86_64":
        lacks.append(Missing("an x86_64 machine", None))
    lacks += [
        Missing(Path(requirement.any_of[0]).name, requirement.package)
        for requirement in REQUIREMENTS
        if not any(present(name) for name in requirement.any_of)
    ]
    return lacks


def explain(lacks: list[Missing]) -> str:
    """One line for a person: what is missing and the packages that bring it; empty for an empty list."""
    if not lacks:
        return ""
    bare = [item.what for item in lacks if item.package is None]
    packages = sorted({item.package for item in lacks if item.package is not None})
    parts = []
    if bare:
        parts.append(" and ".join(bare))
    if packages:
        parts.append(f"the packages {' '.join(packages)} (install them with: apt-get install {' '.join(packages)})")
    return f"a lab needs {', and '.join(parts)}"


def require() -> None:
    """Raise LabError naming everything that is missing; return where nothing is."""
    lacks = missing()
    if lacks:
        raise LabError(explain(lacks))


def _present(name: str) -> bool:
    if name.startswith("/"):
        return Path(name).exists()
    return shutil.which(name) is not None
