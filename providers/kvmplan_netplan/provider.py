"""The provider and its session on one host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_interface

from kvmplan_netplan import assessment
from kvmplan_netplan.activation import Transition, activate, declared
from kvmplan_netplan.bridges import Netdef, netdef, values
from kvmplan_netplan.document import Document, parse_document
from kvmplan_netplan.kernel import Link, ports, read_default_devices, read_links
from kvmplan_netplan.rehearsal import rehearse
from kvmplan_netplan.schema import FILE, IMPACTS, SCHEMA
from kvmplan_sdk import (
    NO_IMPACT,
    Change,
    Claim,
    ClaimedBy,
    Diagnostic,
    Findings,
    Host,
    Impact,
    InterfaceClaim,
    Known,
    Object,
    Observed,
    Outcome,
    Planned,
    Proposal,
    Provider,
    Session,
    Step,
    SubnetClaim,
    Value,
    Verb,
    error,
    worst,
)
from kvmplan_sdk.host import require
from kvmplan_sdk.validators import interface_address
from kvmplan_sdk.values import differences, is_known

_DOWN = "down"
"""In ``private``: the ports that were down before they became ours."""


class NetplanProvider(Provider):
    name = "netplan"
    version = "0.1.0"
    tags = False  # a bridge is known by its name: a move is no reason to activate anything
    schema = SCHEMA

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        require(host, "netplan", "netplan.io")
        return NetplanSession(host, lineage)


class NetplanSession(Session):
    def __init__(self, host: Host, lineage: str) -> None:
        self._host = host
        self._lineage = lineage

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        document, links = self._document(), read_links(self._host)
        return [_observe(known, document, links) for known in objects]

    def plan(self, proposal: Proposal) -> Planned:
        planned: dict[str, Value] = {**proposal.proposed, "file": FILE}
        return Planned(
            values=planned,
            impact=_impact(proposal.prior, planned),
            claims=tuple(_claims(planned)),
            diagnostics=tuple(_contradictions(planned, proposal.address)),
        )

    def apply(self, step: Step) -> Iterator[Outcome]:
        with self._host.lock(NetplanProvider.name, step.stopping):
            yield from self._apply(step)

    def _apply(self, step: Step) -> Iterator[Outcome]:
        before, links = self._document(), read_links(self._host)
        problems = [*_in_the_way(step, before, links)]
        sleepers = _sleepers(step, links)
        if not problems:
            after = declared(_after(step, before), links)
            gone = frozenset(str(one.before["name"]) for one in step.operations if one.before and not one.after)
            fresh = frozenset(after.bridges.keys() - links.keys())
            transition = Transition(before, after, gone, fresh, sleepers)
            problems += activate(self._host, transition, step.lineage)
        if problems:
            yield from step.refused(problems)
            return
        for operation in step.operations:
            kept: Object = {_DOWN: sorted(sleepers.intersection(_interfaces(operation.after)))}
            yield Outcome(address=operation.address, verb=operation.verb, values=operation.after, private=kept)

    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        links = read_links(self._host)
        return rehearse(self._host, declared(_after(step, self._document()), links), step.lineage)

    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        view = assessment.View(
            read_links(self._host),
            self._document(),
            read_default_devices(self._host),
            assessment.promised(claims),
        )
        return Findings(diagnostics=tuple(assessment.judge(view, changes)), impacts=assessment.impacts(view, changes))

    def _document(self) -> Document:
        return parse_document(self._host.read_file(FILE), self._lineage)


def _observe(known: Known, document: Document, links: Mapping[str, Link]) -> Observed | None:
    """What the file says, as far as the kernel has it too: what is only in the file differs, and will be repaired.

    Without the file, a bridge is ours when it was in the file and there before, which leaves its mark in ``private``:
    also where the apply that made it was cut short.
    """
    name = str(known.values["name"])
    persistent = name in document.bridges
    if not persistent and _DOWN not in known.private:
        return None
    definition = document.bridges[name][1] if persistent else netdef(known.values)
    link = links.get(name)
    if link is None or link.kind != "bridge":
        return None
    found = values(name, definition, FILE if persistent else None)
    found["interfaces"] = [port for port in definition.get("interfaces", ()) if port in ports(links, name)]
    addresses = definition.get("addresses", ())
    found["addresses"] = [address for address in addresses if ip_interface(address) in link.addresses]
    if definition.get("mtu") is not None:
        found["mtu"] = link.mtu
    if str(definition.get("macaddress", link.mac)).lower() != link.mac.lower():
        found["macaddress"] = link.mac
    delay = definition.get("parameters", {}).get("forward-delay")
    found["parameters"] = {"stp": link.stp, "forward_delay": None if delay is None else link.forward_delay // 100}
    found["nameservers"] = _same_or(known.values.get("nameservers"), found["nameservers"])
    return Observed(values=found, private={_DOWN: [], **known.private})


def _same_or(known: Value, found: Value) -> Value:
    """An empty block leaves no trace in the file."""
    empty = isinstance(known, Mapping) and not any(known.values())
    return known if found is None and empty else found


def _impact(prior: Object | None, planned: Object) -> Impact:
    if prior is None:
        return NO_IMPACT
    return worst(IMPACTS[name] for name in sorted({str(path[0]) for path in differences(planned, prior)}))


def _claims(planned: Object) -> Iterator[Claim]:
    name, addresses = planned["name"], planned["addresses"]
    if not isinstance(name, str):
        return
    yield InterfaceClaim(name)
    for address in addresses if isinstance(addresses, (list, tuple)) else ():
        if isinstance(address, str) and interface_address(address) is None:
            yield SubnetClaim(ip_interface(address).network, name)


def _contradictions(planned: Object, address: str) -> Iterator[Diagnostic]:
    name, interfaces = planned["name"], planned["interfaces"]
    if isinstance(interfaces, (list, tuple)) and isinstance(name, str) and name in interfaces:
        detail = f"{name} cannot be a port of itself."
        yield error("Bridge is its own port", detail, address=address, path=("interfaces",))


def _after(step: Step, before: Document) -> dict[str, tuple[str, Netdef]]:
    """Our bridges after the step; what has unknown values stays as it is."""
    bridges = dict(before.bridges)
    for operation in step.operations:
        if operation.before is not None and operation.after is None:
            bridges.pop(str(operation.before["name"]), None)
        elif operation.after is not None and is_known(operation.after):
            bridges[str(operation.after["name"])] = (operation.address, netdef(operation.after))
    return bridges


def _in_the_way(step: Step, document: Document, links: Mapping[str, Link]) -> Iterator[Diagnostic]:
    """What may not be overwritten or deleted."""
    for operation in step.operations:
        if operation.verb is Verb.CREATE and operation.after is not None:
            name = str(operation.after["name"])
            if name in links and name not in document.bridges:
                detail = f"{name} is there, and kvmplan did not make it. Choose another name, or remove it first."
                yield error("Interface exists", detail, address=operation.address, path=("name",))
        elif operation.before is not None and operation.verb is Verb.DELETE:
            name, own = str(operation.before["name"]), _interfaces(operation.before)
            foreign = [port for port in ports(links, name) if port not in own]
            if foreign:
                detail = (
                    f"{', '.join(foreign)} on {name} would lose their network; they belong to guests or to somebody "
                    "else. Move them to another network or take them off, then try again."
                )
                yield error("Bridge is in use", detail, address=operation.address)


def _sleepers(step: Step, links: Mapping[str, Link]) -> frozenset[str]:
    """The ports that were down before they became ours, and go back to that when they leave."""
    found: set[str] = set()
    for operation in step.operations:
        known = operation.private.get(_DOWN)
        found.update(map(str, known) if isinstance(known, (list, tuple)) else ())
        fresh = set(_interfaces(operation.after)) - set(_interfaces(operation.before))
        found.update(port for port in fresh if port in links and not links[port].up)
    return frozenset(found)


def _interfaces(values_: Object | None) -> Sequence[str]:
    return () if values_ is None else netdef(values_).get("interfaces", ())


__all__ = ["NetplanProvider", "NetplanSession"]
