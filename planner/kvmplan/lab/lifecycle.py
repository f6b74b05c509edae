"""Making and ending lab hosts: what is recorded when, and how everything goes again whatever happens in between."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kvmplan.lab import boot, control_group, furnish, keys, requirements, root, segment
from kvmplan.lab.addressing import address_for, checked_address, checked_name
from kvmplan.lab.errors import LabError
from kvmplan.lab.namespace import Waiter, inside
from kvmplan.lab.process import ProcessId
from kvmplan.lab.registry import HostRecord, Registry

Progress = Callable[[str], None]
HOST_LOCK_SECONDS = 15.0
REGISTRY_LOCK_SECONDS = 60.0
CONTAINER_SECONDS = 60.0
BOOT_SECONDS = 90.0
ANSWER_SECONDS = 60.0
END_SECONDS = 60.0
MAXIMUM_NICS = 8
# A new namespace may copy the machine's settings, and duplicate address detection costs a second of every boot.
_KERNEL_SETTINGS = """\
echo 0 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/net/ipv6/conf/ens3/dad_transmits
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a host is to be: its segment, its number of NICs (ens3, ens4, ...), a fixed address if any, folders to show.

    ``bind`` are further folders of the machine to be seen inside, besides the checkout and Python of the caller.
    """

    name: str
    segment: str = "lan"
    nics: int = 1
    address: str | None = None
    bind: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checked_name(self.name)
        checked_name(self.segment, "segment")
        if not 1 <= self.nics <= MAXIMUM_NICS:
            raise LabError(f"a lab host has 1 to {MAXIMUM_NICS} NICs, not {self.nics}")
        for path in self.bind:
            if not Path(path).is_dir():
                raise LabError(f"{path} cannot be shown in a lab host: it is no folder")
            if root.covered(str(Path(path).resolve())):
                raise LabError(f"{path} cannot be shown: a lab host has its own /{Path(path).resolve().parts[1]}")


def make(registry: Registry, wish: Wish, progress: Progress) -> HostRecord:
    """Bring up the host wished for, or find it up; its record. Raises LabError, and then leaves nothing behind."""
    requirements.require()
    with registry.lock(f"host-{wish.name}", HOST_LOCK_SECONDS):
        present = registry.host(wish.name)
        if present is not None and _up(present):
            return _same(present, wish)
        if present is not None:
            progress(f"{wish.name}: clearing what an interrupted run left")
            _clear(registry, present)
        try:
            return _make(registry, wish, progress)
        except BaseException:
            with _undisturbed():
                _clear(registry, registry.host(wish.name) or HostRecord(wish.name, wish.segment, "", wish.nics))
            raise


def reboot(registry: Registry, name: str) -> HostRecord:
    """Restart the host ``name``, as its own ``systemctl reboot`` does; its record. Raises LabError."""
    with registry.lock(f"host-{checked_name(name)}", HOST_LOCK_SECONDS):
        record = registry.host(name)
        switch = record and registry.segment(record.segment)
        if (
            record is None
            or not _up(record)
            or not record.init
            or not record.process
            or not switch
            or not switch.process
        ):
            raise LabError(f"the lab host {name} does not run")
        boot.enter(record.init, ["systemctl", "reboot"], timeout=CONTAINER_SECONDS, check=False)
        if not record.init.wait(BOOT_SECONDS):
            raise LabError(f"the lab host {name} does not go down")
        init = boot.first_process(record.process, registry.host_folder(name) / "console.log", CONTAINER_SECONDS)
        record = registry.write_host(replace(record, init=init))
        boot.await_booted(init, BOOT_SECONDS)
        with registry.lock("registry", REGISTRY_LOCK_SECONDS):
            segment.publish(registry, record.segment)
        _await_services(switch.process, init, record)
        return record


def unmake(registry: Registry, name: str) -> bool:
    """End the host ``name`` and everything of it, half made or not; whether there was anything."""
    with registry.lock(f"host-{checked_name(name)}", HOST_LOCK_SECONDS):
        record = registry.host(name)
        if record is None:
            return False
        _clear(registry, record)
        return True


def unmake_all(registry: Registry) -> list[str]:
    """End every host and segment of the machine; the names of the hosts."""
    names = [record.name for record in registry.hosts() if unmake(registry, record.name)]
    with registry.lock("registry", REGISTRY_LOCK_SECONDS):
        for left in registry.segments():
            segment.release(registry, left.name)
        registry.sweep()
    return names


def _make(registry: Registry, wish: Wish, progress: Progress) -> HostRecord:
    began = time.monotonic()
    base = registry.host_folder(wish.name)
    with registry.lock("registry", REGISTRY_LOCK_SECONDS):
        record = registry.write_host(_reserved(registry, wish))
        secrets = keys.ensure(registry)
        switch = segment.ensure(registry, wish.segment)
    mounts = root.mount_table()
    trees = root.system_trees(mounts) + root.hidden_trees(root.caller_paths(Path.cwd(), wish.bind), mounts)
    systemd = boot.machine_runs_systemd()
    command = boot.container_command(wish.name, base, systemd=systemd)
    progress(f"{wish.name}: laying an overlay over this machine's root")
    with Waiter.start(command, log=base / "console.log", env=boot.ENVIRONMENT) as waiter:
        record = registry.write_host(replace(record, process=waiter.process))
        if not systemd:
            control_group.join(waiter.process, _group(wish.name))
        where = root.mount_root(waiter.process, base, trees)
        identity = furnish.Identity(wish.name, record.address, uuid.uuid4().hex)
        furnish.apply(waiter.process, where, furnish.furniture(identity, secrets, furnish.machine_units()))
        segment.plug(switch, record, waiter.process)
        inside(waiter.process, ["sh", "-c", _KERNEL_SETTINGS])
        progress(f"{wish.name}: booting at {record.address}")
        waiter.go()
    init = boot.first_process(waiter.process, base / "console.log", CONTAINER_SECONDS)
    record = registry.write_host(replace(record, init=init))
    boot.await_booted(init, BOOT_SECONDS)
    with registry.lock("registry", REGISTRY_LOCK_SECONDS):
        segment.publish(registry, wish.segment)
    _await_services(switch, init, record)
    record = registry.write_host(replace(record, ready=True))
    progress(f"{wish.name}: up after {time.monotonic() - began:.1f} s")
    return record


def _await_services(switch: ProcessId, init: ProcessId, record: HostRecord) -> None:
    configured = ["sh", "-c", "networkctl --no-legend list ens3 | grep -q 'routable *configured'"]
    boot.await_answer(init, "the network of the lab host", configured, ANSWER_SECONDS)
    boot.await_answer(init, "libvirt", ["virsh", "-q", "-c", "qemu:///system", "version"], ANSWER_SECONDS)
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        with contextlib.suppress(LabError):  # some versions fail where nothing answers yet
            if "ssh-ed25519" in inside(switch, ["ssh-keyscan", "-T", "5", "-t", "ed25519", record.address]):
                return
        if time.monotonic() >= deadline:
            raise LabError(f"the SSH server of {record.name} did not answer within {ANSWER_SECONDS:.0f} s")
        time.sleep(0.1)


def _reserved(registry: Registry, wish: Wish) -> HostRecord:
    taken = {host.address for host in registry.hosts() if host.segment == wish.segment}
    address = address_for(wish.name, taken) if wish.address is None else checked_address(wish.address, taken)
    return HostRecord(wish.name, wish.segment, address, wish.nics)


def _up(record: HostRecord) -> bool:
    return record.ready and record.init is not None and record.init.alive()


def _same(present: HostRecord, wish: Wish) -> HostRecord:
    asked = (wish.segment, wish.nics, wish.address or present.address)
    if asked != (present.segment, present.nics, present.address):
        raise LabError(
            f"{wish.name} is up already, otherwise (segment {present.segment}, {present.nics} NICs,"
            f" {present.address}); end it first: kvmplan lab down {wish.name}"
        )
    return present


def _clear(registry: Registry, record: HostRecord) -> None:
    _end(record)
    control_group.remove(_group(record.name))
    _remove_traces(record.name)
    with registry.lock("registry", REGISTRY_LOCK_SECONDS):
        registry.forget_host(record.name)
        if record.segment:
            segment.release(registry, record.segment)
            if registry.segment(record.segment) is not None:
                segment.publish(registry, record.segment)
        registry.sweep()


def _end(record: HostRecord) -> None:
    """End all processes of a host: its PID 1 first, which ends the rest of it, then whoever is in its group."""
    found = [record.init, record.process and boot.containers_first(record.process)]
    found += [ProcessId.of(pid) for pid in control_group.members(_group(record.name))]
    victims = [process for process in found if process is not None]
    for process in victims:
        process.signal(signal.SIGKILL)
    # The container manager leaves by itself once its container is gone, and takes its traces along.
    if record.process is not None:
        if not victims or not record.process.wait(1.0):
            record.process.signal(signal.SIGKILL)
        victims.append(record.process)
    for process in victims:
        if not process.wait(END_SECONDS):
            raise LabError(f"process {process.pid} of the lab host {record.name} does not end")


def _remove_traces(name: str) -> None:
    traces = Path("/run/systemd/nspawn")
    folders: Sequence[Path] = [traces / part / _group(name) for part in ("propagate", "unix-export")]
    if not boot.machine_runs_systemd():
        folders = [*folders, traces / "propagate", traces / "unix-export", traces]
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _group(name: str) -> str:
    return f"kvmplan-lab-{name}"


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C cut the clearing up short; it is bounded in time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
