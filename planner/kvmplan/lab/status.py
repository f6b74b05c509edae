"""How the lab hosts of this machine are."""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan.lab.errors import LabError
from kvmplan.lab.host import LabHost
from kvmplan.lab.registry import HostRecord, Registry


@dataclass(frozen=True, slots=True)
class HostStatus:
    """One lab host now.

    ``state`` is ``up``, ``starting`` (being made, or its making was interrupted), ``ailing`` (its libvirt does not
    answer) or ``dead`` (only traces are left, which ``kvmplan lab down`` removes). ``guests`` are those that run.
    """

    name: str
    state: str
    address: str
    segment: str
    guests: tuple[str, ...] = ()


def statuses(registry: Registry) -> list[HostStatus]:
    """Every recorded lab host by name."""
    return [_status(record) for record in registry.hosts()]


def _status(record: HostRecord) -> HostStatus:
    state = "up"
    guests: tuple[str, ...] = ()
    if record.init is None or not record.init.alive():
        state = "starting" if record.process is not None and record.process.alive() else "dead"
    elif not record.ready:
        state = "starting"
    else:
        try:
            guests = tuple(LabHost.find(record.name).guests())
        except LabError:
            state = "ailing"
    return HostStatus(record.name, state, record.address, record.segment, guests)
