"""The file system of a lab host: the machine's own, with everything written kept in memory.

An overlay shows the machine's root with a tmpfs on top. What the machine mounts elsewhere and a host cannot do without
(a separate /usr or /var) gets an overlay of its own; so do the caller's checkout and Python where those lie on another
mount, or below a folder that every container has for itself (/tmp, /run).
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab.errors import LabError
from kvmplan.lab.namespace import inside
from kvmplan.lab.process import ProcessId

SIZE = "4G"
_SYSTEM = ("/usr", "/var", "/opt", "/srv", "/etc", "/root")
_OWN = ("/tmp", "/run", "/dev", "/proc", "/sys")  # noqa: S108  a list of mount points, nothing is written there
# Of those, what the container manager itself mounts after us, so that we can show nothing below.
_COVERED = ("/run", "/dev", "/proc", "/sys")
_PSEUDO = frozenset(
    (
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs", "securityfs"),
        *("sysfs", "tracefs"),
    )
)


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the machine's mount table."""

    point: str
    kind: str


def mount_table(text: str | None = None) -> list[Mount]:
    """The mounts of this machine, from ``/proc/self/mountinfo`` or from ``text`` of that form."""
    lines = (Path("/proc/self/mountinfo").read_text() if text is None else text).splitlines()
    mounts = []
    for line in lines:
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].encode().decode("unicode_escape")
        mounts.append(Mount(point, right.split(" ")[0]))
    return mounts


def system_trees(mounts: Iterable[Mount]) -> list[str]:
    """Mount points other than / that carry parts of the system, outermost first."""
    points = {mount.point for mount in mounts if mount.kind not in _PSEUDO}
    return sorted(point for point in points if any(_below(point, top) for top in _SYSTEM))


def hidden_trees(paths: Iterable[str], mounts: Sequence[Mount]) -> list[str]:
    """Those of ``paths`` that an overlay of / and of `system_trees` would not show, none below another.

    What is below /run, /dev, /proc or /sys is left out: every container has its own.
    """
    shown = {"/", *system_trees(mounts)}
    hidden: list[str] = []
    for path in sorted(set(paths)):
        if path in ("/", *_OWN) or covered(path) or any(_below(path, other) for other in hidden):
            continue
        on = max((mount.point for mount in mounts if _below(path, mount.point)), key=len, default="/")
        if on not in shown or any(_below(path, own) for own in _OWN):
            hidden.append(path)
    return hidden


def covered(path: str) -> bool:
    """Whether a lab host has something of its own where ``path`` is, so that it cannot be shown."""
    return any(_below(path, top) for top in _COVERED)


def caller_paths(folder: Path, extra: Iterable[str] = ()) -> list[str]:
    """The folders the caller works with: the checkout around ``folder``, Python and its import path, and ``extra``."""
    checkout = next((parent for parent in (folder, *folder.parents) if (parent / ".git").exists()), folder)
    found = [str(checkout), sys.prefix, sys.base_prefix, *sys.path, *extra]
    return [str(Path(path).resolve()) for path in found if path and Path(path).is_dir()]


def mount_root(process: ProcessId, base: Path, trees: Sequence[str]) -> Path:
    """Mount the overlays of / and of ``trees`` below ``base``, in the mount namespace of ``process``; the new root.

    Raises LabError where a path holds a character that means something to an overlay.
    """
    for path in trees:
        if set(path) & set(':,\\"'):
            raise LabError(f"{path!r} cannot be shown in a lab host: a colon, comma, quote or backslash is in its name")
    lines = [
        'mkdir -p "$1/fs"',
        f'mount -t tmpfs -o mode=0755,size={SIZE} kvmplan-lab "$1/fs"',
        'cd "$1/fs"; shift; n=0',
        'overlay() { mkdir -p "root$1" "over$2/up" "over$2/work";'
        ' mount -t overlay -o "lowerdir=$1,upperdir=over$2/up,workdir=over$2/work" kvmplan-lab "root$1"; }',
        "overlay / 0",
        f"mount -t tmpfs -o mode=1777,size={SIZE} kvmplan-lab root/tmp",
        'for tree in "$@"; do n=$((n + 1)); overlay "$tree" "$n"; done',
    ]
    inside(process, ["sh", "-ec", "\n".join(lines), "sh", str(base), *trees])
    return base / "fs" / "root"


def _below(path: str, top: str) -> bool:
    return path == top or path.startswith(top.rstrip("/") + "/")
