"""Filters that cannot be as planned, or that somebody could not use any more; NICs whose filter is not there; and
whom a change of a filter reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kvmplan_libvirt.assess.filtering import Filtering
from kvmplan_libvirt.nwfilter.including import reference_of
from kvmplan_libvirt.nwfilter.plan import own_uuid
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_sdk import NO_IMPACT, Change, Diagnostic, Impact, ImpactLevel, Object, Path, Verb, error, warning


def filter_impacts(filtering: Filtering) -> Mapping[str, Impact]:
    """With the names of the running guests that use each filter that changes."""
    changes = [change for change in filtering.scene.of("libvirt_nwfilter") if change.verb]
    return {change.address: _impact(filtering, change) for change in changes}


def _impact(filtering: Filtering, change: Change) -> Impact:
    guests = filtering.running_on(text(change.before or {}, "name") or "")
    reached = guests and change.verb is Verb.UPDATE and change.impact.level > ImpactLevel.NONE
    return replace(change.impact, guests=guests) if reached else NO_IMPACT


def check_filters(filtering: Filtering) -> Iterator[Diagnostic]:
    if not filtering.concerned:
        return
    scene = filtering.scene
    changed: set[str] = set()
    for change, after in scene.planned("libvirt_nwfilter"):
        if change.verb is not None:
            changed.add(str(after.get("name")))
            yield from _check_identity(filtering, change, after)
            yield from _check_includes(filtering, change, after)
            yield from _check_users(filtering, change, str(after.get("name")))
            yield from _check_firewalls(filtering, change, str(after.get("name")))
    for change, name in filtering.removed:
        yield from _check_removal(filtering, change, name)
    for change, after in scene.planned("libvirt_interface"):
        if change.verb is not None:
            yield from _check_nic(filtering, change, after)
            used = reference_of(block(after, "filterref"))
            if used is not None and used.filter not in changed:
                yield from _check_firewalls(filtering, change, used.filter)


def _check_identity(filtering: Filtering, change: Change, after: Object) -> Iterator[Diagnostic]:
    scene = filtering.scene
    name, uuid = text(after, "name"), (text(after, "uuid") or "").lower()
    named = scene.inventory.filters.named(name or "")
    if named is not None and named.uuid != uuid and named.uuid not in filtering.going:
        yield error(
            f"There is already a filter {name}",
            "It was not made by this state. Choose another `name`; or take it in with an `import` block whose `id` is "
            f"{name}; or remove it on the host (`virsh nwfilter-undefine {name}`), unless it is one of libvirt's own.",
            address=change.address,
            path=("name",),
        )
    there = scene.inventory.filters.get(uuid)
    made = change.before is None or change.replaced
    ours = uuid == own_uuid(scene.reach, change.address, name or "")
    if there is not None and made and not ours and (uuid not in filtering.going or change.created_first):
        yield error(
            f"Filter {there.name} already has the UUID {uuid}",
            "It was not made by this state. Choose another `uuid`, or remove it on the host.",
            address=change.address,
            path=("uuid",),
        )
    if change.created_first and text(change.before or {}, "name") == name:
        yield error(
            f"Two filters {name} cannot be there at a time",
            "With a new `uuid` alone the old one goes first. Take `create_before_destroy` out, or change `name` too.",
            address=change.address,
            path=("uuid",),
        )


def _check_includes(filtering: Filtering, change: Change, after: Object) -> Iterator[Diagnostic]:
    for index, include in enumerate(blocks(after, "filterref")):
        name = text(include, "filter")
        if name is not None and name not in filtering.then:
            yield _no_filter(filtering, change, name, ("filterref", index, "filter"))
    loop = filtering.then.loop(str(after.get("name")))
    if loop:
        yield error(
            f"Filter {loop[0]} includes itself",
            f"{' includes '.join(loop)}. Take one of these `filterref` blocks out.",
            address=change.address,
            path=("filterref",),
        )


def _check_users(filtering: Filtering, change: Change, name: str) -> Iterator[Diagnostic]:
    """NICs that the plan leaves alone, and that could not have the filter as it will be."""
    told: set[tuple[str, str]] = set()
    for user in filtering.using_then.get(name, ()):
        nic = (user.domain, user.mac)
        before = filtering.now.lacks(user.reference)
        lacks = [lack for lack in filtering.then.lacks(user.reference) if lack not in before]
        if lacks and nic not in told and nic not in filtering.changed_nics:
            told.add(nic)
            yield error(
                f"Guest {user.domain} could not have filter {name} as planned",
                f"Of its NIC {user.mac}, {'; '.join(lacks)}. Give values with `parameter` blocks of its `filterref`.",
                address=change.address,
                path=("rule",),
            )


def _check_firewalls(filtering: Filtering, change: Change, name: str) -> Iterator[Diagnostic]:
    blind = sorted(filtering.then.firewalls(name) & filtering.blind)
    if blind:
        settings = " ".join(f"net.bridge.bridge-nf-call-{firewall}=1" for firewall in blind)
        yield warning(
            f"Some rules of filter {name} do nothing on this host",
            f"Those of protocols above IP, such as tcp and all, are for {' and '.join(blind)}, which the host does not "
            f"show what passes its bridges. Let it: `sysctl -w {settings}`, and the same in /etc/sysctl.d.",
            address=change.address,
        )


_WITH_ANOTHER_NAME = (
    "Two of one name cannot be there at a time: leave it as it is (`kvmplan untaint`, no `--replace`), or change its "
    "name. "
)


def _check_removal(filtering: Filtering, change: Change, name: str) -> Iterator[Diagnostic]:
    using = sorted({user.domain for user in filtering.using_then.get(name, ())})
    including = filtering.including_then.get(name, [])
    told = [f"{kind} {', '.join(names)}" for kind, names in (("guests", using), ("filters", including)) if names]
    if told and name not in filtering.then:
        yield error(
            f"Filter {name} is in use",
            f"By {' and '.join(told)}. Let them use another filter, or none, in the same plan.",
            address=change.address,
        )
    elif change.replaced and not change.created_first:
        stay = {(user.domain, user.mac) for user in filtering.users_then}
        users = [user for user in filtering.using_now.get(name, ()) if user.running]
        guests = sorted({user.domain for user in users if (user.domain, user.mac) in stay})
        if guests:
            keeps_name = text(change.after or {}, "name") == name
            yield error(
                f"Filter {name} is in use, so it cannot go before its successor is there",
                f"Running guests use it: {', '.join(guests)}. {_WITH_ANOTHER_NAME if keeps_name else ''}Add `lifecycle "
                "{ create_before_destroy = true }`: then they turn to the new one while they run, and the old one goes "
                "last.",
                address=change.address,
            )


def _check_nic(filtering: Filtering, change: Change, after: Object) -> Iterator[Diagnostic]:
    reference = reference_of(block(after, "filterref"))
    if reference is None:
        return
    network = text(after, "network")
    if network is not None and filtering.is_on_devices(network):
        yield error(
            f"On network {network} nothing is filtered",
            "It puts guests directly on devices of the host, where libvirt has no filters; it would not plug it in. "
            "Take `filterref` out, or use a network with a bridge.",
            address=change.address,
            path=("filterref",),
        )
    if reference.filter not in filtering.then:
        yield _no_filter(filtering, change, reference.filter, ("filterref", "filter"))
        return
    for name in filtering.then.absent(reference.filter):
        yield error(
            f"Filter {reference.filter} includes a filter {name} that is not there",
            "libvirt would not plug the NIC in. Make that filter, or use another one here.",
            address=change.address,
            path=("filterref", "filter"),
        )
    lacks = filtering.then.lacks(reference)
    if lacks:
        yield error(
            f"Filter {reference.filter} cannot be used like this",
            f"libvirt would not plug the NIC in: {'; '.join(lacks)}. Give values with `parameter` blocks.",
            address=change.address,
            path=("filterref",),
        )


def _no_filter(filtering: Filtering, change: Change, name: str, path: Path) -> Diagnostic:
    own = [known for known in filtering.then.names() if known != name]
    return error(
        f"There is no filter {name}",
        f"It is neither on the host nor planned to be. Filters: {', '.join(own) or 'none'}.",
        address=change.address,
        path=path,
    )
