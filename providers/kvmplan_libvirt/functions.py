"""What expressions may ask this provider, without a host."""

from __future__ import annotations

from kvmplan_libvirt.identity import bridge_name
from kvmplan_sdk import Function, FunctionError, Parameter
from kvmplan_sdk.schema import STRING


def _bridge_name(network: str) -> str:
    if not network:
        raise FunctionError("a network has a name: give at least one character", 0)
    return bridge_name(network)


FUNCTIONS = {
    "bridge_name": Function(
        summary="The name of the bridge that a network gets whose configuration does not name one.",
        parameters=(Parameter(name="network", type=STRING, doc="The network's name."),),
        returns=STRING,
        call=_bridge_name,
    )
}
