"""What the plan says about firewalls beside each other, and on this host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.assess.firewalls import firewalls
from kvmplan_nftables.assess.forwards import forwards
from kvmplan_nftables.assess.guarded import judge_guarded
from kvmplan_sdk import Change, Session, Verb
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.values import UNKNOWN

Open = Callable[[], Session]
SCHEMA = NftablesProvider().schema.resources["nftables_firewall"]


def assess(open_session: Open, verb: Verb | None = Verb.CREATE, **written: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The errors of planned firewalls: the resource's name and where; details are looked at by themselves."""
    session: Any = open_session()
    changes = []
    for name, values in written.items():
        after = propose(SCHEMA, configured := configure(SCHEMA, values), None)
        after = {**after, "services": configured["services"] or ["dhcp", "nd"], "saved": True}
        address = f"nftables_firewall.{name}"
        changes.append(Change(verb=verb, address=address, type="nftables_firewall", before=None, after=after))
    found = session.assess(changes, []).diagnostics
    assert all(one.is_error for one in found)
    return [(str(one.address).partition(".")[2], one.path) for one in found]


def test_firewalls_that_guard_different_guests(open_session: Open) -> None:
    assert (
        assess(
            open_session,
            lan={"network": "10.0.0.0/24"},
            other={"network": "10.0.1.0/24"},
            web={"address": ["10.0.0.1", "fd00::1"]},
            six={"network": "fd00::/64"},
            bridge={"interface": "virbr9"},
        )
        == []
    )


@pytest.mark.parametrize(
    ("one", "other", "path"),
    [
        ({"interface": "virbr1"}, {"interface": "virbr1"}, ("interface",)),
        ({"address": ["10.0.0.1", "10.0.0.2"]}, {"address": ["10.0.0.2", "fd00::1"]}, ("address",)),
        ({"network": "fd00::/64"}, {"network": "fd00::/64"}, ("network",)),
        ({"network": "10.0.0.0/8"}, {"network": "10.0.9.0/24"}, ("network",)),
    ],
)
def test_firewalls_that_guard_the_same(open_session: Open, one: Any, other: Any, path: Any) -> None:
    assert assess(open_session, a=one, b=other) == [("b", path)]
    without = {"family": "bridge", "stateful": False, "anti_spoofing": {"enabled": False}}
    assert assess(open_session, a=one, b={**other, **without}) == [], "each family looks up its own"


def test_what_the_kernel_lacks_for_bridges_is_said_once_for_each_that_needs_it(host: Any, open_session: Open) -> None:
    def can(rule: str) -> bool:
        table = f"table bridge t {{\nchain c {{\ntype filter hook prerouting priority 0\n{rule}\n}}\n}}\n"
        done = host.run(["nft", "-f", "-"], input=table.encode())
        host.run(["nft", "delete", "table", "bridge", "t"])
        return bool(done.ok)

    own = {"family": "bridge", "anti_spoofing": {"enabled": False}}
    rejecting = {**own, "interface": "b", "stateful": False, "egress": [{"action": "drop"}, {"action": "reject"}]}
    found = assess(
        open_session, a={**own, "interface": "a"}, b=rejecting, c={**own, "interface": "c", "stateful": False}
    )
    state = [] if can("ct state established") else [("a", ("stateful",))]
    reject = [] if can("reject") else [("b", ("egress", 1, "action"))]
    assert found == [*state, *reject]
    assert "kvmplan_probe" not in host.ruleset()
    assert assess(open_session, None, a={**own, "interface": "a"}) == [], "what is there has proved that it can be"


WEB = {"action": "allow", "protocol": "tcp", "ports": ["80", "8000-8010"]}
DROP = {"action": "drop", "protocol": "tcp"}


@pytest.mark.parametrize(
    ("guard", "target", "targets", "shut"),
    [
        ({"address": ["10.0.0.1"], "ingress": [WEB]}, "10.0.0.1", 80, False),
        ({"address": ["10.0.0.1"], "ingress": [WEB]}, "10.0.0.1", 22, True),
        ({"address": ["10.0.0.1"], "ingress": [WEB]}, "10.0.0.2", 22, False),
        ({"network": "10.0.0.0/24", "ingress": [WEB]}, "10.0.0.9", 8005, False),
        ({"network": "10.0.0.0/24", "ingress": [WEB]}, "10.0.0.9", 8080, True),
        ({"network": "fd00::/64", "ingress": [{"action": "allow"}]}, "fd00::9", 22, False),
        ({"network": "fd00::/64", "ingress": [{"action": "drop"}]}, "fd00::9", 22, True),
        ({"network": "fd00::/64", "ingress": [], "ingress_default": "allow"}, "fd00::9", 22, False),
        (
            {
                "address": ["10.0.0.1"],
                "ingress": [{"action": "allow", "protocol": "tcp", "port_sets": ["web"]}],
                "port_set": [{"name": "web", "ports": ["443"]}],
            },
            "10.0.0.1",
            443,
            False,
        ),
        ({"family": "bridge", "network": "10.0.0.0/24", "stateful": False}, "10.0.0.1", 22, False),
        (
            {"address": ["10.0.0.1"], "ingress": [WEB, {**WEB, "action": "reject", "ports": ["1-99"]}]},
            "10.0.0.1",
            80,
            True,
        ),
        (
            {"address": ["10.0.0.1"], "ingress": [WEB, {**WEB, "action": "drop", "protocol": "udp"}]},
            "10.0.0.1",
            80,
            False,
        ),
        ({"address": ["10.0.0.1"], "ingress": [WEB, {**DROP, "ports": ["81"]}]}, "10.0.0.1", 80, False),
        ({"address": ["10.0.0.1"], "ingress": [WEB, {**DROP, "source": ["10.0.0.7"]}]}, "10.0.0.1", 80, False),
        ({"address": ["10.0.0.1"], "ingress": [DROP], "ingress_default": "allow"}, "10.0.0.1", 80, True),
    ],
)
def test_a_forward_to_a_guest_whose_firewall_lets_nobody_in(guard: Any, target: str, targets: int, shut: bool) -> None:
    firewall = change("nftables_firewall", guard)
    forward = change("nftables_port_forward", {"port": 8080, "target": target, "target_port": targets})
    found = list(judge_guarded(forwards([forward]), firewalls([firewall])))
    assert [one.address for one in found] == (["nftables_port_forward.x"] if shut else [])


def change(type_: str, written: Mapping[str, Any]) -> Change:
    schema = NftablesProvider().schema.resources[type_]
    configured = configure(schema, written)
    after = {**propose(schema, configured, None)}
    after |= {name: ["dhcp"] if name == "services" else "tcp" for name, value in after.items() if value is UNKNOWN}
    return Change(verb=Verb.CREATE, address=f"{type_}.x", type=type_, before=None, after=after)


def test_interfaces_that_could_never_guard_anybody(host: Any, open_session: Open) -> None:
    for command in ("link add br0 type bridge", "link add tap0 type veth peer name x", "link set tap0 master br0"):
        assert host.run(["ip", *command.split()]).ok
    bridged = {"family": "bridge", "stateful": False, "anti_spoofing": {"enabled": False}}
    assert assess(open_session, a={"interface": "br0"}, b={**bridged, "interface": "tap0"}) == []
    assert assess(open_session, a={"interface": "tap0"}) == [("a", ("interface",))]
    assert assess(open_session, a={**bridged, "interface": "br0"}) == [("a", ("interface",))]
    assert assess(open_session, a={"interface": "later"}, b={**bridged, "interface": "later"}) == []
