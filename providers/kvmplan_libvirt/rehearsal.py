"""libvirt's own judgement of what a step would define, before anybody approves it.

libvirt has no call that only validates. Its test driver has: in this process, with a world of its own, it reads a
definition with the parser and the schema of the library that is loaded here, as the daemon does. Whether the host has
what a definition names is for the rest of planning to find.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from kvmplan_libvirt.addresses.table import TELLS
from kvmplan_libvirt.api import DEFINE_VALIDATE
from kvmplan_libvirt.document import render
from kvmplan_libvirt.entry.tables import ENTRY_KINDS
from kvmplan_libvirt.interface import plan as interface_plan
from kvmplan_libvirt.interface import xml as interface_xml
from kvmplan_libvirt.network import plan as network_plan
from kvmplan_libvirt.network import xml as network_xml
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Diagnostic, Object, Operation, error
from kvmplan_sdk.values import differences, is_known

if TYPE_CHECKING:
    from kvmplan_libvirt.api import Connection, Defined

_WORLD = (
    b"<node><cpu><mhz>1</mhz><model>x</model><active>1</active><nodes>1</nodes><sockets>1</sockets><cores>1</cores>"
    b"<threads>1</threads></cpu><memory>1</memory></node>"
)
_DOMAIN = (
    "<domain type='test'><name>rehearsal</name><memory>1</memory><os><type>hvm</type></os>"
    "<devices>{}</devices></domain>"
)
_NETWORK = "<network><name>rehearsal</name><bridge name='rehearsal'/>{}</network>"
_NETWORKS = {
    "ip/dhcp": _NETWORK.format("<ip address='10.0.0.1' prefix='8'><dhcp>{}</dhcp></ip>"),
    "dns": _NETWORK.format("<dns>{}</dns><ip address='10.0.0.1' prefix='8'/>"),
}
_VALIDATES = 7_007_000
"""Since this version of libvirt (7.7.0) networks can be validated."""
_NOT_JUDGED = {"libvirt_nwfilter"}
"""The test driver knows no filters."""
Define = Callable[[int], "Defined"]


def rehearse(reach: Reach, operations: Sequence[Operation]) -> Iterator[Diagnostic]:
    """What libvirt says against the definitions of ``operations``; nothing where the library here is older than the
    host's, and so knows less than that. What is only tagged is there, whatever libvirt says.
    """
    import libvirt

    if libvirt.getVersion() < max(reach.version, _VALIDATES):
        return
    with _world() as world:
        for operation in filter(_is_judged, operations):
            refusal = _judgement(world, reach, operation)
            if refusal:
                yield _refused(operation, refusal)


def _is_judged(operation: Operation) -> bool:
    before, after = operation.before, operation.after
    if operation.type in _NOT_JUDGED or after is None:
        return False
    if not is_known({name: value for name, value in after.items() if name not in TELLS}):
        return False
    return before is None or any(True for _ in differences(before, after))


def _judgement(world: Connection, reach: Reach, operation: Operation) -> str:
    """By the parser first, which says it plainer; by the schema, unless libvirt took the object without it before."""
    before, after, schema = operation.before, operation.after, (0, DEFINE_VALIDATE)
    assert after is not None
    loose = before is not None and _refusal(_definition(world, reach, operation, before), schema)
    return _refusal(_definition(world, reach, operation, after), schema[:1] if loose else schema)


@contextmanager
def _world() -> Iterator[Connection]:
    """The file makes it a world of its own: the default one is shared by the whole process."""
    import libvirt

    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        file.write(_WORLD)
        file.flush()
        connection = cast("Connection", libvirt.open(f"test://{file.name}"))
    try:
        yield connection
    finally:
        connection.close()


def _definition(world: Connection, reach: Reach, operation: Operation, values: Object) -> Define:
    seed = reach.seed(operation.address)
    if operation.type == "libvirt_network":
        network = network_xml.document(network_plan.complete_rest(values, seed), reach.owner(operation.address))
        return lambda flags: world.networkDefineXMLFlags(network, flags)
    if operation.type in ENTRY_KINDS:
        kind = ENTRY_KINDS[operation.type]
        entry = _NETWORKS[kind.inside].format(render(kind.element, values))
        return lambda flags: world.networkDefineXMLFlags(entry, flags)
    interface = interface_xml.document(interface_plan.complete_rest(values, seed))
    return lambda flags: world.defineXMLFlags(_DOMAIN.format(interface), flags)


def _refusal(define: Define, stages: Sequence[int]) -> str:
    """What libvirt says, or nothing."""
    import libvirt

    for flags in stages:
        try:
            define(flags).undefine()
        except libvirt.libvirtError as problem:
            return " ".join(str(problem.get_error_message() or problem).split()).rstrip(".")
    return ""


def _refused(operation: Operation, said: str) -> Diagnostic:
    return error(
        "libvirt would refuse this",
        f"libvirt's own validation says: {said}. Nothing was changed.",
        address=operation.address,
    )
