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
from kvmplan_sdk import Change, Diagnostic, Object, Operation, Session, Step, Verb

from .other_firewalls import FIREWALLS
from .provider_host import ProviderHost

pytestmark = pytest.mark.lab
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
NETWORK = """<network><name>open</name><forward mode='open'/><bridge name='virbr150' stp='off' delay='0'/>
<ip address='192.168.150.1' prefix='24'><dhcp>
<range start='192.168.150.10' end='192.168.150.99'/></dhcp></ip></network>"""
FORWARD, WAY_OUT = "nftables_port_forward", "nftables_masquerade"
STOPPED = {"docker": {FORWARD, WAY_OUT}, "ufw": {FORWARD, WAY_OUT}, "firewalld": {WAY_OUT}}
"""Whose traffic each of them stops as it comes."""
NO_REQUESTS = {"docker": 0, "ufw": 2, "firewalld": 2}
"""How many of DHCP and DNS it keeps from the host."""


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

    def apply(self, verb: Verb) -> None:
        there, here = (None, self.objects) if verb is Verb.CREATE else (self.objects, None)
        operations = tuple(
            Operation(
                verb=verb,
                address=f"{type_}.x",
                type=type_,
                before=there and there[type_],
                after=here and here[type_],
            )
            for type_ in self.objects
        )
        outcomes = list(self.session().apply(Step(operations=operations, lineage=LINEAGE)))
        assert not any(outcome.diagnostics for outcome in outcomes)

    def passing(self) -> set[str]:
        """The resources whose traffic gets through."""
        page = ["curl", "-sf", "-m", "3", f"http://{self.host.address}:8081/"]
        asked = ["curl", "-sf", "-m", "9", f"http://{self.objects[FORWARD]['target']}:8080/cgi-bin/outside"]
        answers = {
            FORWARD: self.host.outside(page, check=False),
            WAY_OUT: self.host.run(asked, check=False),
        }
        return {type_ for type_, answer in answers.items() if answer.returncode == 0 and answer.stdout}

    def theirs(self) -> str:
        """Everybody else's rules."""
        listed = self.host.run(["nft", "-s", "list", "ruleset"]).stdout
        saved = self.host.run(["iptables-save"]).stdout + self.host.run(["ip6tables-save"]).stdout
        without = re.sub(r"^table \w+ kvmplan \{\n.*?^\}\n", "", listed, flags=re.MULTILINE | re.DOTALL)
        return without + re.sub(r"^#.*\n|\[\d+:\d+\]", "", saved, flags=re.MULTILINE)


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
    before = one.theirs()
    said = one.said()
    stopped = {str(found.address).partition(".")[0] for found in said if found.is_error}
    requests = [found for found in said if " requests of guests" in found.detail]
    assert stopped == STOPPED[name], said
    assert len(requests) == NO_REQUESTS[name], said
    assert len(said) == len(stopped) + len(requests), said

    one.apply(Verb.CREATE)
    assert one.passing() == {FORWARD, WAY_OUT} - stopped
    assert one.theirs() == before

    for found in said:
        for command in re.findall(r"`((?:iptables|ufw|firewall-cmd) .*?)`", found.detail):
            one.host.run(["sh", "-c", command])
    assert one.said() == []
    assert one.passing() == {FORWARD, WAY_OUT}

    before = one.theirs()
    one.apply(Verb.DELETE)
    assert one.theirs() == before
    assert "kvmplan" not in one.host.run(["nft", "list", "tables"]).stdout
