"""What a lab must not leave behind, looked for everywhere a machine keeps such things."""

from __future__ import annotations

from pathlib import Path


def traces(token: str) -> list[str]:
    """Everything on this machine that carries ``token``: processes, mounts, cgroups, links, runtime folders."""
    found = [str(path) for folder in ("/run", "/run/systemd/nspawn/propagate") for path in _named(folder, token)]
    found += [str(path) for top in ("/sys/fs/cgroup", "/sys/fs/cgroup/*") for path in _below(top, token)]
    found += [line for line in Path("/proc/mounts").read_text().splitlines() if token in line]
    found += [str(path) for path in Path("/sys/class/net").iterdir() if token[:6] in path.name]
    found += _processes(token)
    return found


def links() -> set[str]:
    """The network links of the machine itself."""
    return {path.name for path in Path("/sys/class/net").iterdir()}


def _named(folder: str, token: str) -> list[Path]:
    return list(Path(folder).glob(f"*{token}*")) if Path(folder).is_dir() else []


def _below(top: str, token: str) -> list[Path]:
    return [path for folder in Path("/").glob(top.lstrip("/")) if folder.is_dir() for path in folder.glob(f"*{token}*")]


def _processes(token: str) -> list[str]:
    """Processes, but for zombies, that name the token in their command line or belong to a cgroup that does."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            command = (folder / "cmdline").read_text().replace("\0", " ")
            groups = (folder / "cgroup").read_text()
        except OSError:
            continue
        if state not in "ZX" and (token in command or token in groups) and "pytest" not in command:
            found.append(f"process {folder.name}: {command}")
    return found
