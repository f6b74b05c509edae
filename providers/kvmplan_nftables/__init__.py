"""The nftables provider: masquerading and port forwards in kvmplan's own table, ``inet kvmplan``.

All changes of a step are one atomic batch for nft(8). It is not a general firewall language, and touches no table but
its own: what foreign tables would do to our traffic it reads and reports. Networks and bridges are made by the libvirt
and netplan providers.
"""

from kvmplan_nftables.provider import NftablesProvider
from kvmplan_sdk import Provider, hookimpl

__all__ = ["NftablesProvider", "kvmplan_provider"]


@hookimpl
def kvmplan_provider() -> Provider:
    return NftablesProvider()
