"""A change as a session plans it, for tests that judge plans."""

from __future__ import annotations

from kvmplan_libvirt.provider import SCHEMA, LibvirtSession
from kvmplan_sdk import Change, Object, Proposal, Verb
from kvmplan_sdk.proposing import configure, propose


def change(
    session: LibvirtSession, type_: str, written: Object, name: str = "example", before: Object | None = None
) -> Change:
    address, schema = f"{type_}.{name}", SCHEMA.resources[type_]
    configured = configure(schema, written)
    proposal = Proposal(
        address=address,
        type=type_,
        host="local",
        configured=configured,
        proposed=propose(schema, configured, before),
        prior=before,
    )
    answer = session.plan(proposal)
    assert not answer.diagnostics
    verb = Verb.CREATE if before is None else Verb.UPDATE
    return Change(verb=verb, address=address, type=type_, before=before, after=answer.values, impact=answer.impact)
