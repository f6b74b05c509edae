"""Optional capabilities of a session, as protocols that the engine looks for with `isinstance`.

A session that offers none of them is a complete provider.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from kvmplan_sdk.claims import Claim
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.impact import Impact
from kvmplan_sdk.provider import Observed, Step, Verb
from kvmplan_sdk.values import Object


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object as planned. ``verb`` is None for an object that stays as it is; ``former``: the address that it is
    tagged with, where it moved since; ``created_first``: where it is replaced, the old object goes after the new one is
    there, and after all that refers to it has turned to that.
    """

    verb: Verb | None
    address: str
    type: str
    before: Object | None
    after: Object | None
    replaced: bool = False
    impact: Impact = field(default_factory=Impact)
    former: str = ""
    created_first: bool = False

    @property
    def tagged(self) -> str:
        return self.former or self.address


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBy:
    address: str
    claim: Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """``impacts`` replace the impact planned for an address, where only the whole shows it."""

    diagnostics: tuple[Diagnostic, ...] = ()
    impacts: Mapping[str, Impact] = field(default_factory=dict)


@runtime_checkable
class Assesses(Protocol):
    def assess(self, changes: Sequence[Change], claims: Sequence[ClaimedBy]) -> Findings:
        """Judge a lane's plan as a whole: conflicts, foreign objects in the way, impact that only the whole shows.

        ``changes`` are this lane's objects, the unchanged ones included; ``claims`` those of every provider on the
        host, after the plan. May read the host.
        """
        ...


@runtime_checkable
class Rehearses(Protocol):
    def dry_run(self, step: Step) -> Sequence[Diagnostic]:
        """Ask the host's own validator whether the step would be taken; changes nothing.

        Values may still be unknown; what depends on them is left out.
        """
        ...


@runtime_checkable
class Imports(Protocol):
    def import_state(self, type_: str, identifier: str) -> Observed:
        """An object that is there already, whoever made it, with every value of its type's schema.

        Raises `DiagnosticError` when ``identifier`` names none. A provider that tags is then asked about the object
        as `kvmplan_sdk.provider.UNTAGGED`, and to update it, which tags it.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """An object that is there, whoever made it. ``identifier`` is what `Imports.import_state` takes; ``name``: what the
    host calls it; ``identity``: those of its values that tell it from all others of its type there, a tuple where it is
    any of several; where it is empty, its tag tells it. ``lineage`` and ``address``: of its tag, empty where it has
    none; ``note``: a sentence to read before taking it in.
    """

    type: str
    identifier: str
    name: str
    identity: Object
    lineage: str = ""
    address: str = ""
    note: str = ""


@runtime_checkable
class Discovers(Imports, Protocol):
    """An attribute that holds the name of another object says so in the schema: ``Attribute.refers_to``."""

    def discover(self) -> Sequence[Discovered]:
        """Everything on the host that can be imported, in the order of types and names. List each kind once."""
        ...


@runtime_checkable
class DiscoversWithin(Imports, Protocol):
    """Where a host has much that is other programs' business, a person names what to look into."""

    def discover_within(self, names: Sequence[str]) -> Sequence[Discovered]:
        """Everything in what ``names`` call so, in an order in which it is well read. Raises `DiagnosticError` for a
        name of nothing. Of a type that there is no resource for, `import_state` says why, and it is left out.
        """
        ...


@runtime_checkable
class ReadsData(Protocol):
    def read_data(self, type_: str, configuration: Object) -> Object:
        """The values of a data source, ``configuration`` included. Raises `DiagnosticError` when there is none."""
        ...
