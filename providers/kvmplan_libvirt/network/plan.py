"""Planning one network, without I/O: what is derived is filled in, what cannot work is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from kvmplan_libvirt.identity import bridge_name, derived_mac, derived_uuid
from kvmplan_libvirt.impact import replaced
from kvmplan_libvirt.network.check import check
from kvmplan_libvirt.network.impact import impact_between
from kvmplan_libvirt.network.model import ISOLATED, NAT, NETWORK, OWN_BRIDGE
from kvmplan_libvirt.network.xml import fill_subnet
from kvmplan_libvirt.plain import block, blocks, interfaces, text, thawed
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import UNKNOWN, Claim, InterfaceClaim, MacClaim, Object, Planned, Proposal, SubnetClaim

_FILTERED = {
    NAT: 'libvirt\'s own firewall for mode = "nat" networks',
    ISOLATED: 'libvirt\'s own firewall for mode = "isolated" networks',
}


Seed = tuple[str, ...]
"""What identities are derived from: the machine, and the address of the resource on it."""


def plan(proposal: Proposal, reach: Reach) -> Planned:
    prior = proposal.prior
    renamed = prior is not None and prior.get("name") != proposal.proposed.get("name")
    values = complete(proposal.proposed, proposal.configured, None if renamed else prior, reach.seed(proposal.address))
    return Planned(
        values=values,
        replaces=replaced(NETWORK, prior, values),
        impact=impact_between(prior, values),
        claims=tuple(claims(values)),
        diagnostics=tuple(check(values, proposal.configured, reach.version)),
    )


def complete(values: Object, configured: Object, prior: Object | None, seed: Seed) -> dict[str, Any]:
    """``values`` with everything filled in that is not configured and follows from what is known."""
    draft: dict[str, Any] = thawed(values)
    name, mode = text(draft, "name"), text(draft, "mode")
    if name is not None and mode is not None:
        _fill_identity(draft, configured, prior, (*seed, name))
        if isinstance(draft["bridge"], dict):  # unknown where a dynamic block may make one
            _fill_bridge(draft["bridge"], block(configured, "bridge") or {}, prior, name, mode)
    for kind in ("ip", "route"):
        if isinstance(draft.get(kind), list):
            for subnet, written in zip(draft[kind], blocks(configured, kind), strict=False):
                _fill_free(subnet, written)
    return draft


def complete_rest(values: Object, seed: Seed) -> dict[str, Any]:
    """``values`` as they are applied: what is still unknown of what the provider derives is filled in."""
    return dict(_filled(values, complete(values, _known_part(values), None, seed)))


def _filled(value: Any, complete: Any) -> Any:
    """``value`` with what is unknown as in ``complete``."""
    if isinstance(value, Mapping) and isinstance(complete, Mapping):
        return {name: _filled(value.get(name), item) for name, item in complete.items()}
    if isinstance(value, (list, tuple)) and isinstance(complete, list):
        return [_filled(*pair) for pair in zip(value, complete, strict=True)]
    return complete if value is UNKNOWN else value


def _known_part(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known_part(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known_part(item) for item in value]
    return None if value is UNKNOWN else value


def _fill_identity(draft: dict[str, Any], configured: Object, prior: Object | None, seed: Seed) -> None:
    if configured.get("uuid") is None:
        draft["uuid"] = (prior and text(prior, "uuid")) or derived_uuid(*seed)
    if configured.get("mac") is None:
        own = prior if _has_own_bridge(prior) else {"mac": derived_mac(*seed)}
        draft["mac"] = text(own, "mac") if draft["mode"] in OWN_BRIDGE else None


def _fill_bridge(draft: dict[str, Any], configured: Object, prior: Object | None, name: str, mode: str) -> None:
    kept = block(prior, "bridge") if _has_own_bridge(prior) else {"name": bridge_name(name)}
    own = mode in OWN_BRIDGE
    derived = {
        "name": text(kept or {}, "name") if own else None,
        "stp": True if own else None,
        "delay": 0 if own else None,
    }
    draft.update({key: value for key, value in derived.items() if configured.get(key) is None})


def _has_own_bridge(prior: Object | None) -> TypeGuard[Object]:
    """Whether libvirt made a bridge for the network as it was. What that has no name or no MAC address pinned, which
    somebody else may have defined, keeps it so.
    """
    return prior is not None and prior.get("mode") in OWN_BRIDGE


def _fill_free(subnet: dict[str, Any], configured: Object) -> None:
    free = [name for name in ("prefix", "netmask", "family") if configured.get(name) is None]
    subnet.update(dict.fromkeys(free))
    fill_subnet(subnet)
    if UNKNOWN in (subnet["address"], subnet["prefix"], subnet["netmask"]):
        subnet.update({name: UNKNOWN for name in free if subnet[name] is None})


def claims(values: Object) -> Iterator[Claim]:
    """What the network takes of its host. A host's own bridge is claimed by whoever makes it."""
    bridge, mode, mac = text(block(values, "bridge") or {}, "name"), text(values, "mode"), text(values, "mac")
    if bridge is None or mode is None or mode not in OWN_BRIDGE:
        return
    yield InterfaceClaim(bridge)
    if mac is not None:
        yield MacClaim(mac.lower())
    for _, address in interfaces(values):
        yield SubnetClaim(address.network, bridge, _FILTERED.get(mode, ""))
