"""The tables of a rule's protocols: which attributes of a packet each can be matched by.

Protocols share groups of attributes, as in libvirt's schema. Source: https://libvirt.org/formatnwfilter.html#supported-protocols.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan_libvirt.document import Codec, Field, Node, value
from kvmplan_libvirt.mechanism import REFILTER
from kvmplan_libvirt.nwfilter import datatypes as of
from kvmplan_libvirt.nwfilter.datatypes import Datatype
from kvmplan_sdk.schema import BOOL, STRING

TRUE_FALSE = Codec(lambda text: text.lower() in {"true", "yes", "1"}, lambda value: "true" if value else "false")


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that go together. ``follows``: those that libvirt negates as another one is, whatever is written."""

    fields: Mapping[str, Field]
    follows: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Protocol:
    """``firewall``: which of the host's firewalls matches it: that of bridged frames, or one that sees IP alone."""

    node: Node
    follows: Mapping[str, str]
    firewall: str


def _attribute(name: str, datatype: Datatype, doc: str) -> Field:
    return value(f"@{name.replace('_', '-')}", STRING, doc, datatype.check, meaning=datatype.meaning)


def _group(follows: Mapping[str, str] | None = None, **attributes: tuple[Datatype, str]) -> Group:
    fields = {name: _attribute(name, datatype, doc) for name, (datatype, doc) in attributes.items()}
    return Group(fields, follows or {})


_MATCH = Group(
    {
        "match": value(
            "@match", BOOL, "Whether the attributes must match, as they do unless said, or must not.", absent=True
        )
    }
)
_COMMENT = _group(comment=(of.COMMENT, "A comment, kept with the rule in the host's firewall where that can."))
_SOURCE_MAC = _group(srcmacaddr=(of.MAC, "MAC address of the sender."))
_SOURCE_MACS = _group(
    srcmacaddr=(of.MAC, "MAC address of the sender."), srcmacmask=(of.MAC_MASK, "Which bits of it count.")
)
_DESTINATION_MACS = _group(
    dstmacaddr=(of.MAC, "MAC address of the receiver."), dstmacmask=(of.MAC_MASK, "Which bits of it count.")
)
_MACS = (_SOURCE_MACS, _DESTINATION_MACS)
_MASKS_FOLLOW = Group({}, {"srcmacmask": "srcmacaddr", "dstmacmask": "dstmacaddr"})
_SOURCE_MASK_FOLLOWS = Group({}, {"srcmacmask": "srcmacaddr"})


def _addresses(address: Datatype, mask: Datatype) -> Group:
    return _group(
        {"srcipmask": "srcipaddr", "dstipmask": "dstipaddr"},
        srcipaddr=(address, "IP address of the sender."),
        srcipmask=(mask, "Which part of it counts."),
        dstipaddr=(address, "IP address of the receiver."),
        dstipmask=(mask, "Which part of it counts."),
    )


_ADDRESSES_4, _ADDRESSES_6 = _addresses(of.IPV4, of.IPV4_MASK), _addresses(of.IPV6, of.IPV6_MASK)


def _ranges(address: Datatype, last: Datatype) -> Group:
    return _group(
        {"srcipto": "srcipfrom", "dstipto": "dstipfrom"},
        srcipfrom=(address, "First IP address of a range of senders."),
        srcipto=(address, "Last IP address of that range."),
        dstipfrom=(address, "First IP address of a range of receivers."),
        dstipto=(last, "Last IP address of that range."),
    )


_CONNECTION = _group(
    dscp=(of.DSCP, "Differentiated services code point."),
    connlimit_above=(of.CONNECTIONS, "Matches when a sender has more connections than this."),
    state=(of.STATE, "States of the connection."),
)
_STATEFUL_4 = (_SOURCE_MAC, _ADDRESSES_4, _ranges(of.IPV4, of.IPV4), _CONNECTION)
_STATEFUL_6 = (_SOURCE_MAC, _ADDRESSES_6, _ranges(of.IPV6, of.ONLY_VARIABLES), _CONNECTION)
_IPSET = _group(
    ipset=(of.IPSET, "Name of an ipset of the host, which somebody else keeps."),
    ipsetflags=(of.IPSET_FLAGS, "Which address is looked up: `src`, `dst`, or several."),
)
_PORTS = _group(
    srcportstart=(of.UINT16, "First port of a range of the sender's, or the only one."),
    srcportend=(of.UINT16, "Last port of that range."),
    dstportstart=(of.UINT16, "First port of a range of the receiver's, or the only one."),
    dstportend=(of.UINT16, "Last port of that range."),
)
_PORTS_FOLLOW = Group({}, dict.fromkeys(("srcportend", "dstportstart", "dstportend"), "srcportstart"))
_ICMP = _group({"code": "type"}, type=(of.UINT8, "Type of the message."), code=(of.UINT8, "Its code."))
_ICMP_RANGES = _group(
    dict.fromkeys(("typeend", "code", "codeend"), "type"),
    type=(of.UINT8, "Type of the ICMPv6 message, the first of a range or the only one."),
    typeend=(of.UINT8, "Last type of that range."),
    code=(of.UINT8, "Code of the ICMPv6 message, the first of a range or the only one."),
    codeend=(of.UINT8, "Last code of that range."),
)
_PROTOCOL = _group(protocol=(of.PROTOCOL, "The protocol inside, such as `udp`."))
_ARP = Group(
    {
        **_group(
            hwtype=(of.UINT16, "Type of hardware."),
            protocoltype=(of.UINT16, "Type of protocol."),
            opcode=(of.OPCODE, "What is asked or answered, such as `Request` or `Reply`."),
            arpsrcmacaddr=(of.MAC, "MAC address that the sender says is its own."),
            arpdstmacaddr=(of.MAC, "MAC address that is asked for."),
            arpsrcipaddr=(of.IPV4, "IP address that the sender says is its own."),
            arpsrcipmask=(of.IPV4_MASK, "Which part of it counts."),
            arpdstipaddr=(of.IPV4, "IP address that is asked for."),
            arpdstipmask=(of.IPV4_MASK, "Which part of it counts."),
        ).fields,
        "gratuitous": value("@gratuitous", BOOL, "Whether it is a gratuitous ARP packet.", codec=TRUE_FALSE),
    }
)


def _pairs(datatype: Datatype, **docs: str) -> Mapping[str, tuple[Datatype, str]]:
    first = {name: (datatype, f"{doc}; the first of a range or the only one.") for name, doc in docs.items()}
    return first | {
        f"{name}_hi": (datatype, f"Last {doc[0].lower()}{doc[1:]} of that range.") for name, doc in docs.items()
    }


_PAIRS = {
    **_pairs(of.UINT16, root_priority="Priority of the root", sender_priority="Priority of the sender"),
    **_pairs(of.UINT32, root_cost="Cost to the root"),
    **_pairs(of.UINT16, port="Port", age="Age of the message", max_age="Maximum age", hello_time="Hello time"),
    **_pairs(of.UINT16, forward_delay="Forward delay"),
}
_STP = _group(
    {
        **{name: name.removesuffix("_hi") for name in _PAIRS if name.endswith("_hi")},
        "root_address_mask": "root_address",
        "sender_address_mask": "sender_address",
    },
    type=(of.UINT8, "Type of the bridge protocol data unit."),
    flags=(of.UINT8, "Its flags."),
    root_address=(of.MAC, "MAC address of the root."),
    root_address_mask=(of.MAC_MASK, "Which bits of it count."),
    sender_address=(of.MAC, "MAC address of the sending bridge."),
    sender_address_mask=(of.MAC_MASK, "Which bits of it count."),
    **_PAIRS,
)


def _protocol(tag: str, doc: str, *groups: Group) -> Protocol:
    together = (_MATCH, *groups, _COMMENT)
    node = Node(
        tag=tag,
        doc=f"Matches {doc}.",
        change=REFILTER,
        fields={name: item for group in together for name, item in group.fields.items()},
    )
    follows = {late: lead for group in together for late, lead in group.follows.items()}
    above_ip = "connlimit_above" in node.fields
    return Protocol(node, follows, ("ip6tables" if "v6" in tag else "iptables") if above_ip else "ebtables")


_TCP = _group(flags=(of.TCP_FLAGS, "Which flags are looked at, and which of them are set, such as `SYN,ACK/SYN`."))
_KINDS = (
    _protocol("mac", "any frame", *_MACS, _MASKS_FOLLOW, _group(protocolid=(of.ETHERTYPE, "What the frame carries."))),
    _protocol(
        "vlan",
        "frames of a VLAN",
        *_MACS,
        _MASKS_FOLLOW,
        _group(vlanid=(of.VLAN_ID, "Number of the VLAN."), encap_protocol=(of.ENCAPSULATED, "What is inside.")),
    ),
    _protocol("stp", "frames of the spanning tree protocol", _SOURCE_MACS, _SOURCE_MASK_FOLLOWS, _STP),
    _protocol("arp", "ARP packets", *_MACS, _ARP),
    _protocol("rarp", "RARP packets", *_MACS, _ARP),
    _protocol(
        "ip",
        "IPv4 packets, where frames are bridged",
        *_MACS,
        _ADDRESSES_4,
        _PROTOCOL,
        _PORTS,
        _group(dscp=(of.DSCP, "Differentiated services code point.")),
    ),
    _protocol("ipv6", "IPv6 packets, where frames are bridged", *_MACS, _ADDRESSES_6, _PROTOCOL, _PORTS, _ICMP_RANGES),
    _protocol("tcp", "TCP over IPv4", *_STATEFUL_4, _PORTS, _PORTS_FOLLOW, _TCP),
    *(_protocol(name, f"{name.upper()} over IPv4", *_STATEFUL_4, _PORTS, _PORTS_FOLLOW) for name in ("udp", "sctp")),
    _protocol("icmp", "ICMP", *_STATEFUL_4, _ICMP),
    *(_protocol(name, f"{name.upper()} over IPv4", *_STATEFUL_4) for name in ("igmp", "esp", "ah", "udplite")),
    _protocol("all", "any protocol over IPv4", *_STATEFUL_4, _IPSET),
    *(
        _protocol(f"{name}-ipv6", f"{name.upper()} over IPv6", *_STATEFUL_6, _PORTS, _PORTS_FOLLOW)
        for name in ("tcp", "udp", "sctp")
    ),
    _protocol("icmpv6", "ICMPv6", *_STATEFUL_6, _ICMP),
    *(_protocol(f"{name}-ipv6", f"{name.upper()} over IPv6", *_STATEFUL_6) for name in ("esp", "ah", "udplite")),
    _protocol("all-ipv6", "any protocol over IPv6", *_STATEFUL_6, _IPSET),
)
PROTOCOLS: Mapping[str, Protocol] = {kind.node.tag.replace("-", "_"): kind for kind in _KINDS}
