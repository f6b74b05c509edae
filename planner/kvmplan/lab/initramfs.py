"""The guest's whole system: one static busybox, a few scripts, and the drivers its kernel lacks."""

from __future__ import annotations

import gzip
import stat
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources

from kvmplan.lab.addressing import INTERNET

_INTERPRETER = 3  # PT_INTERP: the program header that names a dynamic loader
_TEXT = '#!/bin/sh\necho "Content-Type: text/plain"\necho\n'
# Each page shows what a test cannot see from without: how long the guest has run, its network, what lies beyond.
PAGES = {
    "uptime": _TEXT + "cat /proc/uptime\n",
    "network": _TEXT + "ip addr\nip route\n",
    # Starts exchanging packets with the address in the query; see guest_probe.sh.
    "probe": '#!/bin/sh\n/etc/probe "$QUERY_STRING"\n' + _TEXT.removeprefix("#!/bin/sh\n"),
    # Sends as somebody else, as the query says (mac+52:54:00:99:99:99+10.0.0.1); see guest_pretend.sh.
    "pretend": _TEXT + '/etc/pretend $(echo "$QUERY_STRING" | tr "+" " ") 2>&1\n',
    # With nc, because wget of Debian's static busybox crashes on any address.
    "outside": (
        "#!/bin/sh\n"
        f"answer=$(printf 'GET /cgi-bin/client HTTP/1.0\\r\\n\\r\\n' | timeout 8 nc -w 5 {INTERNET} 80 2>&1)\n"
        'case $answer in\n  "HTTP/1."?" 200"*) echo "Status: 200 OK" ;;\n'
        '  *) echo "Status: 502 Bad Gateway" ;;\nesac\n'
        'echo "Content-Type: text/plain"\necho\necho "$answer" | sed "1,/^\\r*$/d"\n'
    ),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of the archive: its path without a leading slash, its mode with the type bits, and its content.

    The content of a symbolic link is its target. ``device`` is (major, minor) of a device node.
    """

    path: str
    mode: int
    content: bytes = b""
    device: tuple[int, int] = (0, 0)


def entries(busybox: bytes, modules: Sequence[tuple[str, bytes]]) -> list[Entry]:
    """Everything in the guest's root; ``modules`` are (name, content) in the order they are to be loaded."""
    scripts = resources.files("kvmplan.lab")
    found = [_folder(path) for path in ("bin", "dev", "etc", "modules", "proc", "run", "sys", "tmp", "www")]
    found += [
        _folder("www/cgi-bin"),
        Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
        _file("bin/busybox", busybox, 0o755),
        Entry("bin/sh", stat.S_IFLNK | 0o777, b"busybox"),
        _file("init", (scripts / "guest_init.sh").read_bytes(), 0o755),
        _file("etc/line", (scripts / "guest_line.sh").read_bytes(), 0o755),
        _file("etc/lease", (scripts / "guest_lease.sh").read_bytes(), 0o755),
        _file("etc/probe", (scripts / "guest_probe.sh").read_bytes(), 0o755),
        _file("etc/pretend", (scripts / "guest_pretend.sh").read_bytes(), 0o755),
    ]
    found += [_file(f"www/cgi-bin/{name}", text.encode(), 0o755) for name, text in PAGES.items()]
    found += [_file(f"modules/{place:02d}-{name}.ko", data) for place, (name, data) in enumerate(modules)]
    return found


def runs_alone(binary: bytes) -> bool:
    """Whether ``binary`` is a 64-bit ELF program that asks for no dynamic loader, which the guest has not."""
    if binary[:5] != b"\x7fELF\x02":
        return False
    table, size, count = struct.unpack_from("<32xQ14xHH", binary)
    kinds = [struct.unpack_from("<I", binary, table + size * place)[0] for place in range(count)]
    return _INTERPRETER not in kinds


def archive(members: Iterable[Entry]) -> bytes:
    """The members as a compressed cpio archive of the kernel's "newc" form; the same bytes for the same members."""
    packed = bytearray()
    for number, member in enumerate(members, 1):
        packed += _record(member, number)
    packed += _record(Entry("TRAILER!!!", 0), 0)
    return gzip.compress(bytes(packed), 6, mtime=0)


def _record(member: Entry, inode: int) -> bytes:
    name = member.path.encode() + b"\0"
    links = 2 if stat.S_ISDIR(member.mode) else 1
    fields = (inode, member.mode, 0, 0, links, 0, len(member.content), 0, 0, *member.device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % value for value in fields)
    return _padded(header + name) + _padded(member.content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _folder(path: str) -> Entry:
    return Entry(path, stat.S_IFDIR | 0o755)


def _file(path: str, content: bytes, mode: int = 0o644) -> Entry:
    return Entry(path, stat.S_IFREG | mode, content)
