"""A plan: every change with what it does, and the steps in which they are carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.state.check_results import CheckResult
from kvmplan.state.model import Instance, State
from kvmplan_sdk import types
from kvmplan_sdk.claims import Claim
from kvmplan_sdk.diagnostics import SourceRange
from kvmplan_sdk.impact import NO_IMPACT, Impact
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Object, Path, Value, differences


class Action(Enum):
    """What happens to an instance; the value is the sign that plans show."""

    NO_OP = " "
    CREATE = "+"
    READ = "<="
    UPDATE = "~"
    REPLACE = "-/+"
    CREATE_THEN_DELETE = "+/-"
    FORGET_THEN_CREATE = "./+"
    DELETE = "-"
    FORGET = "."

    @property
    def replaces(self) -> bool:
        """Whether the object goes and another one comes."""
        return self in {Action.REPLACE, Action.CREATE_THEN_DELETE}

    @property
    def renews(self) -> bool:
        """Whether another object comes, whatever becomes of the one that is there."""
        return self.replaces or self is Action.FORGET_THEN_CREATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What the plan does to one instance.

    ``before``: the object as read, None when there is none; ``after``: as planned, None when it goes; ``reason``: why,
    in Terraform's words (``delete_because_no_resource_config``); ``replace_paths``: what forces a replacement;
    ``dependencies``: the instances it refers to, or the resource, where it refers to all of its instances;
    ``waits``: whether its inputs or conditions wait for the outcome of others; ``left``: the lane that it leaves, when
    it moves to another host; ``former``: its address before a move; ``tag``: the
    address that its object carries, where that is another one; ``imported``: the identifier by which an object
    that was there enters the state; ``deposed``: tells the object that a successor replaces, when it is created first;
    ``confirms``: whether postconditions remain to be checked once it is done; ``check``: the check that a data source
    is part of, whose failures are warnings; ``keep``: whether the object is only forgotten where it would be destroyed;
    ``unguarded``: whether it is destroyed against ``prevent_destroy``, which was allowed; ``restores``:
    whether the object is to be as it was before, where values that are the provider's own are a wish.
    """

    address: Address
    action: Action
    lane: Lane
    before: Object | None
    after: Object | None
    waits: bool = False
    left: Lane | None = None
    private: Object = field(default_factory=dict)
    schema_version: int = 0
    dependencies: tuple[Address, ...] = ()
    sensitive: tuple[Path, ...] = ()
    before_sensitive: tuple[Path, ...] = ()
    replace_paths: tuple[Path, ...] = ()
    reason: str = ""
    impact: Impact = NO_IMPACT
    claims: tuple[Claim, ...] = ()
    prevent_destroy: bool = False
    created_first: bool = False
    former: Address | None = None
    tag: str = ""
    imported: str | None = None
    deposed: str = ""
    confirms: bool = False
    check: str = ""
    keep: bool = False
    unguarded: bool = False
    restores: bool = False
    source: SourceRange | None = None

    @property
    def only_takes_in(self) -> bool:
        """Whether an imported object stays as it is, but for the tag that says it is ours."""
        if self.imported is None or self.action is not Action.UPDATE or self.before is None or self.after is None:
            return False
        return not any(True for _ in differences(self.before, self.after))

    @property
    def predecessor(self) -> Address:
        """Where the object stands that a replacement deletes."""
        return replace(self.address, deposed=self.deposed) if self.deposed else self.address

    def lane_of(self, verb: Verb) -> Lane:
        """Where an operation of this change is done."""
        return self.left if self.left is not None and verb is Verb.DELETE else self.lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """An object that is not as state remembers it: ``after`` None when it is gone; ``former``: its address there."""

    address: Address
    lane: Lane
    before: Object
    after: Object | None
    sensitive: tuple[Path, ...] = ()
    former: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataValues:
    """What a data source was read as, and where."""

    lane: Lane
    values: Object
    schema_version: int = 0
    sensitive: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputChange:
    action: Action
    before: Value
    after: Value
    type: types.Type
    sensitive: bool = False


def departing(change: Change) -> Change:
    """The end of the object that ``change``, which creates first, replaces."""
    return replace(
        change,
        address=change.predecessor,
        action=Action.DELETE,
        after=None,
        waits=False,
        confirms=False,
        deposed="",
        lane=change.left or change.lane,
        left=None,
        sensitive=change.before_sensitive,
    )


OperationKey = tuple[Address, Verb]
"""One operation of a plan. A replacement is two: a delete and a create of one address."""


@dataclass(frozen=True, slots=True)
class Junction:
    """Stands for all instances of a resource in the order of operations: all made (create), the first to be deleted
    (delete), the first to be made (update).
    """

    resource: Address
    verb: Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """Operations of a lane that are handed over in one call. ``after``: the numbers of the steps that must be done."""

    number: int
    lane: Lane
    operations: tuple[OperationKey, ...]
    after: tuple[int, ...]
    impact: Impact = NO_IMPACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``prior``: the state the plan stands on; ``refreshed``: the same with what was read from the hosts; ``needs``:
    for every operation those that must have succeeded before it; ``unsure``: what a run that was cut short left in
    doubt when the plan was made; ``complete``: whether it covers everything, as far as the user let it;
    ``refresh_only``: whether it is about ``drift`` and nothing else.
    """

    prior: State
    refreshed: State
    changes: Mapping[Address, Change]
    drift: tuple[Drift, ...]
    outputs: Mapping[str, OutputChange]
    steps: tuple[PlannedStep, ...]
    needs: Mapping[OperationKey | Junction, tuple[OperationKey | Junction, ...]]
    hosts: Mapping[str, str]
    data: Mapping[Address, DataValues] = field(default_factory=dict)
    unsure: frozenset[Address] = frozenset()
    checks: tuple[CheckResult, ...] = ()
    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    destroy: bool = False
    complete: bool = True
    refresh_only: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether applying would do nothing, neither to hosts nor to state, but remember what hosts are like."""
        if self.refresh_only and self.drift:
            return False
        return not any(
            change.action is not Action.NO_OP or change.former is not None or change.imported is not None
            for change in self.changes.values()
        ) and all(output.action is Action.NO_OP for output in self.outputs.values())

    @property
    def left_alone(self) -> Mapping[Address, Instance]:
        """The instances of the state that the plan does not speak of."""
        return {address: one for address, one in self.refreshed.instances.items() if address not in self.changes}

    def change(self, address: Address) -> Change:
        """The change that an operation at ``address`` is part of; of a deposed object that a replacement leaves behind,
        its end.
        """
        found = self.changes.get(address)
        return found if found is not None else departing(self.changes[address.current])
