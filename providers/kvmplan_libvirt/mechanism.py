"""How a change is carried out and what it disturbs: the rows that attributes point to, and the docs are made from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kvmplan_libvirt.api import Section
from kvmplan_sdk import ImpactLevel


@dataclass(frozen=True, slots=True)
class Mechanism:
    """``level`` is what it disturbs at worst, ``way`` a short name for it, ``call`` what is called, ``why`` a sentence
    for the plan. ``section`` is set where ``virNetworkUpdate`` changes the running network. ``since``: the version of
    libvirt that can; one before it takes the way ``before``.
    """

    level: ImpactLevel
    way: str
    call: str
    why: str
    section: Section | None = None
    since: int = 0
    before: Mechanism | None = None

    def on(self, version: int) -> Mechanism:
        """What libvirt ``version`` does."""
        return self.before if self.before is not None and version < self.since else self


REPLACE = Mechanism(
    ImpactLevel.GUEST_DISCONNECT,
    "replacement",
    "deletion, then creation",
    "The object is removed and made anew.",
)
DIRECT = Mechanism(
    ImpactLevel.NONE, "autostart", "virNetworkSetAutostart", "Only what happens at the host's next start changes."
)
LABEL = Mechanism(ImpactLevel.NONE, "label", "virNetworkSetMetadata", "Only what people read changes.")
SWITCH = Mechanism(
    ImpactLevel.GUEST_DISCONNECT,
    "start or stop",
    "virNetworkCreate or virNetworkDestroy",
    "Guests lose the network while it is off.",
)
RESTART = Mechanism(
    ImpactLevel.LINK_FLAP,
    "restart",
    "virNetworkDefineXML, virNetworkDestroy, virNetworkCreate, then every guest's port and tap",
    "libvirt takes this only at the start of a network, so it is restarted and its guests are attached again.",
)
START = Mechanism(ImpactLevel.LIVE, "start", "virNetworkCreate", "Guests are on the network again.")
RENEWAL = Mechanism(
    ImpactLevel.NONE,
    "renewal",
    "virNetworkDefineXML, virNetworkDestroy, virNetworkCreate",
    "Guests are on a device of the host and stay there; NICs plugged in from now on get it.",
)
DHCP_HOST = Mechanism(
    ImpactLevel.LIVE,
    "reservations",
    "virNetworkUpdate ip-dhcp-host",
    "dnsmasq reads its reservations again; leases in use stay.",
    Section.IP_DHCP_HOST,
)
DHCP_SWITCHED = Mechanism(
    ImpactLevel.DNSMASQ_RESTART,
    "first or last reservation",
    "virNetworkUpdate ip-dhcp-host",
    "The network begins or ceases to serve DHCP, so dnsmasq is restarted; leases are kept on file.",
)
ENTRY_ELSEWHERE = Mechanism(
    ImpactLevel.LIVE,
    "another network",
    "virNetworkUpdate of both networks",
    "The entry goes from one network and comes into the other.",
)
DHCP_RANGE = Mechanism(
    ImpactLevel.DNSMASQ_RESTART,
    "ranges",
    "virNetworkUpdate ip-dhcp-range",
    "dnsmasq is restarted; leases are kept on file.",
    Section.IP_DHCP_RANGE,
)
DNS_HOST = Mechanism(
    ImpactLevel.LIVE,
    "names",
    "virNetworkUpdate dns-host",
    "dnsmasq reads its names again.",
    Section.DNS_HOST,
)
DNS_TXT = Mechanism(
    ImpactLevel.DNSMASQ_RESTART,
    "TXT records",
    "virNetworkUpdate dns-txt",
    "dnsmasq is restarted; leases are kept on file.",
    Section.DNS_TXT,
)
DNS_SRV = Mechanism(
    ImpactLevel.DNSMASQ_RESTART,
    "SRV records",
    "virNetworkUpdate dns-srv",
    "dnsmasq is restarted; leases are kept on file.",
    Section.DNS_SRV,
)
PORTGROUP = Mechanism(
    ImpactLevel.NONE,
    "port groups",
    "virNetworkUpdate portgroup",
    "NICs plugged in from now on get it; those that are plugged in stay as they are.",
    Section.PORTGROUP,
)
FORWARD_INTERFACE = Mechanism(
    ImpactLevel.LIVE,
    "devices",
    "virNetworkUpdate forward-interface",
    "The pool of devices changes; libvirt refuses to take one away that a guest uses.",
    Section.FORWARD_INTERFACE,
)
HOTPLUG = Mechanism(
    ImpactLevel.LIVE,
    "plugged in",
    "virDomainAttachDeviceFlags",
    "The NIC is plugged into the running guest.",
)
DEFINED = Mechanism(
    ImpactLevel.NONE,
    "written down",
    "virDomainAttachDeviceFlags, of the definition alone",
    "The running guest has it, its definition gets it.",
)
UNPLUG = Mechanism(
    ImpactLevel.GUEST_DISCONNECT,
    "taken out",
    "virDomainDetachDeviceFlags",
    "The guest loses this NIC.",
)
TUNE = Mechanism(
    ImpactLevel.LIVE,
    "live",
    "virDomainUpdateDeviceFlags",
    "The NIC is changed while the guest runs.",
)
CARRIER = Mechanism(
    ImpactLevel.LINK_FLAP,
    "cable",
    "virDomainUpdateDeviceFlags",
    "The guest sees its cable plugged in or pulled out.",
)
MOVE = Mechanism(
    ImpactLevel.LINK_FLAP,
    "move",
    "virDomainUpdateDeviceFlags",
    "The tap goes from one bridge to the other. A spanning tree there lets nothing through for the first four seconds.",
)
REPLUG = Mechanism(
    ImpactLevel.GUEST_DISCONNECT,
    "plugged in again",
    "virDomainDetachDeviceFlags, virDomainAttachDeviceFlags",
    "The NIC is taken out of the running guest and plugged in again, with the same MAC address.",
)
RECONNECT = replace(MOVE, since=10_008_000, before=REPLUG)
NEXT_START = Mechanism(
    ImpactLevel.NONE,
    "next start",
    "virDomainUpdateDeviceFlags, of the definition alone",
    "It takes effect at the guest's next start.",
)
LEARN = Mechanism(
    ImpactLevel.LINK_FLAP,
    "learning",
    "virDomainUpdateDeviceFlags",
    "Its filter has libvirt learn the guest's address: nothing passes for two seconds, unless `IP` is given.",
)
FOLLOW = Mechanism(
    ImpactLevel.LIVE,
    "live",
    "virDomainUpdateDeviceFlags",
    "The NIC is changed while the guest runs.",
    since=10_001_000,
    before=REPLUG,
)
SUCCEED = Mechanism(
    ImpactLevel.NONE,
    "successor",
    "a new filter (virNWFilterDefineXML), then virNWFilterUndefine of the old one",
    "What uses the filter has its own impact.",
)
REFILTER = Mechanism(
    ImpactLevel.LIVE,
    "new rules",
    "virNWFilterDefineXML",
    "libvirt makes the rules of every running guest that uses the filter anew.",
)
WATCH = Mechanism(
    ImpactLevel.NONE,
    "nothing",
    "virNetworkGetDHCPLeases or virDomainInterfaceAddresses",
    "Nothing changes; apply waits until the guest has an address.",
)
