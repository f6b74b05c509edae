"""What a change is said to disturb is what it disturbs: every attribute of a network and of a NIC, one after another,
on a host with two running guests that exchange packets all along.

``none``: nothing that running guests use has changed. ``live``: something has, and no packet was lost.
``dnsmasq_restart``: another dnsmasq, and no packet lost. ``link_flap``: a carrier lost, or taps off their bridge and
back so that packets were lost, for two seconds at most where the machine has time. ``guest_disconnect``: a NIC gone. A
level that was not measured is wrong, be it too low or too high.

With ``KVMPLAN_RECORD`` set, what was measured is written down for the documentation.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

import pytest

from kvmplan_sdk import ImpactLevel

from .disturbance import Disturbance
from .two_guests import LAN, OTHER_BRIDGE, TWIN, Stage, two_guests
from .update_cases import MEASURED, Case, Scene, scenes

pytestmark = pytest.mark.lab
GAP = 2.0
"""In seconds, of half of the changes at least, on a machine that does not have more to do than it has cores."""
LONGEST_GAP = 30.0
"""In seconds. A machine that has stopped meanwhile is not to blame."""
MEASUREMENTS = 3
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """Of a case: the levels that were said and measured, None where there was nothing to measure; what was seen; and
    for how many seconds no packets came through.
    """

    said: ImpactLevel | None
    level: ImpactLevel | None
    seen: str
    gap: float = 0.0

    @property
    def row(self) -> tuple[str | None, str]:
        return None if self.level is None else str(self.level), self.seen


@pytest.fixture(scope="module")
def stage(lab_token: str) -> Iterator[Stage]:
    with two_guests(f"{lab_token}-matrix", lab_token) as stage:
        yield stage


@pytest.mark.parametrize("type_", ["libvirt_network", "libvirt_interface"])
def test_what_a_change_is_said_to_disturb_is_what_it_disturbs(stage: Stage, type_: str) -> None:
    stage.rig.put("libvirt_network.lan", LAN)
    if type_ == "libvirt_interface":
        stage.watch.lab.run(["sh", "-ec", OTHER_BRIDGE])
        stage.rig.put("libvirt_network.twin", TWIN)
    results = {name: result for scene in scenes(type_) for name, result in played(stage, type_, scene)}
    record(type_, results)
    assert [f"{name} {result.seen}" for name, result in results.items() if result.seen.startswith(FAILED)] == []
    assert {name: str(result.said) for name, result in results.items()} == {
        name: str(result.level) for name, result in results.items()
    }
    gaps = [result.gap for result in results.values() if result.level is ImpactLevel.LINK_FLAP]
    print(f"gaps: {median(gaps):.2f} s, at most {max(gaps):.2f} s")
    assert median(gaps) <= GAP * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert max(gaps) <= LONGEST_GAP


def played(stage: Stage, type_: str, scene: Scene) -> Iterator[tuple[str, Result]]:
    name = scene.start["domain" if type_ == "libvirt_interface" else "name"]
    address = f"{type_}.{name}"
    if not scene.planned:
        stage.rig.put(address, scene.start)
    if scene.untried is None:
        stage.watch.settle()
    for case in scene.cases:
        try:
            yield case.attribute, tried(stage, address, scene, case)
        except AssertionError as failed:
            yield case.attribute, Result(None, None, f"{FAILED}: {failed}")


def tried(stage: Stage, address: str, scene: Scene, case: Case) -> Result:
    if case.refused or case.lacks:
        expected, against = case.refused or case.lacks or "", stage.rig.refusals(address, case.written)
        assert case.lacks or against, case.attribute
        assert not against or any(expected in text for text in against), (case.attribute, against)
        if against:
            return Result(None, None, f"refused: {expected}")
    if scene.planned:
        assert stage.rig.refusals(address, case.written) == [], case.attribute
        return Result(None, None, scene.untried or "")
    if scene.untried is not None:
        stage.rig.put(address, case.written)
        assert stage.rig.leftover(address, case.written) == {}, case.attribute
        return Result(None, None, scene.untried)
    said, disturbance = changed(stage, address, case)
    assert stage.rig.leftover(address, case.written) == {}, case.attribute
    return Result(said, disturbance.level, disturbance.seen, disturbance.gap)


def changed(stage: Stage, address: str, case: Case) -> tuple[ImpactLevel, Disturbance]:
    """Changed back and measured again where packets were lost for no reason that shows: the machine may have stopped
    meanwhile, but it does not do so each time.
    """
    for attempt in range(MEASUREMENTS):
        if attempt:
            stage.rig.put(address, case.before)
            stage.watch.settle()
        with stage.watch.measured() as found:
            impact = stage.rig.put(address, case.written).impacts[address]
        (disturbance,) = found
        print(case.attribute, impact.level, disturbance.seen, f"{disturbance.gap:.2f}")
        if disturbance.level is impact.level or not disturbance.unexplained:
            break
    return impact.level, disturbance


def record(type_: str, results: Mapping[str, Result]) -> None:
    if os.environ.get("KVMPLAN_RECORD"):
        known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
        known[type_] = {name: result.row for name, result in results.items()}
        MEASURED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
