"""Sections: parts of a table's skeleton that are there only while something is in them, so that nobody pays for a hook
that nothing uses.
"""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan_nftables.table.pieces import Named, Piece


@dataclass(frozen=True, slots=True)
class Section:
    """``names``: of the chains, sets and maps that do their work only with it; most are its own. Sections may share a
    chain, in which their rules stand in the sections' order.
    """

    pieces: tuple[Piece, ...]
    names: frozenset[str]


def section(*pieces: Piece, also: frozenset[str] = frozenset()) -> Section:
    """``also``: names of other sections' that need this one."""
    return Section(pieces, also | {piece.name for piece in pieces if isinstance(piece, Named)})
