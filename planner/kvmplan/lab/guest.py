"""Small real guests of a lab host: built once, defined and started by the host's own libvirt."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol
from xml.etree import ElementTree as Xml  # builds only, parses nothing

from kvmplan.lab import initramfs, kernel, kvm, line, program
from kvmplan.lab.addressing import checked_name, guest_mac_for
from kvmplan.lab.errors import LabError

MEMORY_MIB = 128
BOOT_SECONDS = 180.0
# Root ports beyond the NICs the guest starts with: so many more can be hot-plugged.
SPARE_PORTS = 8
_FILES = "/var/lib/kvmplan-lab"
_BUSYBOX = ("/usr/bin/busybox", "/bin/busybox")


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest: its name (also its host name), the libvirt networks and the bridges its NICs are on, memory in MiB.
    ``minds_carrier``: whether it asks for another address when its cable was pulled, as most systems do. ``program``: a
    Python program to have in it (`program.PATH`).
    """

    name: str
    networks: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    memory: int = MEMORY_MIB
    minds_carrier: bool = False
    program: Path | None = None


@dataclass(frozen=True, slots=True)
class Boot:
    """What a guest boots from, as paths in the host, and whether KVM runs it (else emulation)."""

    image: str
    initramfs: str
    kvm: bool


class Shell(Protocol):
    """What is needed of a lab host here."""

    @property
    def name(self) -> str:
        """The host's name."""
        ...

    def run(
        self,
        argv: Sequence[str],
        *,
        input: str | bytes | None = None,  # noqa: A002
        timeout: float = 60.0,
        check: bool = True,
    ) -> CompletedProcess[str]:
        """Run a command in the host."""
        ...


def console_path(name: str) -> str:
    """Where, in the host, the guest's serial console is written to."""
    return f"/var/log/kvmplan-lab/{name}.log"


def domain_xml(host: str, guest: Guest, boot: Boot) -> str:
    """The libvirt domain of ``guest`` on the lab host ``host``."""
    domain = Xml.Element("domain", type="kvm" if boot.kvm else "qemu")
    _text(domain, "name", guest.name)
    _text(domain, "memory", str(guest.memory), unit="MiB")
    _text(domain, "vcpu", "1")
    system = Xml.SubElement(domain, "os")
    _text(system, "type", "hvm", arch="x86_64", machine="q35")
    _text(system, "kernel", boot.image)
    _text(system, "initrd", boot.initramfs)
    minding = " kvmplan.carrier" if guest.minds_carrier else ""
    _text(system, "cmdline", f"{kernel.COMMAND_LINE} kvmplan.guest={guest.name}{minding}")
    features = Xml.SubElement(domain, "features")
    # Without them the guest sees no hot-plugged NIC, or loses the one it has.
    Xml.SubElement(features, "acpi")
    Xml.SubElement(features, "apic")
    if boot.kvm:
        Xml.SubElement(domain, "cpu", mode="host-passthrough")
    devices = Xml.SubElement(domain, "devices")
    for index in range(len(guest.networks) + len(guest.bridges) + SPARE_PORTS + 1):
        model = "pcie-root-port" if index else "pcie-root"
        Xml.SubElement(devices, "controller", type="pci", index=str(index), model=model)
    Xml.SubElement(devices, "controller", type="usb", model="none")
    serial = Xml.SubElement(devices, "serial", type="file")
    Xml.SubElement(serial, "source", path=console_path(guest.name))
    serial = Xml.SubElement(devices, "serial", type="unix")
    Xml.SubElement(serial, "source", mode="bind", path=line.path(guest.name))
    Xml.SubElement(devices, "memballoon", model="none")
    ends = [("network", name) for name in guest.networks] + [("bridge", name) for name in guest.bridges]
    for number, (kind, name) in enumerate(ends):
        nic = Xml.SubElement(devices, "interface", type=kind)
        Xml.SubElement(nic, "mac", address=guest_mac_for(host, guest.name, str(number)))
        Xml.SubElement(nic, "source", {kind: name})
        Xml.SubElement(nic, "model", type="virtio")
    return Xml.tostring(domain, encoding="unicode")


def start(host: Shell, guest: Guest, progress: Callable[[str], None]) -> str:
    """Define and start ``guest`` on ``host`` and wait until it says it is up; its name. Raises LabError."""
    checked_name(guest.name, "guest")
    if host.run(["virsh", "domstate", guest.name], check=False).returncode == 0:
        raise LabError(f"{host.name} has a guest {guest.name} already")
    boot = _prepare(host, guest.program, progress)
    progress(f"{host.name}: starting {guest.name} {'under KVM' if boot.kvm else 'under emulation'}")
    host.run(["rm", "-f", console_path(guest.name)])
    host.run(["virsh", "define", "/dev/stdin"], input=domain_xml(host.name, guest, boot))
    try:
        host.run(["virsh", "start", guest.name], timeout=BOOT_SECONDS)
    except BaseException:
        host.run(["virsh", "undefine", guest.name], check=False)
        raise
    _await_line(host, guest.name, re.compile(rf"kvmplan-lab: {re.escape(guest.name)} is up"), BOOT_SECONDS, "boot")
    return guest.name


def await_address(host: Shell, name: str, timeout: float, mac: str | None) -> str:
    """The address of the guest's last lease (on the NIC ``mac``), waited for at most ``timeout`` seconds."""
    nic = re.escape(mac.lower()) if mac else r"\S+"
    line = re.compile(rf"kvmplan-lab: \S+ {nic} has (\d+\.\d+\.\d+\.\d+)/")
    return _await_line(host, name, line, timeout, "get a DHCP lease").group(1)


def _await_line(host: Shell, name: str, line: re.Pattern[str], timeout: float, what: str) -> re.Match[str]:
    """The last match of ``line`` on the guest's console."""
    deadline = time.monotonic() + timeout
    while True:
        console = host.run(["cat", console_path(name)], check=False).stdout
        found = list(line.finditer(console))
        if found:
            return found[-1]
        if time.monotonic() >= deadline:
            last = " | ".join(console.splitlines()[-3:]) or "nothing"
            raise LabError(f"the guest {name} did not {what} within {timeout:.0f} s; its console says: {last}")
        time.sleep(0.1)


def _prepare(host: Shell, more: Path | None, progress: Callable[[str], None]) -> Boot:
    """Put the guest's kernel and system into the host, unless they are there."""
    kern = kernel.ensure(progress)
    busybox = next((Path(path).read_bytes() for path in _BUSYBOX if Path(path).exists()), b"")
    if not initramfs.runs_alone(busybox):
        raise LabError("guests need a static busybox, which this machine lacks: apt-get install busybox-static")
    system = initramfs.archive(initramfs.entries(busybox, kern.modules))
    local = kernel.cache_folder() / f"initramfs-{_digest(system)}"
    if not local.exists():
        for old in kernel.cache_folder().glob(f"initramfs-{'[0-9a-f]' * 16}"):
            old.unlink(missing_ok=True)
        local.write_bytes(system)
    runs = kvm.usable(kern, local)
    whole = system if more is None else system + program.archive(more)
    boot = Boot(f"{_FILES}/vmlinuz-{kern.version}", f"{_FILES}/initramfs-{_digest(whole)}", runs)
    for target, content in ((boot.image, kern.image.read_bytes()), (boot.initramfs, whole)):
        if host.run(["test", "-e", target], check=False).returncode != 0:
            script = 'cat >"$1.$$" && mv "$1.$$" "$1"'
            host.run(["sh", "-c", script, "sh", target], input=content)
    if runs:
        host.run(["sh", "-c", "[ -e /dev/kvm ] || mknod -m 666 /dev/kvm c 10 232"])
    return boot


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _text(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    Xml.SubElement(parent, tag, attributes).text = text
