"""Beside the real Docker rules, ufw and firewalld: what the plan says is what packets meet; what it advises opens the
way; and nothing of theirs is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from kvmplan.lab import LabHost
from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, Diagnostic, Known, Object, Operation, Session, Step, Verb

from .clients import until
from .other_firewalls import FIREWALLS, RESTARTS
from .provider_host import ProviderHost

pytestmark = pytest.mark.lab
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
NETWORK = """<network><name>open</name><forward mode='open'/><bridge name='virbr150' stp='off' delay='0'/>
<ip address='192.168.150.1' prefix='24'><dhcp>
<range start='192.168.150.10' end='192.168.150.99'/></dhcp></ip></network>"""
FORWARD, WAY_OUT = "nftables_port_forward", "nftables_masquerade"
ACCEPT = "nftables_docker_user_accept"
STOPPED = {
    "libvirt": set[str](),
    "docker": {FORWARD, WAY_OUT},
    "ufw": {FORWARD, WAY_OUT},
    "firewalld": {WAY_OUT},
}
"""Whose traffic each of them stops as it comes."""
NO_REQUESTS = {"libvirt": 0, "docker": 0, "ufw": 2, "firewalld": 2}
"""How many of DHCP and DNS it keeps from the host."""
DEFAULTS: Object = {
    "families": ["ip"],
    "outgoing": True,
    "out_interface": None,
    "forwards": True,
    "incoming": False,
    "bridged": False,
}


class Town:
    """A host with a guest behind it and a firewall of somebody's."""

    def __init__(self, host: LabHost, target: str) -> None:
        self.host = host
        self.objects: dict[str, Object] = {
            FORWARD: {"protocol": "tcp", "port": 8081, "address": None, "target": target, "target_port": 8080},
            WAY_OUT: {"source": "192.168.150.0/24", "out_interface": None},
        }

    def session(self) -> Session:
        return NftablesProvider().open(ProviderHost(self.host), {}, LINEAGE)

    def said(self) -> Sequence[Diagnostic]:
        session: Any = self.session()
        changes = [
            Change(verb=Verb.CREATE, address=f"{type_}.x", type=type_, before=None, after=values)
            for type_, values in self.objects.items()
        ]
        return list(session.assess(changes, []).diagnostics)

    def apply(self, verb: Verb, *types: str) -> None:
        coming = verb is Verb.CREATE
        operations = tuple(
            Operation(
                verb=verb,
                address=f"{type_}.x",
                type=type_,
                before=None if coming else values,
                after=values if coming else None,
            )
            for type_, values in self.objects.items()
            if type_ in types or not types
        )
        outcomes = list(self.session().apply(Step(operations=operations, lineage=LINEAGE)))
        assert not any(outcome.diagnostics for outcome in outcomes)

    def there(self) -> bool:
        known = [Known(address=f"{type_}.x", type=type_, values=values) for type_, values in self.objects.items()]
        return all(found and found.values["saved"] for found in self.session().read(known))

    def passes(self, type_: str, expected: bool = True) -> bool:
        """Whether the resource's traffic gets through."""
        pages = {
            FORWARD: (self.host.outside, f"{self.host.address}:8081/"),
            WAY_OUT: (self.host.run, f"{self.objects[FORWARD]['target']}:8080/cgi-bin/outside"),
        }
        run, page = pages[type_]
        command = ["curl", "-sf", "-m", "9", f"http://{page}"]
        return until(lambda: bool(run(command, check=False).stdout), expected)

    def theirs(self) -> str:
        """Everybody else's rules."""
        listed = self.host.run(["nft", "-s", "list", "ruleset"]).stdout
        saved = self.host.run(["iptables-save"]).stdout + self.host.run(["ip6tables-save"]).stdout
        without = re.sub(r"^table \w+ kvmplan \{\n.*?^\}\n", "", listed, flags=re.MULTILINE | re.DOTALL)
        return without + re.sub(r"^#.*\n|\[\d+:\d+\]", "", saved, flags=re.MULTILINE)

    def settled(self) -> str:
        """Everybody else's rules, when nobody is writing them: libvirt does so when it hears that firewalld is back."""
        before = self.theirs()
        while (now := self.theirs()) != before:
            before = now
        return now


@pytest.fixture(params=list(FIREWALLS))
def town(request: pytest.FixtureRequest, lab_token: str) -> Iterator[tuple[str, Town]]:
    with LabHost.up(f"{lab_token}-{request.param}", segment=lab_token, nics=1) as host:
        host.put("/root/open.xml", NETWORK)
        host.run(["sh", "-c", "virsh net-define /root/open.xml && virsh net-start open"])
        target = host.guest_address(host.guest("web", networks=["open"]))
        FIREWALLS[request.param](host)
        yield request.param, Town(host, target)


def test_what_is_said_is_what_happens(town: tuple[str, Town]) -> None:
    name, one = town
    before = one.settled()
    said = one.said()
    stopped = {str(found.address).partition(".")[0] for found in said if found.is_error}
    requests = [found for found in said if " requests of guests" in found.detail]
    assert stopped == STOPPED[name], said
    assert len(requests) == NO_REQUESTS[name], said
    assert len(said) == len(stopped) + len(requests), said

    one.apply(Verb.CREATE)
    for type_ in one.objects:
        passes = type_ not in stopped
        assert one.passes(type_, passes) is passes, type_
    assert one.theirs() == before

    for found in said:
        for command in re.findall(r"`((?:ufw|firewall-cmd) .*?)`", found.detail):
            one.host.run(["sh", "-c", command])
    for block in {found.detail.partition("{")[2] for found in said if ACCEPT in found.detail}:
        written = dict(re.findall(r"(\w+) += \"(.*)\"", block))
        one.objects[ACCEPT] = {**DEFAULTS, **written}
        assert one.said() == [], "the same plan reckons with it"
        one.apply(Verb.CREATE, ACCEPT)
    assert one.said() == []
    _holds(one)

    opened = one.settled()
    for deed in RESTARTS[name]:
        one.host.run(["sh", "-c", deed], timeout=120)
        assert until(lambda: one.theirs() == opened), deed
        _holds(one)

    if ACCEPT in one.objects:
        _comes_back(one)
    else:
        before = opened
    one.apply(Verb.DELETE)
    assert one.theirs() == before
    assert "kvmplan" not in one.host.run(["nft", "list", "tables"]).stdout
    assert one.host.run(["sh", "-c", "find /etc -name '*kvmplan*'"]).stdout == ""


def _holds(one: Town) -> None:
    assert until(one.there)
    assert one.passes(FORWARD)
    assert one.passes(WAY_OUT)


def _comes_back(one: Town) -> None:
    """With Docker, after a reboot; guests do not."""
    with_ours = one.theirs()
    one.host.reboot()
    script = "for i in $(seq 600); do systemctl is-active -q docker && exit; sleep 0.2; done"
    one.host.run(["sh", "-c", script], timeout=180)
    assert until(one.there)
    assert "nftables_docker_user_accept.x" in with_ours
    chain = re.compile(r"^-A DOCKER.*", re.MULTILINE)
    assert until(lambda: chain.findall(one.theirs()) == chain.findall(with_ours))
