"""Judging a plan as a whole, before anything runs: what is in the way on the host, and which guests it reaches.

Not here: what is wrong with one network or NIC by itself (each kind's own check), and contradictions between claims,
which the engine finds.
"""

from __future__ import annotations

from collections.abc import Sequence

from kvmplan_libvirt.assess.entries import check_entries
from kvmplan_libvirt.assess.filtering import Filtering
from kvmplan_libvirt.assess.filters import check_filters, filter_impacts
from kvmplan_libvirt.assess.guests import check_guests
from kvmplan_libvirt.assess.impacts import impacts
from kvmplan_libvirt.assess.interfaces import check_interfaces
from kvmplan_libvirt.assess.learning import with_learning
from kvmplan_libvirt.assess.models import check_models
from kvmplan_libvirt.assess.networks import check_networks
from kvmplan_libvirt.assess.reservations import check_reservations
from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.assess.subnets import check_subnets
from kvmplan_libvirt.assess.waiting import check_waiting
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Change, ClaimedBy, Findings


def assess(reach: Reach, inventory: Inventory, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
    scene = Scene(reach, inventory, tuple(changes), tuple(claims))
    filtering = Filtering(scene)
    checks = (
        check_networks,
        check_subnets,
        check_interfaces,
        check_models,
        check_entries,
        check_reservations,
        check_guests,
        check_waiting,
    )
    found = (diagnostic for check in checks for diagnostic in check(scene))
    hit = impacts(scene)
    return Findings(
        diagnostics=(*found, *check_filters(filtering)),
        impacts={**hit, **dict(with_learning(filtering, hit)), **filter_impacts(filtering)},
    )


__all__ = ["assess"]
