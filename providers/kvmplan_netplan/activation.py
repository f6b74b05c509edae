"""Making the host be as a document says: the file, one activation, and what netplan leaves behind.

netplan-apply(8) is stateless: it neither removes a bridge that is no longer defined nor takes a port off one, and
systemd-networkd before 257 does not change a bridge's parameters while it exists. Those are done here with ip(8).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_interface

from kvmplan_netplan.bridges import Netdef
from kvmplan_netplan.document import Document
from kvmplan_netplan.kernel import Link, ports, read_links
from kvmplan_netplan.schema import FILE
from kvmplan_sdk import Completed, Diagnostic, DiagnosticError, Host, error
from kvmplan_sdk.host import check

SETTLED_AFTER = 15.0  # seconds; networkd works on after `netplan apply` has returned
STUCK_AFTER = 3.0
_ERROR = re.compile(r"90-kvmplan\.yaml:(\d+):\d+: (.*)")
_TIMES = 5
_LOST = b"cannot create file run/systemd/network/"
_DECLARABLE = ("", "veth", "dummy", "tun")


@dataclass(frozen=True, slots=True)
class Transition:
    """From the document that is there to the one that shall be. ``deleted`` are the names of bridges that go,
    ``created`` of those that come, ``sleepers`` ports that were down before they became ours.
    """

    before: Document
    after: Document
    deleted: frozenset[str] = frozenset()
    created: frozenset[str] = frozenset()
    sleepers: frozenset[str] = frozenset()

    @property
    def back(self) -> Transition:
        return Transition(self.after, self.before, self.created, self.deleted, self.sleepers)

    def released(self, links: Mapping[str, Link]) -> list[str]:
        """The ports that leave a bridge of ours."""
        wanted = {port: name for name, definition in self.after.definitions().items() for port in _ports(definition)}
        ours = {port: name for name, definition in self.before.definitions().items() for port in _ports(definition)}
        return sorted(p for p, old in ours.items() if wanted.get(p) != old and p in links and links[p].master == old)

    def removed(self, links: Mapping[str, Link]) -> list[str]:
        gone = self.deleted - self.after.bridges.keys()
        return sorted(name for name in gone if name in links and links[name].kind == "bridge")


def declared(bridges: Mapping[str, tuple[str, Netdef]], links: Mapping[str, Link]) -> Document:
    """The document of ``bridges``, with those ports declared that netplan may not know from elsewhere.

    Declaring a NIC twice, once without settings, is harmless; bonds and VLANs must be defined where they are made.
    """
    used = {port for _, definition in bridges.values() for port in _ports(definition)}
    return Document(bridges, tuple(sorted(port for port in used if port in links and links[port].kind in _DECLARABLE)))


def activate(host: Host, transition: Transition, lineage: str) -> tuple[Diagnostic, ...]:
    """Write, generate, apply and tidy up, once; all or nothing, as far as the host can still be told."""
    old = host.read_file(FILE)
    try:
        _store(host, transition.after, lineage)
        generated = _run(host, "generate")
        if not generated.ok:
            _restore(host, old)
            _run(host, "generate")
            return explain(generated.stderr, transition.after.render(lineage))
        _enter(host, transition)
    except DiagnosticError as problem:
        raise DiagnosticError(*problem.diagnostics, *_taken_back(host, transition, old)) from None
    return ()


def _run(host: Host, command: str) -> Completed:
    """systemd has netplan write the same files at every daemon-reload, whoever asks for one; who loses tries again."""
    for _ in range(_TIMES - 1):
        done = host.run(["netplan", command], timeout=120)
        if done.ok or _LOST not in done.stderr:
            return done
    return host.run(["netplan", command], timeout=120)


def _enter(host: Host, transition: Transition) -> None:
    check(_run(host, "apply"), "Activating the network configuration")
    _tidy(host, transition)
    _settle(host, transition)


def _taken_back(host: Host, transition: Transition, old: bytes | None) -> tuple[Diagnostic, ...]:
    """What is only in the file would not be seen by a reading, and come with the next activation or boot."""
    try:
        _restore(host, old)
        _enter(host, transition.back)
    except DiagnosticError as problem:
        reasons = " ".join(f"{one.summary}: {one.detail}" for one in problem.diagnostics)
        return (
            error(
                "The network is not as it was before",
                f"After that, {FILE} and what it makes could not be put back. Look at them, then plan again. {reasons}",
            ),
        )
    return ()


def _tidy(host: Host, transition: Transition) -> None:
    """Free the ports and delete the bridges that are no longer defined. Not before networkd has forgotten them: it
    would take the ports back.
    """
    links = read_links(host)
    for port in transition.released(links):
        check(host.run(["ip", "link", "set", port, "nomaster"]), f"Taking {port} off its bridge")
        if port in transition.sleepers:
            check(host.run(["ip", "link", "set", port, "down"]), f"Setting {port} down")
    for name in transition.removed(links):
        check(host.run(["ip", "link", "delete", name, "type", "bridge"]), f"Deleting {name}")


def explain(stderr: bytes, document: bytes) -> tuple[Diagnostic, ...]:
    """netplan's errors, each about the resource in whose part of ``document`` it points."""
    text = stderr.decode(errors="replace")
    addresses = _addresses_by_line(document)
    found = []
    for number, reason in _ERROR.findall(text):
        detail = f"{reason} (line {number} of {FILE}). Nothing was changed."
        problem = error("netplan refuses the configuration", detail)
        address = addresses.get(int(number))
        found.append(problem.about(address) if address else problem)
    return tuple(found) or (error("netplan refuses the configuration", f"{text.strip()} Nothing was changed."),)


def _addresses_by_line(document: bytes) -> dict[int, str]:
    result, address = {}, ""
    for number, line in enumerate(document.decode().splitlines(), 1):
        if number > 1 and line.lstrip().startswith("# "):
            address = line.lstrip()[2:].encode("ascii").decode("unicode_escape")
        if address:
            result[number] = address
    return result


def _store(host: Host, document: Document, lineage: str) -> None:
    if document.bridges:
        host.write_file(FILE, document.render(lineage), 0o600)
    else:
        host.remove_file(FILE)


def _restore(host: Host, old: bytes | None) -> None:
    if old is None:
        host.remove_file(FILE)
    else:
        host.write_file(FILE, old, 0o600)


def _settle(host: Host, transition: Transition) -> None:
    """Wait until networkd is done, then set what it does not. What is still missing then, verification will tell."""
    began = time.monotonic()
    bridges = transition.after.definitions()
    while True:
        waited = time.monotonic() - began
        busy, links = _busy(host, bridges, waited), read_links(host)
        there = all(_there(links, name, definition) for name, definition in bridges.items())
        if (there and not busy) or waited > SETTLED_AFTER:
            break
        time.sleep(0.2)
    before = transition.before.definitions()
    for name, definition in sorted(bridges.items()):
        if name in links:
            for setting in _corrections(links, name, definition, before.get(name, {})):
                check(host.run(["ip", "link", "set", name, *setting]), f"Setting {' '.join(setting)} of {name}")


def _busy(host: Host, bridges: Mapping[str, Netdef], waited: float) -> bool:
    """Whether networkd is at work on one of ``bridges``: it takes the addresses away and gives them again, which may
    begin and end after `netplan apply` has returned. One that waits for DHCP may wait for ever, and so does one with
    IPv6 addresses that has no carrier, as without a guest.
    """
    listed = host.run(["networkctl", "list", "--no-legend", "--no-pager"]).stdout.decode(errors="replace")
    working = {
        words[1]
        for words in map(str.split, listed.splitlines())
        if words[-1:] in (["configuring"], ["pending"]) and (words[-2:-1] != ["no-carrier"] or waited < STUCK_AFTER)
    }
    return any(not (one.get("dhcp4") or one.get("dhcp6")) for name, one in bridges.items() if name in working)


def _there(links: Mapping[str, Link], name: str, definition: Netdef) -> bool:
    link = links.get(name)
    if link is None or not link.up or any(port in links and links[port].master != name for port in _ports(definition)):
        return False
    return all(ip_interface(address) in link.addresses for address in definition.get("addresses", ()))


def _corrections(links: Mapping[str, Link], name: str, wanted: Netdef, before: Netdef) -> Iterator[tuple[str, ...]]:
    """Arguments of ``ip link set`` for what the bridge still has otherwise."""
    link, parameters = links[name], wanted.get("parameters", {})
    mtu = wanted.get("mtu")
    if mtu is None and "mtu" in before:
        mtu = min((links[port].mtu for port in ports(links, name)), default=1500)
    if mtu not in (None, link.mtu):
        yield "mtu", str(mtu)
    if wanted.get("macaddress", link.mac).lower() != link.mac.lower():
        yield "address", wanted["macaddress"]
    delay = parameters.get("forward-delay")
    if delay is not None and delay * 100 != link.forward_delay:
        yield "type", "bridge", "forward_delay", str(delay * 100)
    if parameters.get("stp", False) != link.stp:
        yield "type", "bridge", "stp_state", str(int(parameters.get("stp", False)))


def _ports(definition: Netdef) -> list[str]:
    return list(definition.get("interfaces", ()))
