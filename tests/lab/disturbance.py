"""What a change on a lab host disturbs, measured while two guests exchange packets all along."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from xml.etree import ElementTree as ET

from kvmplan.lab import LabHost
from kvmplan.lab.guest import console_path
from kvmplan_libvirt.inventory import Nic, nics_of
from kvmplan_sdk import ImpactLevel

from .clients import PATIENCE, until

_MARKS = count(1000)
_RUNNING = 1
_SILENCE = 4.0
"""Seconds that guests get to say that they lost their carrier, where nothing else can be heard of them."""
_SETTLED = 3
"""So many answers after a change, and the guests speak with one another again."""
_LOOK = """
cd /var/lib/libvirt/dnsmasq && for file in *.conf *.hostsfile *.addnhosts; do
  [ -e "$file" ] && echo "$file" && cat "$file"
done
nft -s list ruleset
tc qdisc show
tc filter show
bridge -d -o link show
"""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """``lost``: packets without an answer, one every ``interval`` seconds; ``off``: the longest time in seconds that a
    tap was on no bridge; ``gone``: a NIC is no more, or is on no bridge; ``changed``: something that running guests use
    is not as it was: files of dnsmasq's, filters, queues, the guests' own documents.
    """

    lost: int
    interval: float
    off: float
    gone: bool
    carrier: bool
    dnsmasq: bool
    rebooted: bool
    changed: bool

    @property
    def level(self) -> ImpactLevel:
        if self.rebooted:
            return ImpactLevel.GUEST_RESTART
        if self.gone:
            return ImpactLevel.GUEST_DISCONNECT
        if self.off or self.lost or self.carrier:
            return ImpactLevel.LINK_FLAP
        if self.dnsmasq:
            return ImpactLevel.DNSMASQ_RESTART
        return ImpactLevel.LIVE if self.changed else ImpactLevel.NONE

    @property
    def unexplained(self) -> bool:
        """Whether packets were lost and nothing else happened that loses them."""
        return bool(self.lost) and not (self.off or self.carrier or self.gone or self.rebooted)

    @property
    def gap(self) -> float:
        """Seconds without packets."""
        return max(self.off, self.lost * self.interval)

    @property
    def seen(self) -> str:
        told = {
            "guest restarted": self.rebooted,
            "NIC gone": self.gone,
            "taps off and back": self.off and not self.gone,
            "carrier lost": self.carrier,
            "packets lost": self.lost and not (self.gone or self.carrier or self.off),
            "dnsmasq restarted": self.dnsmasq,
        }
        return ", ".join(text for text, so in told.items() if so) or ("no packet lost" if self.changed else "no trace")


@dataclass(frozen=True, slots=True)
class _Picture:
    """``taps``: by guest and MAC address, the index of the tap's interface and whether it is on a bridge."""

    taps: Mapping[tuple[str, str], tuple[int, bool]]
    names: frozenset[str]
    dnsmasq: str | None
    guests: Mapping[str, str | None]
    used: str
    console: int
    events: int
    at: float


@dataclass(frozen=True, slots=True)
class LinkEvents:
    """Lines of ``ip monitor link``."""

    lab: LabHost
    file: IO[bytes]

    def __call__(self, start: int = 0) -> str:
        self.file.seek(start)
        return self.file.read().decode()

    def place(self) -> int:
        return self.file.seek(0, 2)

    def catch_up(self) -> None:
        """Wait until everything is written down that has happened by now: a mark is made, and comes last."""
        mark = str(next(_MARKS))

        def written() -> bool:
            self.lab.run(["ip", "link", "set", "lo", "group", mark])
            return f" group {mark} " in self()

        assert until(written)


@dataclass(frozen=True, slots=True)
class Watch:
    """``prober`` is the guest that has been told to probe another."""

    lab: LabHost
    connection: Any
    network: str
    prober: str
    events: LinkEvents

    @contextmanager
    def measured(self) -> Iterator[list[Disturbance]]:
        """Around a change; the list has what it disturbed afterwards."""
        found: list[Disturbance] = []
        before = self._look()
        yield found
        self.settle()
        found.append(self._compare(before, self._look()))

    def settle(self) -> bool:
        """Wait until the guests speak with one another; false where they do not, soon if they cannot."""
        time.sleep(0.15)
        start, began = self._console_size(), time.monotonic()
        while len(_answers(self._console(start))) < _SETTLED:
            waited = time.monotonic() - began
            if waited > PATIENCE or (waited > _SILENCE and self._cut_off()):
                return False
            time.sleep(0.01)
        return True

    def _cut_off(self) -> bool:
        """Whether a guest has no NIC any more, or one without a cable or a bridge."""
        nics = [[*nics_of_document(domain.XMLDesc(0))] for domain in self.connection.listAllDomains(_RUNNING)]
        links = {link["ifname"]: link for link in json.loads(self.lab.run(["ip", "-j", "link", "show"]).stdout)}
        return not all(nics) or any(
            nic.element.find("link[@state='down']") is not None or "master" not in links.get(str(nic.target), {})
            for of_one in nics
            for nic in of_one
        )

    def _look(self) -> _Picture:
        self.events.catch_up()
        documents = [domain.XMLDesc(0) for domain in self.connection.listAllDomains() if domain.isActive()]
        nics = {(nic.domain, nic.mac): str(nic.target) for document in documents for nic in nics_of_document(document)}
        links = {link["ifname"]: link for link in json.loads(self.lab.run(["ip", "-j", "link", "show"]).stdout)}
        return _Picture(
            taps={key: (links[tap]["ifindex"], "master" in links[tap]) for key, tap in nics.items()},
            names=frozenset(nics.values()),
            dnsmasq=self._read(f"/run/libvirt/network/{self.network}.pid"),
            guests={name: self._read(f"/run/libvirt/qemu/{name}.pid") for name in {name for name, _ in nics}},
            used="\n".join([*documents, self.lab.run(["sh", "-c", _LOOK]).stdout]),
            console=self._console_size(),
            events=self.events.place(),
            at=time.monotonic(),
        )

    def _compare(self, before: _Picture, after: _Picture) -> Disturbance:
        said = self._console(before.console)
        answers = _answers(self._console(max(0, before.console - 200)))
        gone = any(
            key not in after.taps or after.taps[key][0] != index or (on and not after.taps[key][1])
            for key, (index, on) in before.taps.items()
        )
        return Disturbance(
            lost=_lost(answers),
            interval=(after.at - before.at) / max(1, max(answers, default=0) - min(answers, default=0)),
            off=longest_off(self.events(before.events), before.names & after.names),
            gone=gone,
            carrier=" carrier " in said and not gone,
            dnsmasq=before.dnsmasq != after.dnsmasq,
            rebooted=any(after.guests.get(name, process) != process for name, process in before.guests.items()),
            changed=before.used != after.used,
        )

    def _root(self, path: str) -> Path:
        return Path(f"/proc/{self.lab.init().pid}/root{path}")

    def _read(self, path: str) -> str | None:
        file = self._root(path)
        return file.read_text() if file.exists() else None

    def _console_size(self) -> int:
        return self._root(console_path(self.prober)).stat().st_size

    def _console(self, start: int) -> str:
        with self._root(console_path(self.prober)).open("rb") as file:
            file.seek(start)
            return file.read().decode(errors="replace")


@contextmanager
def watching(lab: LabHost, connection: Any, network: str, prober: str) -> Iterator[Watch]:
    with link_events(lab) as events:
        yield Watch(lab, connection, network, prober, events)


@contextmanager
def link_events(lab: LabHost) -> Iterator[LinkEvents]:
    """What the kernel of ``lab`` tells of its interfaces from now on, or from an earlier place on that was noted."""
    with TemporaryFile() as file:
        monitor = subprocess.Popen(lab.command(["ip", "-ts", "-o", "monitor", "link"], cwd="/"), stdout=file)
        try:
            events = LinkEvents(lab, file)
            events.catch_up()
            yield events
        finally:
            monitor.kill()
            monitor.wait()


def nics_of_document(document: str) -> Iterator[Nic]:
    domain = ET.fromstring(document)
    return nics_of(str(domain.findtext("name")), domain)


def _answers(said: str) -> list[int]:
    """The numbers of the packets that were answered; the last line may be written only in part."""
    return [int(number) for number in re.findall(r"seq=(\d+) ttl", said)]


def _lost(answers: Sequence[int]) -> int:
    return sum(after - before - 1 for before, after in pairwise(sorted(set(answers))))


_EVENT = re.compile(r"^\[(\S+)\] (Deleted )?\d+: ([^:@]+)[^:]*: (.*)$", re.MULTILINE)


def longest_off(events: str, taps: frozenset[str]) -> float:
    """The longest time that one of ``taps`` was on no bridge and came back, by the kernel's own account."""
    since: dict[str, datetime] = {}
    longest = 0.0
    for stamp, deleted, name, said in _EVENT.findall(events):
        if name not in taps:
            continue
        now = datetime.fromisoformat(stamp)
        if deleted or " master " not in said:
            since.setdefault(name, now)
        elif name in since:
            longest = max(longest, (now - since.pop(name)).total_seconds())
    return longest
