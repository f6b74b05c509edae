"""The provider contract: one class to describe, three methods to do.

A `Provider` names itself, shows its schema and opens a `Session` on one host. A session, opened once per lane (host,
provider) and run, reads what is there, plans one object at a time without any I/O, and applies a step: all the
operations of its lane that go together. It may cache what it listed until it applies.

What a provider never has to do, because the engine does: conversion and validation against the schema, defaults,
unknowns from other resources, sensitive marks, the journal, reading back and verifying, concurrency, cancellation,
progress. Optional capabilities are in `kvmplan_sdk.capabilities`.

The rules the engine holds every provider to, and reports a breach of as the provider's bug:

1. `plan` keeps every configured value; only computed attributes that were not configured are the provider's.
2. `plan` has no effects and does no I/O: the same proposal gives the same answer.
3. The values of an outcome equal the planned ones wherever these were known.
4. What `read` returns after `apply` equals the outcome; planning again gives no change.
5. After an update an object is known by the address of the operation, also where it had another one before.
6. Values of a create that are known though the provider computes them are those of an object that was there before, and
   that a rollback makes again: keep them where you can (an identifier, a MAC address), or make new ones.
7. Where sessions discover, what was made is discovered once; and what is imported reads back as it was imported.
8. What is read after a failure is what its outcome tells, or else the object as it was before.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from kvmplan_sdk.claims import Claim
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.host import Host
from kvmplan_sdk.impact import NO_IMPACT, Impact
from kvmplan_sdk.schema import ProviderSchema
from kvmplan_sdk.values import Object, Path


class Verb(Enum):
    """What an operation does to its object. A replacement is a delete and a create of one address, mostly in one step;
    where objects coexist it may be a create, and then the delete in a later step.

    ``READ``, of a data source, is the engine's alone: no step that a provider is given has it.
    """

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    READ = "read"


UNTAGGED = "(untagged)"
"""In the place of the address in an object's tag, where the object was imported and has not been tagged since: it is
known by its values alone.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """An object to read, as last known: from state, or as planned when a run was cut short.

    ``address``: the one in its tag, or `UNTAGGED`; ``private`` is what the provider itself stored with it.
    """

    address: str
    type: str
    values: Object
    private: Object = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """An object as it is. ``owned``: it carries our tag for this address; if not, it is present but not ours."""

    values: Object
    private: Object = field(default_factory=dict)
    owned: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What the engine proposes for one object.

    ``configured``: schema-shaped values as written, null where nothing is; ``proposed``: the same with defaults, and
    with computed attributes taken from ``prior``, or ``UNKNOWN`` where there is no prior; ``prior``: the object as it
    was just read, None when it is not there. When ``configured`` is unknown in places, so is the plan.
    """

    address: str
    type: str
    host: str
    configured: Object
    proposed: Object
    prior: Object | None
    private: Object = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The answer to a proposal. ``replaces``: paths, beyond the schema's, whose change needs a new object. ``prior``:
    of an object that is kept in two places, as it runs and as it is defined, the one that is not as planned, where the
    proposal had the other one.
    """

    values: Object
    prior: Object | None = None
    replaces: tuple[Path, ...] = ()
    impact: Impact = NO_IMPACT
    claims: tuple[Claim, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One object to create, update or delete.

    ``before`` is the object as read (None for a create), ``after`` the planned values, all known by now except what
    the operation itself will tell (None for a delete). ``former``: the address that the object is tagged with, where it
    moved to ``address`` since, or `UNTAGGED`: an update of such an object tags it, even where nothing else changes.
    """

    verb: Verb
    address: str
    type: str
    before: Object | None
    after: Object | None
    private: Object = field(default_factory=dict)
    former: str = ""

    @property
    def tagged(self) -> str:
        """The address in the tag that the object carries before the operation."""
        return self.former or self.address


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The operations of one lane that go together, sorted so that each comes after those it needs.

    ``lineage`` identifies the state, for ownership tags. ``stopping``: whether the user wishes to stop; then what only
    waits for something gives up, and everything else is finished.
    """

    operations: tuple[Operation, ...]
    lineage: str
    stopping: Callable[[], bool] = field(default=_never, compare=False, repr=False)

    def refused(self, problems: Sequence[Diagnostic]) -> Iterator[Outcome]:
        """The outcomes where nothing of the step was done, of the operations that ``problems`` name: the others just
        did not happen. Raises `DiagnosticError` where a problem names none.
        """
        if any(problem.address is None for problem in problems):
            raise DiagnosticError(*problems)
        for operation in self.operations:
            own = tuple(problem for problem in problems if problem.address == operation.address)
            if own:
                yield Outcome(
                    address=operation.address,
                    verb=operation.verb,
                    values=operation.before,
                    private=operation.private,
                    diagnostics=own,
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an operation: the object's full values after it (None when deleted), or errors.

    With errors, ``values`` is what is known to be there now (None: nothing changed). What was made in part is finished
    by an update in the next run; ``tainted``: it cannot be, so that it must be made anew.
    """

    address: str
    verb: Verb
    values: Object | None
    private: Object = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()
    tainted: bool = False


class Session(ABC):
    """A provider at work on one host. Methods may raise `kvmplan_sdk.diagnostics.DiagnosticError`."""

    @abstractmethod
    def read(self, objects: Sequence[Known]) -> Sequence[Observed | None]:
        """Every object given, as it is now, in the same order; None where it is missing. List each kind once."""

    @abstractmethod
    def plan(self, proposal: Proposal) -> Planned:
        """What the object will be, what must be replaced, whom it disturbs. Pure: what was read may be used, no I/O."""

    @abstractmethod
    def apply(self, step: Step) -> Iterator[Outcome]:
        """Carry out a step, yielding each outcome as it is known. Atomic where the host's tool is.

        What has no outcome when the iterator ends counts as not done. Nothing may be left of an object that then reads
        as missing: a rollback does not look for it.
        """

    def close(self) -> None:  # noqa: B027 - optional, unlike the three above
        """Let go of connections. Called once."""


class Provider(ABC):
    """A provider: ``name`` is the prefix of its types (``libvirt`` of ``libvirt_network``). ``needs_host``: whether its
    objects are on hosts; those of one that needs none belong to the machine that kvmplan runs on. ``tags``: whether
    objects carry the address of their resource, so that they must be told of a new one. ``discovers``: whether its
    sessions can say what is there (`kvmplan_sdk.capabilities.Discovers`); ``discovers_within``: whether they can
    say what is in something that a person names (`kvmplan_sdk.capabilities.DiscoversWithin`): a sentence on what.
    """

    name: str
    version: str
    schema: ProviderSchema
    needs_host: bool = True
    tags: bool = True
    discovers: bool = False
    discovers_within: str = ""

    @abstractmethod
    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        """A session on ``host``. ``lineage`` identifies the state whose objects are ours.

        Raises `DiagnosticError` when the host lacks what the provider needs, saying what to install or start.
        """


__all__ = [
    "Known",
    "Observed",
    "Operation",
    "Outcome",
    "Planned",
    "Proposal",
    "Provider",
    "Session",
    "Step",
    "Verb",
]
