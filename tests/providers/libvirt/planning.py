"""A change as a session plans it, for tests that judge plans."""

from __future__ import annotations

from kvmplan_libvirt.provider import SCHEMA, LibvirtSession
from kvmplan_sdk import Change, Object, Verb
from kvmplan_sdk.testing.proposals import proposal


def change(
    session: LibvirtSession, type_: str, written: Object, name: str = "example", before: Object | None = None
) -> Change:
    address = f"{type_}.{name}"
    answer = session.plan(proposal(SCHEMA.resources[type_], address, written, before))
    assert not answer.diagnostics
    verb = Verb.CREATE if before is None else Verb.UPDATE
    return Change(verb=verb, address=address, type=type_, before=before, after=answer.values, impact=answer.impact)
