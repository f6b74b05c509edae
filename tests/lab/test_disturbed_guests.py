"""What running guests notice of a change, and what not, where it takes more than one attribute to tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kvmplan_sdk import ImpactLevel, Object

from .two_guests import LAN, NICS, OTHER_BRIDGE, TWIN, Stage, two_guests

pytestmark = pytest.mark.lab
OTHER_TREE = ("ip", "link", "set", "br-other", "type", "bridge", "forward_delay", "200", "stp_state")
WITH_TREE: Object = {**LAN, "bridge": {"name": "virbr-lan", "stp": True}}


@pytest.fixture(scope="module")
def pair(lab_token: str) -> Iterator[Stage]:
    with two_guests(f"{lab_token}-pair", lab_token) as stage:
        yield stage


@pytest.fixture
def stage(pair: Stage) -> Stage:
    """Both guests on the network as it is at first."""
    pair.rig.put("libvirt_network.lan", LAN)
    pair.watch.lab.run(["sh", "-ec", OTHER_BRIDGE])
    pair.watch.lab.run([*OTHER_TREE, "0"])
    pair.rig.put("libvirt_network.twin", TWIN)
    pair.rig.put("libvirt_interface.a", NICS["a"])
    assert pair.watch.settle()
    return pair


def test_a_spanning_tree_does_not_hold_guests_back_after_a_restart(stage: Stage) -> None:
    stage.rig.put("libvirt_network.lan", WITH_TREE)
    assert stage.watch.settle()
    gaps = []
    for mtu in (1400, 1300, 1200):
        with stage.watch.measured() as found:
            stage.rig.put("libvirt_network.lan", {**WITH_TREE, "mtu": mtu})
        gaps.append(found[0].gap)
        if 0 < found[0].gap < 3:
            break
    assert 0 < min(gaps) < 3, "the tree itself takes four seconds, and a busy machine not every time as long"
    assert "stp_state 1" in stage.watch.lab.run(["ip", "-d", "link", "show", "virbr-lan"]).stdout


def test_a_nic_that_moves_waits_for_the_spanning_tree_and_is_said_to(stage: Stage) -> None:
    stage.watch.lab.run([*OTHER_TREE, "1"])
    with stage.watch.measured() as found:
        findings = stage.rig.put("libvirt_interface.a", {**NICS["a"], "network": "twin"})
    impact = findings.impacts["libvirt_interface.a"]
    assert (impact.level, found[0].level) == (ImpactLevel.LINK_FLAP, ImpactLevel.LINK_FLAP)
    assert "four seconds" in impact.why
    assert 3 < found[0].gap < 30


def test_guests_on_a_bridge_of_the_host_notice_nothing_of_their_network(stage: Stage) -> None:
    stage.rig.put("libvirt_interface.a", {**NICS["a"], "network": "twin"})
    assert stage.watch.settle()
    with stage.watch.measured() as found:
        changed = {**TWIN, "trust_guest_rx_filters": True}
        impact = stage.rig.put("libvirt_network.twin", changed).impacts["libvirt_network.twin"]
    assert (impact.level, impact.guests) == (ImpactLevel.NONE, ())
    assert found[0].level is ImpactLevel.NONE, found[0].seen
    assert stage.rig.leftover("libvirt_network.twin", changed) == {}


def test_a_nic_whose_address_libvirt_learns_is_cut_off_when_that_ends(stage: Stage) -> None:
    learning: Object = {"filter": "no-ip-spoofing"}
    told: Object = {**learning, "parameter": [{"name": "IP", "value": "10.77.0.10"}]}
    for filterref, level in ((learning, ImpactLevel.LIVE), (told, ImpactLevel.LINK_FLAP), (None, ImpactLevel.LIVE)):
        with stage.watch.measured() as found:
            findings = stage.rig.put("libvirt_interface.a", {**NICS["a"], "filterref": filterref})
        impact = findings.impacts["libvirt_interface.a"]
        assert (impact.level, found[0].level) == (level, level), (filterref, found[0].seen)


def test_taps_are_isolated_as_their_network_says(stage: Stage) -> None:
    for written, state in (({**LAN, "port_isolated": True}, "on"), ({**LAN, "mtu": 1400}, "off")):
        stage.rig.put("libvirt_network.lan", written)
        shown = stage.watch.lab.run(["bridge", "-d", "-o", "link", "show"]).stdout
        assert re.findall(r"vnet.* isolated (on|off)", shown) == [state, state], shown
