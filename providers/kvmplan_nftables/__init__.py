"""The nftables provider: address translation, guests' firewalls and isolation, and tables of the user's.

What makes packets go is in tables of kvmplan's own; `blocks` are in tables of the user's and of others, `docker` in
Docker's chain. All that nft is told of a step is one atomic batch. Foreign rules that would stop our traffic are read
and reported. Networks and bridges are made by the libvirt and netplan providers.
"""

from kvmplan_nftables.provider import NftablesProvider
from kvmplan_sdk import Provider, hookimpl

__all__ = ["NftablesProvider", "kvmplan_provider"]


@hookimpl
def kvmplan_provider() -> Provider:
    return NftablesProvider()
