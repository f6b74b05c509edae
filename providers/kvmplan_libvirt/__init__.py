"""The libvirt provider: networks, guests' NICs on them, and what is known of domains, on one KVM host.

It is not a hypervisor manager: it defines no guests and no storage. It knows only `kvmplan_sdk` and, once a session is
opened, libvirt-python; host bridges are netplan's provider's, firewall rules nftables' provider's, and the engine
does everything else.
"""

from __future__ import annotations

from kvmplan_sdk import hookimpl
from kvmplan_sdk.provider import Provider


@hookimpl
def kvmplan_provider() -> Provider:
    from kvmplan_libvirt.provider import LibvirtProvider

    return LibvirtProvider()
