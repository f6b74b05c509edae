"""Filters and the NICs that use them, as they are and as they will be: what the checks of filters look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.document import read
from kvmplan_libvirt.interface.device_tables import FILTERREF
from kvmplan_libvirt.inventory import Nic, nics_of
from kvmplan_libvirt.network.model import BRIDGE, OWN_BRIDGE
from kvmplan_libvirt.network.xml import values_of as network_values
from kvmplan_libvirt.nwfilter.including import Filters, Reference, filter_of, reference_of
from kvmplan_libvirt.nwfilter.xml import values_of
from kvmplan_libvirt.plain import block, text
from kvmplan_sdk import Change, Object

_SHOWN = "/proc/sys/net/bridge/bridge-nf-call-"


@dataclass(frozen=True, slots=True)
class User:
    """A NIC with a filter. ``running``: of a running guest, not of a definition."""

    domain: str
    mac: str
    running: bool
    reference: Reference


@dataclass(frozen=True)
class Filtering:
    scene: Scene

    @property
    def concerned(self) -> bool:
        """Whether the plan is about filters at all, so that they need to be looked at, on a libvirt that has them."""
        named = any(block(after, "filterref") for _, after in self.scene.planned("libvirt_interface"))
        return (named or any(self.scene.of("libvirt_nwfilter"))) and bool(self.scene.inventory.filters)

    @cached_property
    def now(self) -> Filters:
        return Filters(filter_of(values_of(record.element)) for record in self.scene.inventory.filters.values())

    @cached_property
    def then(self) -> Filters:
        going = {name for _, name in self.removed}
        records = self.scene.inventory.filters.values()
        stay = (filter_of(values_of(record.element)) for record in records if record.name not in going)
        return Filters((*stay, *(filter_of(after) for _, after in self.scene.planned("libvirt_nwfilter"))))

    @cached_property
    def removed(self) -> tuple[tuple[Change, str], ...]:
        """Filters that go, and those that are made anew; with their names as they are."""
        named = ((change, text(change.before or {}, "name")) for change in self.scene.of("libvirt_nwfilter"))
        return tuple((one, name) for one, name in named if name is not None and (one.after is None or one.replaced))

    @cached_property
    def going(self) -> frozenset[str]:
        """Their UUIDs."""
        return frozenset((text(change.before or {}, "uuid") or "").lower() for change, _ in self.removed)

    @cached_property
    def users_now(self) -> tuple[User, ...]:
        return tuple(self._users_now())

    def _users_now(self) -> Iterator[User]:
        for record in self.scene.inventory.domains.values():
            for running, element in ((True, record.live), (False, record.config)):
                for nic in nics_of(record.name, element):
                    reference = _reference(nic)
                    if reference is not None:
                        yield User(record.name, nic.mac, running, reference)

    @cached_property
    def users_then(self) -> tuple[User, ...]:
        """Those that the plan does not change, as they are, and those that it does, as it leaves them."""
        stay = [user for user in self.users_now if (user.domain, user.mac) not in self.changed_nics]
        changed = [after for change, after in self.scene.planned("libvirt_interface") if change.verb is not None]
        return (*stay, *(user for after in changed for user in self._planned(after)))

    @cached_property
    def changed_nics(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (self._domain(side), (text(side, "mac") or "").lower())
            for change in self.scene.of("libvirt_interface")
            for side in (change.before, change.after)
            if side is not None and change.verb is not None
        )

    def _planned(self, after: Object) -> Iterator[User]:
        reference, record = reference_of(block(after, "filterref")), self.scene.domain(after)
        if reference is not None:
            running = record is not None and record.running
            yield User(self._domain(after), (text(after, "mac") or "").lower(), running, reference)

    def _domain(self, interface: Object) -> str:
        record = self.scene.domain(interface)
        return (text(interface, "domain") or "") if record is None else record.name

    @cached_property
    def using_now(self) -> Mapping[str, list[User]]:
        """By filter: who uses it, directly or through another."""
        return _by_filter(self.users_now, self.now)

    @cached_property
    def using_then(self) -> Mapping[str, list[User]]:
        return _by_filter(self.users_then, self.then)

    @cached_property
    def including_then(self) -> Mapping[str, list[str]]:
        """By filter that will not be there: the filters that include it."""
        found: dict[str, list[str]] = {}
        for name in self.then.names():
            for absent in self.then.absent(name):
                found.setdefault(absent, []).append(name)
        return found

    @cached_property
    def blind(self) -> frozenset[str]:
        """The host's firewalls that are not shown what passes its bridges. One that was never asked for says nothing
        and is shown it as soon as it is.
        """
        host = self.scene.reach.kernel
        names = () if host is None else ("iptables", "ip6tables")
        return frozenset(name for name in names if host and (host.read_file(f"{_SHOWN}{name}") or b"").strip() == b"0")

    def is_on_devices(self, network: str) -> bool:
        """Whether NICs on the network, as it will be, are on devices of the host and not on a bridge."""
        planned = (after for _, after in self.scene.planned("libvirt_network") if text(after, "name") == network)
        record = self.scene.inventory.network_named(network)
        values = next(planned, None) or (None if record is None else network_values(record.any))
        mode = None if values is None else text(values, "mode")
        bridge = text(block(values or {}, "bridge") or {}, "name")
        return mode is not None and mode not in OWN_BRIDGE and not (mode == BRIDGE and bridge is not None)

    def running_on(self, name: str) -> tuple[str, ...]:
        """The running guests that use the filter now."""
        return tuple(sorted({user.domain for user in self.using_now.get(name, ()) if user.running}))


def _by_filter(users: Iterable[User], filters: Filters) -> Mapping[str, list[User]]:
    found: dict[str, list[User]] = {}
    for user in users:
        for name in filters.reached(user.reference.filter):
            found.setdefault(name, []).append(user)
    return found


def _reference(nic: Nic) -> Reference | None:
    element = nic.element.find(FILTERREF.tag)
    return None if element is None else reference_of(read(FILTERREF, element))
