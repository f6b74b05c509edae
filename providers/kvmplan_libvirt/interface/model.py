"""The table of ``libvirt_interface``: the ``<interface>`` element of a domain's document.

Source: https://libvirt.org/formatdomain.html#network-interfaces.
"""

from __future__ import annotations

from kvmplan_libvirt.document import Field, Node
from kvmplan_libvirt.mechanism import MOVE, REPLACE
from kvmplan_sdk import Attribute
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.validators import interface_name, mac_address

INTERFACE = Node(
    tag="interface",
    doc=(
        "A NIC of a domain that exists, plugged into the guest while it runs and kept in its definition. "
        "Exactly one of `network` and `bridge` says what it is attached to."
    ),
    change=MOVE,
    fields={
        "domain": Field(
            change=REPLACE,
            attribute=Attribute(type=STRING, doc="Name of the domain.", required=True, replaces=True),
        ),
        "network": Field(at="source@network", attribute=Attribute(type=STRING, doc="Name of the libvirt network.")),
        "bridge": Field(
            at="source@bridge",
            attribute=Attribute(type=STRING, doc="Name of a bridge of the host.", validators=(interface_name,)),
        ),
        "mac": Field(
            at="mac@address",
            change=REPLACE,
            attribute=Attribute(
                type=STRING,
                doc="MAC address; derived from the host, the domain and the resource's address unless said.",
                computed=True,
                replaces=True,
                validators=(mac_address,),
            ),
        ),
        "model": Field(
            at="model@type",
            change=REPLACE,
            attribute=Attribute(
                type=STRING, doc="Model of the device that the guest sees.", default="virtio", replaces=True
            ),
        ),
    },
)
