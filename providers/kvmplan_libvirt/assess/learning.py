"""NICs whose filter leaves it to libvirt to learn the guest's address: another filter stops the traffic a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_libvirt.assess.filtering import Filtering
from kvmplan_libvirt.impact import impact_of
from kvmplan_libvirt.mechanism import LEARN
from kvmplan_libvirt.nwfilter.including import reference_of
from kvmplan_libvirt.plain import block
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import Change, Impact, worst


def with_learning(filtering: Filtering, found: Mapping[str, Impact]) -> Iterator[tuple[str, Impact]]:
    """``found`` again for the NICs that are worse off than their own table knows."""
    for change in filtering.scene.of("libvirt_interface"):
        impact = found.get(change.address)
        if impact is not None and impact.guests and _stops(filtering, change):
            yield change.address, worst((impact, impact_of([LEARN], impact.guests)))


def _stops(filtering: Filtering, change: Change) -> bool:
    """Learning that begins on a NIC without a filter stops nothing."""
    if change.before is None or change.after is None or change.replaced:
        return False
    sides = [block(side, "filterref") for side in (change.before, change.after)]
    before, after = (reference_of(side) for side in sides)
    if before is None or same(*sides):
        return False
    return filtering.now.learns(before) or (after is not None and filtering.then.learns(after))
