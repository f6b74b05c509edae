"""``terraform_data``, as Terraform documents it: ``output`` is ``input`` after apply, ``id`` is made on creation,
and a change of ``triggers_replace`` makes a new one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

from kvmplan_sdk import (
    UNKNOWN,
    Attribute,
    Host,
    Known,
    Object,
    ObjectSchema,
    Observed,
    Outcome,
    Planned,
    Proposal,
    Provider,
    ProviderSchema,
    Session,
    Step,
    Value,
)
from kvmplan_sdk.types import ANY, STRING
from kvmplan_sdk.values import differences, is_known

from .remote_state import REMOTE_STATE, read_remote_state

DATA = ObjectSchema(
    doc="A value kept in state, of any type, with a life of its own.",
    attributes={
        "input": Attribute(type=ANY, doc="The value to keep."),
        "triggers_replace": Attribute(type=ANY, doc="A value whose change makes a new one.", replaces=True),
        "output": Attribute(type=ANY, doc="The value of `input`, once applied.", computed=True, read_only=True),
        "id": Attribute(type=STRING, doc="Unique to this one.", computed=True, read_only=True),
    },
    coexists=True,
)


class TerraformProvider(Provider):
    name = "terraform"
    version = "0.1.0"
    needs_host = False
    tags = False
    schema = ProviderSchema(resources={"terraform_data": DATA}, data_sources={"terraform_remote_state": REMOTE_STATE})

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        return TerraformSession(host)


class TerraformSession(Session):
    """State is all there is: what it has is there, but what has no identifier was never made."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._destroyed: set[str] = set()

    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        return [Observed(values=known.values) if self._is_there(known.values.get("id")) else None for known in objects]

    def _is_there(self, identifier: Value) -> bool:
        return isinstance(identifier, str) and identifier not in self._destroyed

    def import_state(self, type_: str, identifier: str) -> Observed:
        return Observed(values={"id": identifier, "input": None, "output": None, "triggers_replace": None})

    def read_data(self, type_: str, configuration: Object) -> Object:
        return read_remote_state(self._host, configuration)

    def plan(self, proposal: Proposal) -> Planned:
        values, prior = proposal.proposed, proposal.prior
        kept = prior is not None and _same(prior["input"], values["input"])
        return Planned(
            values={
                **values,
                "id": prior["id"] if prior is not None else UNKNOWN,
                "output": prior["output"] if kept and prior is not None else _after(values["input"]),
            }
        )

    def apply(self, step: Step) -> Iterator[Outcome]:
        for operation in step.operations:
            before, after = operation.before, operation.after
            values = None
            if after is not None:
                identifier = before["id"] if before else _again(after["id"])
                self._destroyed.discard(str(identifier))
                values = {**after, "id": identifier, "output": after["input"]}
            elif before is not None:
                self._destroyed.add(str(before["id"]))
            yield Outcome(address=operation.address, verb=operation.verb, values=values)


def _again(identifier: Value) -> Value:
    """That of an object that is made again as it was, or a new one."""
    return identifier if isinstance(identifier, str) else str(uuid.uuid4())


def _same(before: Value, after: Value) -> bool:
    return is_known(after) and next(differences(before, after), None) is None


def _after(value: Value) -> Value:
    return None if value is None else UNKNOWN
