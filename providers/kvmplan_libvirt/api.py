"""The part of libvirt's API in use, typed: libvirt-python brings no stubs.

The numbers are libvirt's stable ABI, written here so that pure code needs no libvirt to be imported; a test compares
them with the library's.
"""

# ruff: noqa: N802, N803, A002 - the names are libvirt-python's

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum, IntFlag
from typing import Any, Protocol

XML_INACTIVE = 1
"""``VIR_NETWORK_XML_INACTIVE``; for domains it is ``DOMAIN_XML_INACTIVE``."""
DOMAIN_XML_INACTIVE = 2
METADATA_ELEMENT = 2
DEFINE_VALIDATE = 1
"""``VIR_NETWORK_DEFINE_VALIDATE``; for domains ``VIR_DOMAIN_DEFINE_VALIDATE`` is the same number."""

FROM_RPC = 7
"""``VIR_FROM_RPC``: the domain of errors of the connection itself, whichever daemon it leads to."""


class Affect(IntFlag):
    """What a call changes: the running object, its persistent definition, or both."""

    LIVE = 1
    CONFIG = 2


class Command(IntEnum):
    """``virNetworkUpdateCommand``."""

    MODIFY = 1
    DELETE = 2
    ADD_LAST = 3
    ADD_FIRST = 4


class AddressSource(IntEnum):
    """``virDomainInterfaceAddressesSource``."""

    LEASE = 0
    AGENT = 1
    ARP = 2


class Section(IntEnum):
    """``virNetworkUpdateSection``, those that can be changed while a network runs."""

    IP_DHCP_HOST = 4
    IP_DHCP_RANGE = 5
    FORWARD_INTERFACE = 7
    PORTGROUP = 9
    DNS_HOST = 10
    DNS_TXT = 11
    DNS_SRV = 12


class Code(IntEnum):
    """``virErrorNumber``, those told apart here."""

    NO_SUPPORT = 3
    NO_CONNECT = 5
    INVALID_CONN = 6
    INVALID_ARG = 8
    NO_DOMAIN = 42
    NO_NETWORK = 43
    AUTH_FAILED = 45
    OPERATION_INVALID = 55
    ARGUMENT_UNSUPPORTED = 74
    AUTH_CANCELLED = 79
    NO_DOMAIN_METADATA = 80
    OPERATION_UNSUPPORTED = 84
    AGENT_UNRESPONSIVE = 86
    ACCESS_DENIED = 88
    AUTH_UNAVAILABLE = 94
    AGENT_UNSYNCED = 97


class NetworkPort(Protocol):
    def XMLDesc(self, flags: int = 0) -> str: ...


class Network(Protocol):
    def name(self) -> str: ...
    def UUIDString(self) -> str: ...
    def XMLDesc(self, flags: int = 0) -> str: ...
    def isActive(self) -> int: ...
    def isPersistent(self) -> int: ...
    def autostart(self) -> int: ...
    def setAutostart(self, autostart: int) -> int: ...
    def create(self) -> int: ...
    def destroy(self) -> int: ...
    def undefine(self) -> int: ...
    def DHCPLeases(self, mac: str | None = None, flags: int = 0) -> Sequence[Mapping[str, Any]]: ...
    def listAllPorts(self, flags: int = 0) -> Sequence[NetworkPort]: ...
    def portCreateXML(self, xmldesc: str, flags: int = 0) -> NetworkPort: ...
    def update(self, command: int, section: int, parentIndex: int, xml: str, flags: int) -> int: ...


class Domain(Protocol):
    def name(self) -> str: ...
    def UUIDString(self) -> str: ...
    def XMLDesc(self, flags: int = 0) -> str: ...
    def isActive(self) -> int: ...
    def isPersistent(self) -> int: ...
    def state(self, flags: int = 0) -> Sequence[int]: ...
    def autostart(self) -> int: ...
    def interfaceAddresses(self, source: int, flags: int = 0) -> Mapping[str, Mapping[str, Any]]: ...
    def metadata(self, type: int, uri: str | None, flags: int = 0) -> str: ...
    def setMetadata(
        self,
        type: int,
        metadata: str | None,
        key: str | None,
        uri: str | None,
        flags: int = 0,
    ) -> int: ...
    def attachDeviceFlags(self, xml: str, flags: int = 0) -> int: ...
    def detachDeviceFlags(self, xml: str, flags: int = 0) -> int: ...
    def updateDeviceFlags(self, xml: str, flags: int = 0) -> int: ...


class Defined(Protocol):
    def undefine(self) -> int: ...


class Connection(Protocol):
    def close(self) -> int: ...
    def setKeepAlive(self, interval: int, count: int) -> int: ...
    def getLibVersion(self) -> int: ...
    def getVersion(self) -> int: ...
    def getType(self) -> str: ...
    def getHostname(self) -> str: ...
    def listAllNetworks(self, flags: int = 0) -> Sequence[Network]: ...
    def listAllDomains(self, flags: int = 0) -> Sequence[Domain]: ...
    def networkLookupByUUIDString(self, uuid: str) -> Network: ...
    def networkLookupByName(self, name: str) -> Network: ...
    def networkDefineXML(self, xml: str) -> Network: ...
    def networkDefineXMLFlags(self, xml: str, flags: int) -> Network: ...
    def defineXMLFlags(self, xml: str, flags: int) -> Defined: ...
    def lookupByName(self, name: str) -> Domain: ...
