"""Rulesets as the real firewalls load them (`rulesets/`, taken from hosts): what the plan says of traffic of ours."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from kvmplan_sdk import Session

from .namespace_host import NamespaceHost
from .test_assessment import bridged, load_iptables
from .test_guests_assessment import forward, way_out

__all__ = ["bridged"]
RULESETS = Path(__file__).parent / "rulesets"
EXPECTED = {
    "docker.iptables": (["ip filter FORWARD (Docker)"], ["ip filter FORWARD (Docker)"]),
    "ufw.iptables": (
        ["ip filter FORWARD (ufw)"],
        ["ip filter FORWARD (ufw)", "ip filter ufw-skip-to-policy-input (ufw)", "ip filter INPUT (ufw)"],
    ),
    "firewalld.nft": ([], [f"inet firewalld filter_{way}_public (firewalld)" for way in ("FWD", "IN", "IN")]),
}
"""The chains that stop a forward, and the guests' way out with DHCP and DNS."""


def load(host: NamespaceHost, name: str) -> None:
    text = (RULESETS / name).read_text()
    if name.endswith(".nft"):
        host.nft(text)
    else:
        load_iptables(host, text)


@pytest.mark.parametrize("name", EXPECTED)
def test_what_stops_our_traffic(bridged: NamespaceHost, open_session: Callable[[], Session], name: str) -> None:
    load(bridged, name)
    for found, chains in zip((forward(open_session, 8080), way_out(open_session)), EXPECTED[name], strict=True):
        assert len(found) == len(chains), found
        for one, chain in zip(found, chains, strict=True):
            assert f"chain {chain}" in one.detail
            assert one.is_error == ("FORWARD" in chain or "FWD" in chain), one
            assert " may " not in one.summary, one


def test_what_docker_is_told_lets_everything_pass(bridged: NamespaceHost, open_session: Callable[[], Session]) -> None:
    load(bridged, "docker.iptables")
    for rule in (
        "-o virbr1 -m conntrack --ctstate DNAT,RELATED,ESTABLISHED -j ACCEPT",
        "-i virbr1 -j ACCEPT",
    ):  # as docs/firewalls.md has them
        assert bridged.run(["iptables", "-I", "DOCKER-USER", *shlex.split(rule)]).ok
    assert forward(open_session, 8080) == []
    assert way_out(open_session) == []
