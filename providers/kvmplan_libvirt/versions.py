"""What the host's libvirt is too old for. It would drop it without a word.

A version is a number: major * 1,000,000 + minor * 1,000 + release.
"""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.plain import block, blocks
from kvmplan_sdk import Diagnostic, Object, Path, error

VLAN_ON_BRIDGE = 11_000_000
"""Since this version of libvirt (11.0.0) a Linux bridge can have VLANs."""


def check_versions(node: Node, configured: Object, version: int, at: Path = ()) -> Iterator[Diagnostic]:
    for name, field in node.fields.items():
        if field.since > version and configured.get(name) is not None:
            yield error(
                f"`{name}` needs libvirt {spelled(field.since)}",
                f"The host has {spelled(version)}. Take it out, or update libvirt.",
                path=(*at, name),
            )
    for name, child in node.nodes.items():
        one = block(configured, name)
        if one is not None:
            yield from check_versions(child, one, version, (*at, name))
        for index, item in enumerate(blocks(configured, name)):
            yield from check_versions(child, item, version, (*at, name, index))


def lacking(node: Node, at: str, version: int) -> Iterator[str]:
    """The attributes of ``node``, which is called ``at``, that libvirt ``version`` does not have, by their path."""
    for name, field in node.fields.items():
        if field.since > version:
            yield f"{at}.{name}"
    for name, child in node.nodes.items():
        yield from lacking(child, f"{at}.{name}", version)


def spelled(number: int) -> str:
    return f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
