"""Identities derived at plan time, so that nothing has to wait for an apply to learn them.

The seed holds the machine's own host name: two people's `local` are different machines, whose NICs may meet on one LAN.
"""

from __future__ import annotations

import hashlib
import uuid

from kvmplan_sdk.interface_names import fitted

_SPACE = uuid.UUID("6d0e9a54-6f3c-5a0f-9d0b-4c7a5b1f2e10")


def derived_uuid(*seed: str) -> str:
    return str(uuid.uuid5(_SPACE, "|".join(seed)))


def derived_mac(*seed: str) -> str:
    """A unicast address under 52:54:00, QEMU's prefix, as libvirt's own are."""
    tail = hashlib.sha256("|".join(seed).encode()).digest()[:3]
    return "52:54:00:" + tail.hex(":")


def bridge_name(network: str) -> str:
    """``virbr-NETWORK``, fitted to what an interface may be called."""
    return fitted("virbr-", network)
