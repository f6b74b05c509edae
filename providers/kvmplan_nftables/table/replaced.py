"""Replacements, each as one change: nft takes a batch whole, so there is no moment in which the old object is gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kvmplan_sdk import Operation, Verb


def merged(operations: Sequence[Operation]) -> Iterator[Operation]:
    """What is deleted and created under one address is one operation: from what was there to what shall be. Compared
    with what is there one by one, the first would take away what the second finds there.
    """
    goes = {one.address: one for one in operations if one.verb is Verb.DELETE}
    comes = {one.address for one in operations if one.verb is Verb.CREATE}
    for one in operations:
        old = goes.get(one.address)
        if one.verb is Verb.CREATE and old is not None:
            yield replace(one, verb=Verb.UPDATE, before=old.before, private=old.private, former=old.former)
        elif one.verb is not Verb.DELETE or one.address not in comes:
            yield one
