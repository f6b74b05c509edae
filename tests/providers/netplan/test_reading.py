"""A bridge that is there, with and without its part of the file."""

from __future__ import annotations

from kvmplan_netplan.bridges import netdef
from kvmplan_netplan.document import Document
from kvmplan_netplan.kernel import Link
from kvmplan_netplan.provider import _observe
from kvmplan_netplan.schema import BRIDGE
from kvmplan_sdk import Known
from kvmplan_sdk.proposing import configure, propose

VALUES = propose(BRIDGE, configure(BRIDGE, {"name": "br0"}), None)
LINKS = {"br0": Link("br0", "bridge", True, 1500, "52:54:00:00:00:01", None, ())}
KNOWN = Known(address="netplan_bridge.a", type="netplan_bridge", values=VALUES)


def test_a_bridge_whose_making_was_killed_is_ours_when_its_removal_is_killed_too() -> None:
    made = _observe(KNOWN, Document({"br0": (KNOWN.address, netdef(VALUES))}), LINKS)
    assert made is not None
    known = Known(address=KNOWN.address, type=KNOWN.type, values=VALUES, private=made.private)
    assert _observe(known, Document(), LINKS) is not None
    assert _observe(KNOWN, Document(), LINKS) is None, "what was never in the file is somebody else's"
