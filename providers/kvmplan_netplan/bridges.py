"""Bridges as values: between a resource's attributes and netplan's YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan_sdk import Object, Value

Netdef = dict[str, Any]
"""What netplan has under a bridge's name (netplan(5)): JSON's types only."""

_PLAIN = ("interfaces", "addresses", "dhcp4", "dhcp6", "mtu", "macaddress")


def netdef(values: Object) -> Netdef:
    """A resource's values, which must be known, as netplan writes them; what is default is left out."""
    result: Netdef = {name: _plain(values[name]) for name in _PLAIN if values.get(name) not in (None, False, [])}
    if not result.get("interfaces"):
        result["optional"] = True  # without a port there is no carrier, and booting would wait for one
    routes, servers, parameters = (values.get(name) for name in ("routes", "nameservers", "parameters"))
    if routes:
        result["routes"] = [{"to": route["to"], "via": route["via"]} for route in _plain(routes)]
    if isinstance(servers, Mapping):
        kept = {name: _plain(servers[name]) for name in ("addresses", "search") if servers.get(name)}
        result.update({"nameservers": kept} if kept else {})
    if isinstance(parameters, Mapping) and (parameters.get("stp") or parameters.get("forward_delay") is not None):
        # netplan(5): with any parameter, stp is true unless it says otherwise
        result["parameters"] = {"stp": bool(parameters.get("stp"))}
        if parameters.get("forward_delay") is not None:
            result["parameters"]["forward-delay"] = _plain(parameters["forward_delay"])
    return result


def values(name: str, definition: Netdef, file: str | None) -> dict[str, Value]:
    """The resource's values that ``definition`` stands for."""
    servers, parameters = definition.get("nameservers"), definition.get("parameters", {})
    return {
        "name": name,
        "interfaces": list(definition.get("interfaces", [])),
        "addresses": list(definition.get("addresses", [])),
        "dhcp4": definition.get("dhcp4", False),
        "dhcp6": definition.get("dhcp6", False),
        "mtu": definition.get("mtu"),
        "macaddress": definition.get("macaddress"),
        "file": file,
        "routes": [dict(route) for route in definition.get("routes", [])],
        "nameservers": None
        if servers is None
        else {"addresses": servers.get("addresses", []), "search": servers.get("search", [])},
        "parameters": {"stp": parameters.get("stp", False), "forward_delay": parameters.get("forward-delay")},
    }


def _plain(value: Value) -> Any:
    """Numbers as int, everything else as it is, however deep."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, (str, bool)) else int(str(value))
