"""What planning and applying cost in calls of libvirt: as many for each object, however many objects there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_sdk import Change, Known, Object, Operation, Session, Step, Verb
from kvmplan_sdk.testing.proposals import proposal

LISTS = {"listAllNetworks", "listAllDomains"}
GUEST = """
<domain type='test'><name>{name}</name><memory>1024</memory><os><type>hvm</type></os>
  <metadata><kvmplan:interfaces xmlns:kvmplan="urn:kvmplan:owner:1">
    <kvmplan:owner lineage="{lineage}" address="libvirt_interface.{name}" mac="{mac}"/>
  </kvmplan:interfaces></metadata>
  <devices><interface type='network'><mac address='{mac}'/><source network='{network}'/><model type='virtio'/>
  </interface></devices></domain>
"""


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The calls of libvirt made inside, by name."""
    import libvirt

    calls: Counter[str] = Counter()

    def counting(name: str, call: Any) -> Any:
        def called(*arguments: Any) -> Any:
            calls[name] += 1
            return call(*arguments)

        return called

    with pytest.MonkeyPatch.context() as patch:
        for owner in (libvirt.virConnect, libvirt.virNetwork, libvirt.virDomain):
            for name, call in vars(owner).items():
                if callable(call) and not name.startswith("_"):
                    patch.setattr(owner, name, counting(name, call))
        yield calls


class Lane:
    """Networks and, on each, a running guest with a NIC: as many as are asked for, led through their lives."""

    def __init__(self, rig: Rig, session: Session, size: int) -> None:
        self.rig = rig
        self.session = session
        self.names = [f"n{number}" for number in range(size)]

    def operation(self, type_: str, name: str, written: Object, before: Object | None = None) -> Operation:
        address, schema = f"{type_}.{name}", self.rig.provider.schema.resources[type_]
        after = self.session.plan(proposal(schema, address, written, before)).values
        verb = Verb.CREATE if before is None else Verb.UPDATE
        return Operation(verb=verb, address=address, type=type_, before=before, after=after)

    def networks(self, before: Sequence[Object | None] | None = None, **written: Any) -> list[Operation]:
        priors = before or [None] * len(self.names)
        found = []
        for number, (name, prior) in enumerate(zip(self.names, priors, strict=True)):
            ip: list[Any] = [{"address": f"10.{number // 200}.{number % 200}.1", "prefix": 24}]
            found.append(self.operation("libvirt_network", name, {"name": name, "ip": ip, **written}, prior))
        return found

    def nics(self) -> list[Operation]:
        return [
            self.operation("libvirt_interface", name, {"domain": name, "network": name, "mac": self.mac(number)})
            for number, name in enumerate(self.names)
        ]

    def mac(self, number: int) -> str:
        return f"52:54:00:00:{number // 256:02x}:{number % 256:02x}"

    def boot(self) -> None:
        for number, name in enumerate(self.names):
            self.rig.connection.createXML(GUEST.format(name=name, network=name, mac=self.mac(number), lineage=LINEAGE))

    def halt(self) -> None:
        for name in self.names:
            self.rig.connection.lookupByName(name).destroy()

    def apply(self, operations: Sequence[Operation]) -> list[Object]:
        """As the engine does: the step, then its objects read back."""
        step = Step(operations=tuple(operations), lineage=LINEAGE)
        assert not [outcome.diagnostics for outcome in self.session.apply(step) if outcome.diagnostics]
        known = [Known(address=o.address, type=o.type, values=o.after or o.before or {}) for o in operations]
        return [observed.values for observed in self.session.read(known) if observed is not None]


def life(rig: Rig, size: int) -> dict[str, Counter[str]]:
    """The calls of every part of a life of ``size`` networks and NICs."""
    calls: dict[str, Counter[str]] = {}
    lane = Lane(rig, rig.open(), size)
    with counted() as calls["create"]:
        there = lane.apply(lane.networks())
    lane.boot()
    with counted() as calls["restart"]:
        there = lane.apply(lane.networks(there, mtu=9000))
    with counted() as calls["NICs"]:
        nics = lane.apply(lane.nics())
    changes = [
        Change(verb=Verb.DELETE, address=f"{type_}.{name}", type=type_, before=before, after=None)
        for type_, all_ in (("libvirt_network", there), ("libvirt_interface", nics))
        for name, before in zip(lane.names, all_, strict=True)
    ]
    lane.session.close()
    session = lane.session = rig.open()
    with counted() as calls["refresh and assess"]:
        session.read([Known(address=one.address, type=one.type, values=one.before or {}) for one in changes])
        assert not session.assess(changes, ()).diagnostics  # type: ignore[attr-defined]
    lane.halt()
    gone = [
        Operation(verb=Verb.DELETE, address=f"libvirt_network.{n}", type="libvirt_network", before=v, after=None)
        for n, v in zip(lane.names, there, strict=True)
    ]
    with counted() as calls["delete"]:
        assert lane.apply(gone) == []
    session.close()
    return calls


def test_twice_the_objects_are_twice_the_calls_and_one_list_of_each_kind(rig: Rig) -> None:
    once, twice = life(rig, 100), life(rig, 200)
    for part, calls in twice.items():
        lists = {name: count for name, count in calls.items() if name in LISTS}
        assert max(lists.values(), default=0) <= 1, (part, lists)
        more = {name: (once[part][name], count) for name, count in calls.items() if name not in LISTS}
        assert not {name: counts for name, counts in more.items() if counts[1] > 2 * counts[0]}, part
