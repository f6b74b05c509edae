"""What cannot work in the DHCP service of one subnet: its ranges and its reservations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_libvirt.plain import Address, Interface, block, blocks, parse_address, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Diagnostic, Object, Path, Value, error, warning

_LARGEST = 65536
"""Addresses that libvirt lets a range have."""
_SHORTEST = 120
"""Seconds that libvirt wants a lease to last."""
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600}


@dataclass(frozen=True, slots=True)
class Span:
    """A range of addresses of the subnet, first and last included; ``index`` is its place among the blocks."""

    first: Address
    last: Address
    index: int

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


def check_dhcp(dhcp: Object, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    spans = spans_of(dhcp, interface)
    for index, item in enumerate(blocks(dhcp, "range")):
        yield from _check_range(item, interface, (*at, "range", index))
        yield from _check_lease(item, (*at, "range", index))
    yield from _check_overlaps(spans, at)
    yield from _check_hosts(blocks(dhcp, "host"), interface, spans, at)


def spans_of(dhcp: Object, interface: Interface) -> list[Span]:
    """The ranges that are known and not empty, lowest first."""
    found = []
    for index, item in enumerate(blocks(dhcp, "range")):
        first, last = parse_address(item.get("start")), parse_address(item.get("end"))
        if first and last and first.version == last.version == interface.version and int(first) <= int(last):
            found.append(Span(first, last, index))
    return sorted(found, key=lambda span: (int(span.first), int(span.last)))


def _check_range(item: Object, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    first, last = parse_address(item.get("start")), parse_address(item.get("end"))
    for name, address in (("start", first), ("end", last)):
        yield from check_address(address, interface, (*at, name))
    if not first or not last or first.version != last.version:
        return
    if int(first) > int(last):
        yield error(f"The range {first} to {last} is empty", "Write the lower address as `start`.", path=at)
    elif int(first) <= int(interface.ip) <= int(last):
        yield error(
            f"The range {first} to {last} holds the host's own address",
            f"A guest could be given {interface.ip}. Begin the range after it.",
            path=at,
        )
    elif int(last) - int(first) >= _LARGEST:
        yield error(
            f"The range {first} to {last} is too large",
            f"libvirt takes at most {_LARGEST} addresses. Write several ranges.",
            path=at,
        )


def _check_overlaps(spans: Sequence[Span], at: Path) -> Iterator[Diagnostic]:
    reaching: Span | None = None
    for span in spans:
        if reaching is not None and int(span.first) <= int(reaching.last):
            yield error(
                f"The ranges {reaching} and {span} overlap",
                "An address is given out from one range only. Make one range of them, or take them apart.",
                path=(*at, "range", max(span.index, reaching.index)),
            )
        if reaching is None or int(span.last) > int(reaching.last):
            reaching = span


def _check_hosts(
    hosts: Sequence[Object], interface: Interface, spans: Sequence[Span], at: Path
) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, Value], int] = {}
    for index, host in enumerate(hosts):
        place = (*at, "host", index)
        yield from check_guest(host, interface.version, place)
        yield from check_reserved(parse_address(host.get("ip")), interface, spans, (*place, "ip"))
        for name in ("mac", "id", "name", "ip"):
            value = canonical(host.get(name))
            if isinstance(value, str) and seen.setdefault((name, value), index) != index:
                yield error(
                    f"Two reservations for {value}", f"Each `{name}` may be reserved once.", path=(*place, name)
                )


def _check_lease(entry: Object, at: Path) -> Iterator[Diagnostic]:
    lease = block(entry, "lease") or {}
    expiry, seconds = lease.get("expiry"), _SECONDS.get(text(lease, "unit") or "")
    if isinstance(expiry, int) and seconds is not None and 0 < expiry * seconds < _SHORTEST:
        yield error(
            "The lease is too short",
            "libvirt wants at least two minutes; 0 is for ever.",
            path=(*at, "lease", "expiry"),
        )


def check_guest(host: Object, version: int | None, at: Path) -> Iterator[Diagnostic]:
    """Whether a reservation is for somebody, and for how long. ``version``: of IP, None where it is not known."""
    yield from _check_lease(host, at)
    if version == 6 and text(host, "mac"):
        yield error(
            "An IPv6 reservation has no MAC address", "Use `id` (the guest's DUID) or `name`.", path=(*at, "mac")
        )
    elif all(host.get(name) is None for name in ("mac", "id", "name")):
        yield error("The reservation names no guest", "Add its `mac`, or its `name`.", path=at)


def check_reserved(
    address: Address | None, interface: Interface, spans: Sequence[Span], at: Path
) -> Iterator[Diagnostic]:
    """``spans``: the subnet's ranges, lowest first."""
    yield from check_address(address, interface, at)
    if address is None:
        return
    if address == interface.ip:
        yield error(f"{address} is the host's own address", "A guest needs another one.", path=at)
    span = _around(address, spans)
    if span is not None:
        yield warning(
            f"The reserved {address} lies inside the range {span}",
            "It works, but the range is smaller than it looks; keep reservations outside of it.",
            path=at,
        )


def _around(address: Address, spans: Sequence[Span]) -> Span | None:
    before = bisect_right(spans, int(address), key=lambda span: int(span.first))
    span = spans[before - 1] if before else None
    return span if span and span.first.version == address.version and int(address) <= int(span.last) else None


def check_address(address: Address | None, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    """Whether ``address`` is one that a guest of the subnet can have."""
    if address is None:
        return
    subnet = interface.network
    if address not in subnet:
        yield error(f"{address} is outside the subnet", f"Take an address inside {subnet}.", path=at)
    elif subnet.num_addresses > 2 and address == subnet[0]:
        yield error(
            f"{address} is the subnet itself", f"Take an address inside {subnet}, such as {subnet[1]}.", path=at
        )
    elif subnet.version == 4 and subnet.num_addresses > 2 and address == subnet[-1]:
        yield error(
            f"{address} is the subnet's broadcast address",
            f"Take an address inside {subnet}, such as {subnet[-2]}.",
            path=at,
        )
