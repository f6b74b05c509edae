"""A kernel booted for one program: this machine's Python, nft and ip, and our own sources, in an initramfs.

For what this machine's kernel lacks. The program runs as root, as the only one there.
"""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pluggy

from kvmplan.lab import initramfs, kernel
from kvmplan.lab.initramfs import Entry
from kvmplan.lab.process import call
from kvmplan.lab.program import libraries

ROOT = Path(__file__).parents[2]
MODULES = (
    *("bridge", "veth", "macvlan", "nf_tables", "nft_ct", "nft_limit", "nft_log", "nft_objref", "nft_chain_nat"),
    *("nft_nat", "nft_masq", "nft_reject_inet", "nft_fib_inet", "nft_meta_bridge", "nft_reject_bridge"),
    *("nf_flow_table", "nf_flow_table_inet", "nft_flow_offload", "nf_conntrack_bridge", "nft_compat", "nf_log_syslog"),
)
TOOLS = ("nft", "mount", "ip", "sysctl", "unshare", "nsenter", "dash", "sleep", "cat")
_OMITTED = {"test", "idlelib", "ensurepip", "lib2to3", "tkinter", "site-packages", "dist-packages", "__pycache__"}
_INIT = """#!/bin/busybox sh
export PATH=/bin LD_LIBRARY_PATH={libraries} PYTHONDONTWRITEBYTECODE=1 HOME=/root
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do busybox insmod $module; done
ip link set lo up
{environment} {python} {program} 2>&1
busybox poweroff -f
"""


TWO = ("-accel", "tcg,thread=multi", "-smp", "2")
COUNTED = ("-accel", "tcg", "-smp", "1", "-icount", "shift=0,sleep=off")
"""Of QEMU's processors: two, as fast as they go; or one whose clock counts instructions, a nanosecond each."""


def run(
    program: Path,
    environment: dict[str, str],
    timeout: float,
    more: Sequence[str] = (),
    processor: Sequence[str] = TWO,
) -> str:
    """What ``program``, a Python file below our root, prints in the booted kernel. ``more``: modules that it needs."""
    kern = kernel.ensure(lambda _: None, (*MODULES, *more))
    busybox = next(Path(path).read_bytes() for path in ("/usr/bin/busybox", "/bin/busybox") if Path(path).exists())
    members = [*_system(busybox, kern.modules), *_programs(program, environment)]
    unique = {member.path: member for member in members}
    with tempfile.NamedTemporaryFile(prefix="kvmplan-booted-") as image:
        image.write(initramfs.archive(_with_folders(unique)))
        image.flush()
        command = [
            *("qemu-system-x86_64", "-nodefaults", "-no-user-config", "-machine", "q35", *processor),
            *("-m", "768", "-display", "none", "-serial", "stdio", "-no-reboot", "-cpu", "max"),
            *("-kernel", str(kern.image), "-initrd", image.name, "-append", kernel.COMMAND_LINE),
        ]
        return call(command, timeout=timeout, check=False).stdout.decode(errors="replace")


def _system(busybox: bytes, modules: Sequence[tuple[str, bytes]]) -> Iterator[Entry]:
    yield from (Entry(path, stat.S_IFDIR | 0o755) for path in ("dev", "proc", "sys", "tmp", "root", "run"))
    yield Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    yield _file("bin/busybox", busybox)
    yield from (_file(f"modules/{place:03d}-{name}.ko", data) for place, (name, data) in enumerate(modules))


def _programs(program: Path, environment: dict[str, str]) -> Iterator[Entry]:
    base, version = Path(sys.base_prefix), f"python{sys.version_info.major}.{sys.version_info.minor}"
    python, library = base / "bin" / version, base / "lib" / version
    binaries = [python, *(Path(_where(tool)) for tool in TOOLS), *library.glob("lib-dynload/*.so")]
    linked = sorted({found for binary in binaries for found in libraries(binary)})
    yield from (_file(str(path).lstrip("/"), Path(path).read_bytes()) for path in linked)
    yield _file(str(python).lstrip("/"), python.read_bytes())
    yield from (_file(f"bin/{tool}", Path(_where(tool)).read_bytes()) for tool in TOOLS)
    yield Entry("bin/sh", stat.S_IFLNK | 0o777, b"dash")
    yield Entry("bin/python3", stat.S_IFLNK | 0o777, str(python).encode())
    yield from _tree(library)
    for folder in ("plugins", "providers/kvmplan_nftables", "tests/providers/nftables", "benchmarks"):
        yield from _tree(ROOT / folder)
    yield from _tree(Path(str(pluggy.__file__)).parent)
    paths = [
        *(str(ROOT / folder) for folder in ("plugins", "providers", ".")),
        str(Path(str(pluggy.__file__)).parents[1]),
    ]
    words = {**environment, "PYTHONPATH": ":".join(paths)}
    text = _INIT.format(
        libraries=":".join(sorted({str(Path(path).parent) for path in linked})),
        environment=" ".join(f"{name}={value}" for name, value in words.items()),
        python=python,
        program=program,
    )
    yield _file("init", text.encode())


def _where(tool: str) -> str:
    return subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True, check=True).stdout.strip()


def _tree(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _OMITTED & set(path.relative_to(folder).parts) and path.suffix not in (".a", ".pyc"):
            yield _file(str(path).lstrip("/"), path.read_bytes())


def _file(path: str, content: bytes) -> Entry:
    return Entry(path, stat.S_IFREG | 0o755, content)


def _with_folders(members: dict[str, Entry]) -> list[Entry]:
    """Every folder comes before what is in it."""
    folders = {str(parent) for path in members for parent in Path(path).parents if str(parent) != "."}
    made = [Entry(path, stat.S_IFDIR | 0o755) for path in sorted(folders) if path not in members]
    return sorted([*made, *members.values()], key=lambda member: member.path)
