"""The inverse of what a run did, as a plan: from what stands now back to what there was, by the executor as any other.

It is made of before-images, not of the operations that were done: what was made goes, what was deleted is made again,
what was changed is changed back, what moved goes home, what was forgotten or taken in is so no longer. An object that
can only be changed back by making it anew is left as it is: that would destroy more than the run did.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.plan.model import Action, Change, OperationKey, Plan
from kvmplan.plan.operations import ordered_steps
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance, State, stored
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.proposing import lasting, replacing
from kvmplan_sdk.provider import UNTAGGED, Proposal, Verb
from kvmplan_sdk.values import Path, differences, format_path

Instances = Mapping[Address, Instance]
_FORGETTING = {Action.FORGET, Action.FORGET_THEN_CREATE}
_NEW = "new"
"""Tells what a run made from what it only forgot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverse:
    """``standing``: what stands before ``plan`` is carried out, everything where it belongs; ``before``: what there
    was; ``visiting``: what is in no state once it is as it was; ``left``: what cannot be undone.
    """

    plan: Plan
    standing: Instances
    before: Instances
    visiting: frozenset[Address]
    left: tuple[Diagnostic, ...]


def inverse(
    plan: Plan, before: Instances, standing: Instances, done: Iterable[OperationKey], sessions: Sessions
) -> Inverse:
    """Undoes what ``plan`` did to what was stored ``before``; ``done``: its operations, those that failed included."""
    standing = stored(standing)
    homes = _homes(plan, standing)
    was = _before(plan, before, homes)
    resources = {address.resource: home.resource for address, home in homes.items() if address != home}
    now = {homes[address]: _at_home(instance, homes, resources) for address, instance in standing.items()}
    made = {homes.get(address, address) for address, verb in done if verb is Verb.CREATE}
    aside = {homes.get(one.address, one.address): one.deposed for one in plan.changes.values() if one.deposed}
    forgotten = {_home(one) for one in plan.changes.values() if one.action in _FORGETTING}
    undoing = _Undoing(sessions, made, aside)
    kept: dict[Address, Instance] = dict(now)
    for address in sorted({**was, **now}, key=lambda one: one.sort_key):
        if (address in forgotten and address in was) or undoing.undo(was.get(address), now.get(address)):
            kept[address] = was[address]
    prior = State(lineage=plan.prior.lineage, serial=plan.prior.serial, instances=kept, hosts=plan.hosts)
    steps, needs = ordered_steps(undoing.changes, prior)
    return Inverse(
        plan=Plan(
            prior=prior,
            refreshed=prior,
            changes=undoing.changes,
            drift=(),
            outputs={},
            steps=steps,
            needs=needs,
            hosts=plan.hosts,
        ),
        standing=kept,
        before=was,
        visiting=frozenset(_home(one) for one in plan.changes.values() if one.imported is not None),
        left=tuple(undoing.left),
    )


def _home(change: Change) -> Address:
    """Where state had what ``change`` is about."""
    return change.former or change.address


def _homes(plan: Plan, standing: Instances) -> Mapping[Address, Address]:
    """Where everything that stands now belongs. A successor and what it replaces change places."""
    homes = {address: address for address in standing}
    for change in plan.changes.values():
        now, was = standing.get(change.address), plan.refreshed.instances.get(change.address)
        if now is not None:
            homes[change.address] = _home(change)
            renewed = was is None or now.values != was.values
            if renewed and change.action is Action.FORGET_THEN_CREATE:
                homes[change.address] = replace(_home(change), deposed=_NEW)
        if change.deposed and change.predecessor in homes:
            homes[change.predecessor] = _home(change)
            if change.address in homes:
                homes[change.address] = replace(_home(change), deposed=change.deposed)
    claimed: dict[Address, list[Address]] = {}
    for address, home in homes.items():
        claimed.setdefault(home, []).append(address)
    for home, claimants in claimed.items():
        if len(claimants) > 1:  # something else was made where this one was: it stays where it is
            homes |= {address: address for address in claimants if address != home}
    return homes


def _before(plan: Plan, before: Instances, homes: Mapping[Address, Address]) -> dict[Address, Instance]:
    """What there was, as it was read before anything was done."""
    found: dict[Address, Instance] = {}
    for address, instance in plan.refreshed.instances.items():
        change = plan.changes.get(address)
        home = _home(change) if change is not None else address
        image = before.get(home, instance)
        if homes.get(address) == address:
            home = address
        found[home] = replace(
            image,
            address=home,
            values=instance.values,
            private=instance.private,
            configuration=instance.configuration,
            schema_version=instance.schema_version,
        )
    return found


def _at_home(instance: Instance, homes: Mapping[Address, Address], resources: Mapping[Address, Address]) -> Instance:
    """``resources``: where those belong that have instances elsewhere."""
    home = homes[instance.address]
    needed = (homes.get(one) or resources.get(one, one) for one in instance.dependencies) if resources else ()
    return replace(
        instance,
        address=home,
        tag="" if instance.tagged == str(home.current) else instance.tagged,
        dependencies=tuple(needed) if resources else instance.dependencies,
    )


@dataclass(slots=True)
class _Undoing:
    """``made``: what the run made; ``aside``: by address, what told the object that it replaced."""

    sessions: Sessions
    made: Container[Address]
    aside: Mapping[Address, str]
    changes: dict[Address, Change] = field(default_factory=dict)
    left: list[Diagnostic] = field(default_factory=list)

    def undo(self, was: Instance | None, now: Instance | None) -> bool:
        """Note what to do about one object; True when it is as it was."""
        if was is None:
            assert now is not None
            self.changes[now.address] = _change(Action.DELETE, now, None)
        elif now is None:
            if not was.address.deposed:  # what was only waiting for its end has found it
                self.changes[was.address] = _change(Action.CREATE, was, was)
        elif self._same(was, now):
            return True
        elif was.address in self.made or was.lane != now.lane:
            deposed = self.aside.get(was.address, "")
            action = Action.CREATE_THEN_DELETE if deposed else Action.REPLACE
            self.changes[was.address] = replace(
                _change(action, now, was), deposed=deposed, left=now.lane if now.lane != was.lane else None
            )
        elif new := self._only_anew(was, now):
            self.left.append(_cannot_go_back(was, new))
        else:
            self.changes[was.address] = _change(Action.UPDATE, now, was)
        return False

    def _same(self, was: Instance, now: Instance) -> bool:
        tags = was.tag != UNTAGGED and self.sessions.provider(was.provider).tags  # what was tagged stays tagged
        retagged = tags and was.tagged != now.tagged
        schema = self.sessions.provider(was.provider).schema.resources[was.address.type]
        changed = differences(lasting(schema, was.values), now.values)
        return not retagged and was.lane == now.lane and not any(True for _ in changed)

    def _only_anew(self, was: Instance, now: Instance) -> tuple[Path, ...]:
        """What cannot be changed back without making a new object."""
        schema = self.sessions.provider(was.provider).schema.resources[was.address.type]
        configured = {
            name: None if name in schema.attributes and schema.attributes[name].read_only else value
            for name, value in was.values.items()
        }
        proposal = Proposal(
            address=str(was.address.current),
            type=was.address.type,
            host=was.host,
            configured=configured,
            proposed=was.values,
            prior=now.values,
            private=now.private,
        )
        try:
            with blamed(was.provider):
                roots = self.sessions.get(was.lane).plan(proposal).replaces
        except DiagnosticError:
            roots = ()  # it says so again when it is asked to do it
        return replacing(schema, roots, differences(was.values, now.values))


def _change(action: Action, now: Instance, was: Instance | None) -> Change:
    """From ``now`` back to what ``was``; None: to nothing."""
    image = was or now
    return Change(
        address=image.address,
        action=action,
        lane=image.lane,
        before=None if action is Action.CREATE else now.values,
        after=was.values if was else None,
        private=image.private,
        schema_version=image.schema_version,
        dependencies=image.dependencies,
        sensitive=image.sensitive,
        before_sensitive=now.sensitive,
        prevent_destroy=image.prevent_destroy,
        created_first=image.created_first,
        keep=image.keep,
        tag=now.tag,
        restores=True,
    )


def _cannot_go_back(was: Instance, paths: tuple[Path, ...]) -> Diagnostic:
    return error(
        "Cannot be undone",
        f"{', '.join(map(format_path, paths))} can only be what it was before on a new object, and what is in this one "
        "would be lost. It is left as it is now.",
        address=str(was.address),
    )


__all__ = ["Inverse", "inverse"]
