"""Whether this machine's /dev/kvm really runs a guest, or only exists."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from kvmplan.lab.errors import LabError
from kvmplan.lab.kernel import COMMAND_LINE, Kernel, cache_folder
from kvmplan.lab.process import boot_id, call

PROBE_SECONDS = 8.0
_DEVICE = Path("/dev/kvm")
_ALIVE = b"kvmplan-lab: alive"


def usable(kernel: Kernel, initramfs: Path) -> bool:
    """Whether a guest under KVM says something within `PROBE_SECONDS`; asked once a boot of the machine.

    A nested /dev/kvm can open, accept a guest and then spin for ever, so only a guest that has spoken counts.
    """
    if not _DEVICE.exists():
        return False
    kept = cache_folder() / "kvm.json"
    question = {"boot": boot_id(), "kernel": kernel.version}
    with contextlib.suppress(OSError, ValueError):
        answer = json.loads(kept.read_text())
        if {**answer, **question} == answer:
            return bool(answer["usable"])
    verdict = _guest_speaks(kernel, initramfs)
    kept.write_text(json.dumps({**question, "usable": verdict}) + "\n")
    return verdict


def _guest_speaks(kernel: Kernel, initramfs: Path) -> bool:
    command = [
        *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35,accel=kvm", "-cpu", "host"),
        *("-m", "128", "-display", "none", "-serial", "stdio", "-no-reboot"),
        *("-kernel", str(kernel.image), "-initrd", str(initramfs), "-append", COMMAND_LINE),
    ]
    try:
        return _ALIVE in call(command, timeout=PROBE_SECONDS, check=False).stdout
    except LabError:
        return False
