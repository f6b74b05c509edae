"""Telling guests that their NIC was moved: they see its cable pulled, and plugged in again.

libvirt moves a tap without a word to the guest, which would keep the address of the network that it left.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from kvmplan_libvirt.api import Affect
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.interface.xml import document, values_of
from kvmplan_libvirt.inventory import Nic
from kvmplan_libvirt.reach import Reach

PULLED = 1.0
"""Seconds without a cable; a guest that looks only now and then has to see it."""


def replug_cables(reach: Reach, nics: Sequence[Nic]) -> None:
    """All of ``nics`` at a time. Raises `DiagnosticError`."""
    if not nics:
        return
    try:
        _set(reach, nics, "down")
        time.sleep(PULLED)
    finally:
        _set(reach, nics, "up")


def _set(reach: Reach, nics: Sequence[Nic], state: str) -> None:
    for nic in nics:
        with calling(f"Telling guest {nic.domain} that NIC {nic.mac} was moved"):
            domain = reach.connection.lookupByName(nic.domain)
            domain.updateDeviceFlags(document({**values_of(nic, {}), "link_state": state}, nic.element), Affect.LIVE)
