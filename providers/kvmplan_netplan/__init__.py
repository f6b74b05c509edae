"""The netplan provider: the host's bridges in kvmplan's own netplan file, activated once for all changes of a step.

It is not an editor of other netplan files: those stay as they are, and netplan merges them. What is plugged into a
bridge is the libvirt provider's, what may pass is the nftables provider's.
"""

from kvmplan_netplan.provider import NetplanProvider
from kvmplan_sdk import Provider, hookimpl

__all__ = ["NetplanProvider", "kvmplan_provider"]


@hookimpl
def kvmplan_provider() -> Provider:
    return NetplanProvider()
