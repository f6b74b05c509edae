"""How resources tell that they are saved: by an attribute of each, so that a plan says in a word what was lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kvmplan_sdk import Attribute, Change, Diagnostic, ObjectSchema, Verb, warning
from kvmplan_sdk.schema import BOOL
from kvmplan_sdk.values import differences

IS_SAVED = "saved"
_ATTRIBUTE = Attribute(
    type=BOOL,
    doc="Whether it comes back after a reboot: what is saved holds its rules and elements, and is loaded. It is false "
    "where systemd does not run the host.",
    computed=True,
    read_only=True,
)


def saving(schema: ObjectSchema) -> ObjectSchema:
    return replace(schema, attributes={**schema.attributes, IS_SAVED: _ATTRIBUTE})


def but_saving(changes: Sequence[Change]) -> Sequence[Change]:
    """As they are for packets: what is only saved anew does not change."""
    return [replace(change, verb=None) if _only_saves(change) else change for change in changes]


def _only_saves(change: Change) -> bool:
    if change.verb is not Verb.UPDATE or change.before is None or change.after is None:
        return False
    return {path[0] for path in differences(change.after, change.before)} == {IS_SAVED}


def judge_saving(changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """One warning for all that is made on a host without systemd."""
    if any(change.verb is not None and change.after and change.after.get(IS_SAVED) is False for change in changes):
        yield warning(
            "What nftables holds is not saved",
            "systemd does not run this host. It is gone after a reboot, and after a flush of the ruleset; "
            "`kvmplan apply` makes it anew.",
        )
