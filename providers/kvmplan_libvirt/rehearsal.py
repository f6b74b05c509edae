"""libvirt's own judgement of what a step would define, before anybody approves it.

libvirt has no call that only validates. Its test driver has: in this process, with a world of its own, it reads a
definition with the parser and the schema of the library that is loaded here, as the daemon does. Whether the host has
what a definition names is for the rest of planning to find.
"""

from __future__ import annotations

import re
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
_IPV4, _IPV6 = "address='10.0.0.1' prefix='8'", "family='ipv6' address='fd00::1' prefix='64'"
_NETWORKS = {
    "ip/dhcp": "<ip {}><dhcp>{}</dhcp></ip>",
    "dns": "<ip {}/><dns>{}</dns>",
}
"""A network for an entry, whose subnet is of the family of the entry's address."""
_VALIDATES = 7_007_000
"""Since this version of libvirt (7.7.0) networks can be validated."""
_NOT_JUDGED = {"libvirt_nwfilter"}
"""The test driver knows no filters."""
_ALIKE = re.compile(
    r"<metadata>.*?</metadata>|<name>[\w.-]+</name>|virbr-[\w-]+|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}|[0-9a-fA-F]*\d[0-9a-fA-F]*",
    re.DOTALL,
)
"""What may differ in documents that are of one shape."""
Define = Callable[[str, int], "Defined"]


def rehearse(reach: Reach, operations: Sequence[Operation]) -> Iterator[Diagnostic]:
    """What libvirt says against the definitions of ``operations``; nothing where the library here is older than the
    host's, and so knows less than that. What is only tagged is there, whatever libvirt says.
    """
    import libvirt

    if libvirt.getVersion() < max(reach.version, _VALIDATES):
        return
    with _world() as world:
        judge = _Judge(world, reach)
        for operation in filter(_is_judged, operations):
            refusal = judge.judgement(operation)
            if refusal:
                yield _refused(operation, refusal)


def _is_judged(operation: Operation) -> bool:
    before, after = operation.before, operation.after
    if operation.type in _NOT_JUDGED or after is None:
        return False
    if not is_known({name: value for name, value in after.items() if name not in TELLS}):
        return False
    return before is None or any(True for _ in differences(before, after))


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


class _Judge:
    """``fit``: the shapes of documents that the schema has let pass. It is read anew for every document, which takes
    longer than all the rest, so what differs in nothing but names and numbers is not held against it again.
    """

    def __init__(self, world: Connection, reach: Reach) -> None:
        self._world = world
        self._reach = reach
        self._fit: set[str] = set()

    def judgement(self, operation: Operation) -> str:
        """By the parser first, which says it plainer; by the schema, unless libvirt took the object without before."""
        before, after = operation.before, operation.after
        assert after is not None
        loose = before is not None and self._refusal(operation, before, schema=True)
        return self._refusal(operation, after, schema=not loose)

    def _refusal(self, operation: Operation, values: Object, *, schema: bool) -> str:
        """What libvirt says, or nothing."""
        document, define = self._definition(operation, values)
        shape = _ALIKE.sub("", document)
        if (refusal := _refused_by(lambda: define(document, 0))) or not schema or shape in self._fit:
            return refusal
        refusal = _refused_by(lambda: define(document, DEFINE_VALIDATE))
        if not refusal:
            self._fit.add(shape)
        return refusal

    def _definition(self, operation: Operation, values: Object) -> tuple[str, Define]:
        seed = self._reach.seed(operation.address)
        if operation.type == "libvirt_network":
            complete = network_plan.complete_rest(values, seed)
            document = network_xml.document(complete, self._reach.owner(operation.address))
            return document, self._world.networkDefineXMLFlags
        if operation.type in ENTRY_KINDS:
            kind = ENTRY_KINDS[operation.type]
            family = _IPV6 if ":" in str(values["ip"]) else _IPV4
            inner = _NETWORKS[kind.inside].format(family, render(kind.element, values))
            return _NETWORK.format(inner), self._world.networkDefineXMLFlags
        interface = interface_xml.document(interface_plan.complete_rest(values, seed))
        return _DOMAIN.format(interface), self._world.defineXMLFlags


def _refused_by(define: Callable[[], Defined]) -> str:
    import libvirt

    try:
        define().undefine()
    except libvirt.libvirtError as problem:
        return " ".join(str(problem.get_error_message() or problem).split()).rstrip(".")
    return ""


def _refused(operation: Operation, said: str) -> Diagnostic:
    return error(
        "libvirt would refuse this",
        f"libvirt's own validation says: {said}. Nothing was changed.",
        address=operation.address,
    )
