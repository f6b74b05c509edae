"""kvmplan's netplan file: which bridges are ours, by resource address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kvmplan_netplan import yaml
from kvmplan_netplan.bridges import Netdef
from kvmplan_netplan.schema import FILE
from kvmplan_sdk import DiagnosticError, error

_HEADER = "# Written by kvmplan, which overwrites changes made here. State: "


@dataclass(frozen=True, slots=True)
class Document:
    """The file's content. ``bridges`` has resource address and definition by name; ``ethernets`` are the ports that
    are declared here, without settings, so that netplan knows them.
    """

    bridges: Mapping[str, tuple[str, Netdef]] = field(default_factory=dict)
    ethernets: tuple[str, ...] = ()

    def definitions(self) -> dict[str, Netdef]:
        return {name: definition for name, (_, definition) in self.bridges.items()}

    def render(self, lineage: str) -> bytes:
        bridges: dict[str, Any] = {}
        for name, (address, definition) in sorted(self.bridges.items()):
            bridges[f"#{name}"] = address
            bridges[name] = definition
        ports: dict[str, Any] = {"ethernets": {name: {} for name in sorted(self.ethernets)}} if self.ethernets else {}
        network = {"version": 2, **ports, "bridges": bridges}
        return "\n".join([_HEADER + lineage, *yaml.render({"network": network}), ""]).encode()


def parse_document(data: bytes | None, lineage: str) -> Document:
    """The document in the file, empty when there is none.

    Raises `DiagnosticError` when it belongs to another state, or somebody has edited it into a form of their own.
    """
    if data is None:
        return Document()
    header, _, body = data.decode(errors="replace").partition("\n")
    if not header.startswith(_HEADER):
        raise _refused("is not kvmplan's", "Give it another name.")
    if header != _HEADER + lineage:
        other = header.removeprefix(_HEADER)
        raise _refused(
            "belongs to another state",
            f"The state with lineage {other} has its bridges there, and a host's bridges belong to one state. Manage "
            f"them from that state, or, if it is lost, remove the file.",
        )
    try:
        network = yaml.parse(body.splitlines())["network"]
        return Document(_bridges(network.get("bridges", {})), tuple(network.get("ethernets", {})))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _refused(
            "has been edited",
            "Move what was added to a file of your own beside it, then remove it: the next apply writes it anew.",
        ) from None


def _bridges(items: Mapping[str, Any]) -> dict[str, tuple[str, Netdef]]:
    """Comments, which are addresses, and definitions take turns."""
    comments, definitions = list(items.items())[::2], list(items.items())[1::2]
    if not all(key.startswith("#") for key, _ in comments) or any(key.startswith("#") for key, _ in definitions):
        raise ValueError("a bridge without an address")
    pairs = zip(comments, definitions, strict=True)
    return {name: (address, definition) for (_, address), (name, definition) in pairs}


def _refused(what: str, cure: str) -> DiagnosticError:
    return DiagnosticError(error(f"{FILE} {what}", cure))
