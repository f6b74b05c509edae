"""The attributes of a NIC that tell what it is given, and the block to wait for it. No document has them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import WATCH
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Nesting, Object, Value
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import ListType
from kvmplan_sdk.validators import one_of

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")


def _duration(said: Value) -> str | None:
    right = isinstance(said, str) and seconds(said) is not None
    return None if right else f'{said!r} is no time to wait: write "90s", "5m" or seconds.'


def seconds(duration: str) -> int | None:
    """The length of ``1h30m``, ``90s`` or ``90``, at least one second; None where it is written otherwise."""
    found = _DURATION.fullmatch(duration)
    hours, minutes, rest = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    return hours * 3600 + minutes * 60 + rest or None


TELLS = {
    "target": value(
        "",
        STRING,
        "Name of its tap on the host while the guest runs, else null.",
        computed=True,
        read_only=True,
        observed=True,
    ),
    "addresses": value(
        "",
        ListType(STRING),
        "The addresses that the guest has on it, without prefix length, in order: those that the DHCP service of its "
        "network has leased, or those that the `source` of `wait_for_address` knows of.",
        computed=True,
        read_only=True,
        observed=True,
    ),
}

WAIT = Node(
    doc=(
        "Apply waits, after plugging the NIC into a guest that runs or moving it, until the guest has an address on it."
    ),
    nesting=Nesting.SINGLE,
    change=WATCH,
    fields={
        "source": value(
            "",
            STRING,
            "Who tells: `lease`, the network's DHCP service; `agent`, the guest's own; `arp`, the host's neighbours.",
            one_of(*(source.value for source in Source)),
            required=True,
        ),
        "timeout": value("", STRING, 'How long: `"90s"`, `"5m"`, or seconds.', _duration, default="2m"),
        "family": value(
            "", STRING, "Only an address of this family will do: `ipv4` or `ipv6`.", one_of("ipv4", "ipv6")
        ),
    },
)

BESIDE = (*TELLS, "wait_for_address")
"""What a NIC has beside its document."""


@dataclass(frozen=True, slots=True)
class Wait:
    source: Source
    seconds: int
    family: str | None

    def among(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Those that will do."""
        return tuple(one for one in addresses if self.family in {None, f"ipv{ip_address(one).version}"})


def wait_of(values: Object) -> Wait | None:
    """The wish of a NIC to be waited for; None where there is none, or not all of it is known."""
    said = block(values, "wait_for_address")
    source, duration = (text(said, name) if said else None for name in ("source", "timeout"))
    if said is None or source is None or duration is None:
        return None
    return Wait(Source(source), seconds(duration) or 0, text(said, "family"))


def source_of(values: Object) -> Source:
    """Who is asked for the addresses of a NIC."""
    wait = wait_of(values)
    return Source.LEASE if wait is None else wait.source
