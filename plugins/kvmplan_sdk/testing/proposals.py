"""What the engine would propose for an object as somebody wrote it."""

from __future__ import annotations

from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.provider import Proposal
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object


def proposal(schema: ObjectSchema, address: str, written: Object, prior: Object | None = None) -> Proposal:
    configured = configure(schema, written)
    return Proposal(
        address=address,
        type=address.partition(".")[0],
        host="local",
        configured=configured,
        proposed=propose(schema, configured, prior),
        prior=prior,
    )
