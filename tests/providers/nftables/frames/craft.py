"""Frames by what they say, in octets (RFC 826, 791, 768, 8200, 4861)."""

from __future__ import annotations

import struct
from ipaddress import ip_address

BROADCAST = "ff:ff:ff:ff:ff:ff"


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _ip(text: str) -> bytes:
    return ip_address(text).packed


def ethernet(source: str, target: str, kind: int, payload: bytes) -> bytes:
    return (_mac(target) + _mac(source) + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def arp(source: str, sender: str, address: str, operation: int = 2, asked: str = "10.1.0.11") -> bytes:
    """``source``: of the frame; ``sender`` and ``address``: whom it speaks for."""
    head = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    body = _mac(sender) + _ip(address) + bytes(6) + _ip(asked)
    return ethernet(source, BROADCAST, 0x0806, head + body)


def udp(source: str, address: str, target: str, ports: tuple[int, int], tag: int | None = None) -> bytes:
    payload = struct.pack("!HHHH", *ports, 8 + 4, 0) + b"hey!"
    if ":" in address:
        head = struct.pack("!IHBB", 6 << 28, len(payload), 17, 64) + _ip(address) + _ip(target)
        kind = 0x86DD
    else:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0, 64, 17, 0) + _ip(address) + _ip(target)
        head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
        kind = 0x0800
    if tag is not None:
        return ethernet(source, BROADCAST, 0x8100, struct.pack("!HH", tag, kind) + head + payload)
    return ethernet(source, BROADCAST, kind, head + payload)


def icmp6(source: str, address: str, kind: int, body: bytes) -> bytes:
    head = struct.pack("!IHBB", 6 << 28, 4 + len(body), 58, 255) + _ip(address) + _ip("ff02::1")
    return ethernet(source, "33:33:00:00:00:01", 0x86DD, head + struct.pack("!BBH", kind, 0, 0) + body)


def advertisement(source: str, address: str, about: str, link: str = "") -> bytes:
    """A neighbour advertisement, with the option of a link-layer address."""
    option = b"\2\1" + _mac(link) if link else b""
    return icmp6(source, address, 136, struct.pack("!I", 0x20000000) + _ip(about) + option)


def other(source: str, kind: int) -> bytes:
    return ethernet(source, BROADCAST, kind, b"hey!")


def untagged(frame: bytes) -> bytes:
    """As packet sockets show it."""
    return frame[:12] + frame[16:] if frame[12:14] == b"\x81\0" else frame


def _checksum(head: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(head) // 2}H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
