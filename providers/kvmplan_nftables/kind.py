"""What a kind of resource says of itself; everything else is the same for all of them (`session`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement
from kvmplan_nftables.table.pieces import Piece
from kvmplan_sdk import NO_IMPACT, Claim, Diagnostic, Impact, ImpactLevel, Object, ObjectSchema, Proposal

REROUTES = Impact(
    ImpactLevel.LIVE,
    why="new connections take the changed way; established ones go on as they are",
    steps=("nft -f",),
)


WHOM = "{whom}"
"""In an impact's sentence: the place of the guests that it is about."""


def _somebody(values: Object) -> str:
    del values
    return "guests"


def _nothing(values: Object) -> Iterable[Diagnostic]:
    del values
    return ()


def _no_claims(values: Object) -> Iterable[Claim]:
    del values
    return ()


def _as_proposed(proposal: Proposal) -> Object:
    return proposal.proposed


def _not_told(values: Object, found: Sequence[FoundElement]) -> Object | None:
    del values, found
    return None


ENDS = Impact(
    ImpactLevel.LIVE,
    why="new connections are no longer translated; established ones end with the table, when this is its last entry",
    steps=("nft -f",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``pieces``: what known values are made of, in whichever tables; raises `ValueError` for what cannot be told to
    nft. ``impacts``: of a change, by attribute; `REROUTES` unless said; ``created`` and ``removed``: of coming and
    going. ``complete``: the proposal with what is derived. ``check`` looks at known values; where it finds errors,
    nobody asks for pieces. ``seen``: the values that the elements found amount to, where they are not
    as known; None where it cannot be said. ``whom``: the guests that the values are about, for people.
    """

    schema: ObjectSchema
    pieces: Callable[[Object, Owner], Sequence[Piece]]
    impacts: Mapping[str, Impact] = field(default_factory=dict)
    created: Impact = NO_IMPACT
    removed: Impact = ENDS
    complete: Callable[[Proposal], Object] = _as_proposed
    check: Callable[[Object], Iterable[Diagnostic]] = _nothing
    claims: Callable[[Object], Iterable[Claim]] = _no_claims
    seen: Callable[[Object, Sequence[FoundElement]], Object | None] = _not_told
    whom: Callable[[Object], str] = _somebody

    def told(self, impact: Impact, values: Object | None) -> Impact:
        """``impact`` of the very guests: nft does not know their names."""
        return replace(impact, why=impact.why.replace(WHOM, self.whom(values or {})))
