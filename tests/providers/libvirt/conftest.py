"""libvirt's in-process test driver: networks that are real down to libvirt's own rules, without root or a daemon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from kvmplan_libvirt.provider import LibvirtProvider
from kvmplan_sdk import Session
from kvmplan_sdk.testing.fake_host import FakeHost

URI = "test:///default"
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Rig:
    """``connection`` keeps the driver's one shared world alive between sessions."""

    provider: LibvirtProvider
    connection: Any
    open: Callable[[], Session]


@pytest.fixture
def rig() -> Iterator[Rig]:
    libvirt = pytest.importorskip("libvirt")
    connection = libvirt.open(URI)
    provider = LibvirtProvider()
    yield Rig(provider, connection, lambda: provider.open(FakeHost(), {"uri": URI}, LINEAGE))
    for network in connection.listAllNetworks():
        if network.name() != "default":
            if network.isActive():
                network.destroy()
            network.undefine()
    connection.close()
