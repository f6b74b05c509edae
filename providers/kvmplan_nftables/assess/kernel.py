"""What the kernel's settings, and rules that nft does not see, do to forwarded packets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.assess.forwards import Planned
from kvmplan_nftables.assess.traffic import likewise
from kvmplan_nftables.assess.view import View
from kvmplan_sdk import Diagnostic, warning

_ALL = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


@dataclass(frozen=True, slots=True)
class Need:
    """A resource that needs packets of ``version`` to be forwarded that come in by ``interfaces``. ``claimed``: libvirt
    sees to the general setting as it starts the network.
    """

    address: str
    version: int
    interfaces: tuple[str, ...]
    claimed: bool


def judge_forwarding(view: View, needs: Sequence[Need]) -> Iterator[Diagnostic]:
    """IPv4 is forwarded by the setting of the interface that a packet comes in by, IPv6 by the general one."""
    alike: dict[tuple[str, str], list[str]] = {}
    for need in needs:
        sides = need.interfaces if need.version == 4 else ()
        settings = {name: view.settings.get(setting(name)) for name in sides}
        if view.sysctl(_ALL[need.version]) == "0":
            if not need.claimed and not (settings and set(settings.values()) == {"1"}):
                alike.setdefault((_ALL[need.version], ""), []).append(need.address)
            continue
        for name, value in settings.items():
            if value == "0":
                alike.setdefault((setting(name), name), []).append(need.address)
    for (name, interface), addresses in alike.items():
        yield _off(name, interface, list(dict.fromkeys(addresses)))


def setting(interface: str, name: str = "forwarding") -> str:
    """A setting's name, as sysctl(8) writes it."""
    return f"net.ipv4.conf.{interface.replace('.', '/')}.{name}"


def _off(name: str, interface: str, addresses: Sequence[str]) -> Diagnostic:
    what = f" what comes in by {interface}" if interface else " packets"
    kept = "" if interface else " (libvirt sets it when a routed network starts.)"
    return warning(
        f"The host does not forward{what}",
        f"{name} is 0, so nothing gets from outside to guests, or from guests to the outside.{likewise(addresses[1:])} "
        f"Run `sysctl -w {name}=1` and keep it in /etc/sysctl.d.{kept}",
        address=addresses[0],
    )


def judge_sources(view: View, planned: Sequence[Planned]) -> Iterator[Diagnostic]:
    """Clients whom rp_filter keeps away: they come in by an interface that the host would not answer them by."""
    for one in planned:
        interface = one.forward.interface
        if interface is None or one.forward.target.version == 6 or not one.changed:
            continue
        strict = [view.settings.get(setting(name, "rp_filter")) for name in ("all", interface)]
        if max(value or "0" for value in strict) != "1":
            continue
        for source in one.forward.sources:
            there = view.interface_to(source.network_address)
            if there is not None and there != interface:
                yield warning(
                    "Clients that the kernel takes for forged",
                    f"The host reaches {source} by {there}, and drops what comes from there by {interface}: "
                    f"rp_filter is 1 (`sysctl {setting(interface, 'rp_filter')}`). Write the interface that they come "
                    f"in by, or `sysctl -w {setting(interface, 'rp_filter')}=2`, or a route.",
                    address=one.address,
                    path=("interface",),
                )
                break


def judge_legacy(view: View, addresses: Sequence[str]) -> Iterator[Diagnostic]:
    """``addresses``: of the resources whose traffic is judged."""
    if not addresses or not view.legacy:
        return
    yield warning(
        "Rules that nft does not show",
        f"iptables-legacy has rules on this host, which nft does not see and this plan does not judge: "
        f"`{'`, `'.join(view.legacy)}`. See that they let the traffic pass, or move them to nftables "
        "(iptables-translate).",
        address=addresses[0],
    )
