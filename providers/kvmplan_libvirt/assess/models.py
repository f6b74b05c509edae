"""NICs of a model that the guest's QEMU does not have. libvirt takes any name, and QEMU refuses it when it plugs it in.

Not in the domain capabilities: QEMU itself is asked, once for each emulator, and only where a model is not a usual one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.inventory import DomainRecord
from kvmplan_libvirt.plain import text
from kvmplan_sdk import Diagnostic, Host, HostError, error

_USUAL = frozenset({"virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000e", "rtl8139"})
_OF_A_PC = re.compile(r".*/(qemu-system-(x86_64|i386)|qemu-kvm|kvm)")
"""Boards of other machines have NICs that are no devices to plug in."""
_NETWORK = re.compile(r"^Network devices:\n(.*?)(?:\n\n|\Z)", re.DOTALL | re.MULTILINE)
_NAMES = re.compile(r'(?:name|alias) "([^"]+)"')


def check_models(scene: Scene) -> Iterator[Diagnostic]:
    host = scene.reach.kernel
    known: dict[str, frozenset[str]] = {}
    for change, after in scene.planned("libvirt_interface"):
        model, record = text(after, "model"), scene.domain(after)
        if host is None or change.verb is None or model is None or model in _USUAL or record is None:
            continue
        emulator = _emulator(record)
        if not _OF_A_PC.fullmatch(emulator):
            continue
        if emulator not in known:
            known[emulator] = nic_models(host, emulator)
        if known[emulator] and model not in known[emulator]:
            yield error(
                f"QEMU has no NIC of the model {model}",
                f"{emulator}, which domain {record.name} runs in, has: {', '.join(sorted(_USUAL))}, and "
                f"{', '.join(sorted(known[emulator] - _USUAL))}.",
                address=change.address,
                path=("model",),
            )


def _emulator(record: DomainRecord) -> str:
    element = record.config if record.config is not None else record.live
    return "" if element is None else element.findtext("devices/emulator", "")


def nic_models(host: Host, emulator: str) -> frozenset[str]:
    """Those that can be plugged in; none where the emulator does not say, or is not there."""
    try:
        done = host.run([emulator, "-device", "help"])
    except HostError:
        return frozenset()
    found = _NETWORK.search(done.stdout.decode(errors="replace"))
    return frozenset(_NAMES.findall(found[1])) if done.ok and found else frozenset()
