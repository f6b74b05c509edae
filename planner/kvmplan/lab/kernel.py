"""The guest's kernel: the distribution's own package for virtual machines, unpacked and never installed."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import lzma
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab.errors import LabError
from kvmplan.lab.process import ENVIRONMENT, call

DOWNLOAD_SECONDS = 300.0
UNPACK_SECONDS = 120.0
# Smallest first: Debian's kernel for clouds, Ubuntu's for virtual machines, then whatever the distribution has.
_METAPACKAGES = ("linux-image-cloud-amd64", "linux-image-virtual", "linux-image-amd64", "linux-image-generic")
GUEST = ("virtio_pci", "virtio_net", "af_packet")
"""Modules that a lab guest needs."""
COMMAND_LINE = "console=ttyS0 quiet panic=-1 no_timer_check"
"""A host that is busy at the wrong moment fails the kernel's test of its timer, and the guest never starts."""
_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel for guests: its version, its image, and the modules to load, in order, as (name, content)."""

    version: str
    image: Path
    modules: tuple[tuple[str, bytes], ...]


def cache_folder() -> Path:
    """Where kernels and verdicts are kept; `KVMPLAN_LAB_CACHE` moves it."""
    return Path(os.environ.get("KVMPLAN_LAB_CACHE", "/var/cache/kvmplan-lab"))


def ensure(progress: Callable[[str], None], roots: Sequence[str] = GUEST) -> Kernel:
    """The guest kernel, with the modules ``roots`` and what they need, from the cache; fetched through apt the first
    time. Raises LabError where there is none.
    """
    kind = "" if roots == GUEST else f".{hashlib.sha256(' '.join(roots).encode()).hexdigest()[:8]}"
    with _cache_locked() as cache:
        for folder in sorted(cache.glob(f"kernel{kind}-*"), reverse=True):
            return _load(folder)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=cache) as work:
            return _build(cache / f"kernel{kind}", Path(work), progress, roots)


def module_order(available: Callable[[str], bytes | None], roots: Sequence[str] = GUEST) -> list[tuple[str, bytes]]:
    """The modules ``roots``, each after those it depends on.

    ``available`` gives a module's content by name, ``None`` for what is built in.
    """
    order: dict[str, bytes] = {}

    def add(name: str) -> None:
        name = name.replace("-", "_")
        content = None if name in order else available(name)
        if content is None:
            return
        for needed in _dependencies(content):
            add(needed)
        order[name] = content

    for name in roots:
        add(name)
    return list(order.items())


def modules_below(folder: Path) -> Callable[[str], bytes | None]:
    """A finder of modules in the tree ``folder``, compressed or not; it gives ``None`` for what is not there."""
    found: dict[str, Path] = {}
    for path in folder.rglob("*.ko*"):
        found[path.name.split(".ko")[0].replace("-", "_")] = path

    def available(name: str) -> bytes | None:
        return _decompressed(found[name]) if name in found else None

    return available


def _build(target: Path, work: Path, progress: Callable[[str], None], roots: Sequence[str]) -> Kernel:
    source = _unpack(work, progress) or Path("/")
    pattern = "vmlinuz-*" if source != Path("/") else f"vmlinuz-{platform.release()}"
    images = sorted((source / "boot").glob(pattern))
    if not images:
        raise LabError("apt knows no kernel package for guests; refresh its lists first: apt-get update")
    version = images[-1].name.removeprefix("vmlinuz-")
    trees = [source / part / "modules" / version for part in ("lib", "usr/lib")]
    available = modules_below(next((tree for tree in trees if tree.is_dir()), source / "lib/modules" / version))
    fresh = work / "kernel"
    (fresh / "modules").mkdir(parents=True)
    shutil.copyfile(images[-1], fresh / "vmlinuz")
    for place, (name, content) in enumerate(module_order(available, roots)):
        (fresh / "modules" / f"{place:02d}-{name}").write_bytes(content)
    return _load(fresh.rename(target.with_name(f"{target.name}-{version}")))


def _load(folder: Path) -> Kernel:
    modules = tuple((path.name[3:], path.read_bytes()) for path in sorted((folder / "modules").iterdir()))
    return Kernel(folder.name.partition("-")[2], folder / "vmlinuz", modules)


def _unpack(work: Path, progress: Callable[[str], None]) -> Path | None:
    """The folder the distribution's kernel package is unpacked to, ``None`` where apt knows no such package."""
    package = _package()
    if package is None:
        return None
    progress(f"fetching {package} once, for the guests")
    modules = package.replace("linux-image-", "linux-modules-")
    packages = [package, modules] if _known(modules) else [package]
    call(
        # Here a shell: apt-get downloads into the folder it is started in.
        ["sh", "-c", 'cd "$0" && exec apt-get -q -o APT::Sandbox::User=root download "$@"', str(work), *packages],
        timeout=DOWNLOAD_SECONDS,
        env={**os.environ, **ENVIRONMENT},
    )
    for path in work.glob("*.deb"):
        call(["dpkg-deb", "-x", str(path), str(work / "tree")], timeout=UNPACK_SECONDS)
        path.unlink()
    return work / "tree"


def _package() -> str | None:
    for name in _METAPACKAGES:
        text = call(["apt-cache", "depends", name], timeout=120.0, check=False).stdout.decode()
        found = re.search(r"^\s*\|?Depends: (linux-image-\d\S*)", text, re.MULTILINE)
        if found:
            return found.group(1)
    return None


def _known(package: str) -> bool:
    return bool(call(["apt-cache", "show", package], timeout=120.0, check=False).stdout)


def _dependencies(module: bytes) -> list[str]:
    found = _DEPENDS.search(module)
    return [name.decode() for name in found.group(1).split(b",") if name] if found else []


def _decompressed(path: Path) -> bytes:
    content = path.read_bytes()
    match path.suffix:
        case ".xz":
            return lzma.decompress(content)
        case ".gz":
            return gzip.decompress(content)
        case ".zst":
            return call(["zstd", "-q", "-d", "-c"], timeout=120.0, data=content).stdout
    return content


@contextlib.contextmanager
def _cache_locked() -> Iterator[Path]:
    """The cache folder, held against other runs (which wait), without what an interrupted one left."""
    cache = cache_folder()
    try:
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(cache / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise LabError(f"cannot use the cache folder {cache}: {error.strerror}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        for left in cache.glob(".new-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield cache
    finally:
        os.close(handle)
