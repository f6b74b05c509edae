"""What is there and not in the state: asked of each place, and looked at as an import would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kvmplan.blame import blamed, breach
from kvmplan.discovery.places import Place
from kvmplan.lane import Lane
from kvmplan.plan.derived import without_derived
from kvmplan.plan.refresh.threads import at_once
from kvmplan.sessions import Sessions
from kvmplan.state.model import State
from kvmplan_sdk.capabilities import Discovered, Discovers, DiscoversWithin, Imports
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.identities import Key, key_of, keys_of
from kvmplan_sdk.proposing import canonical
from kvmplan_sdk.provider import Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object

PARALLELISM = 10
_NONE = ObjectSchema(doc="Of a type that there is no resource for.")


@dataclass(frozen=True, slots=True)
class Find:
    """``ours``: whether it carries the tag of this state; ``values``: as it is; ``written``: what configuration has to
    say of it. Both are empty where it cannot be taken in, for ``problems``.
    """

    place: Place
    object: Discovered
    schema: ObjectSchema
    ours: bool
    values: Object = field(default_factory=dict)
    written: Object = field(default_factory=dict)
    problems: tuple[Diagnostic, ...] = ()


def finds(
    places: list[Place], sessions: Sessions, state: State, *, orphans: bool, within: Sequence[str] = ()
) -> list[Find]:
    """In the order of places and of what providers say. ``orphans``: only what carries the tag of this state;
    ``within``: only what is in what is called so. Raises
    `DiagnosticError` with all that is wrong with any place.
    """
    known = _Known(state)
    answers = at_once(lambda place: _look(place, sessions, known, orphans=orphans, within=within), places, PARALLELISM)
    problems = [problem for answer in answers if isinstance(answer, DiagnosticError) for problem in answer.diagnostics]
    if problems:
        raise DiagnosticError(*dict.fromkeys(problems))
    return [find for answer in answers if isinstance(answer, list) for find in answer]


class _Known:
    """Whether an object is in the state: by its lane, its type and what tells it from others."""

    def __init__(self, state: State) -> None:
        self.lineage = state.lineage
        self._instances: dict[tuple[Lane, str], list[Object]] = {}
        self._tagged = {(one.lane, one.address.type, one.tagged) for one in state.instances.values()}
        self._seen: dict[tuple[Lane, str, tuple[str, ...]], frozenset[Key]] = {}
        for instance in state.instances.values():
            self._instances.setdefault((instance.lane, instance.address.type), []).append(instance.values)

    def has(self, lane: Lane, found: Discovered) -> bool:
        if not found.identity:
            return found.lineage == self.lineage and (lane, found.type, found.address) in self._tagged
        names = tuple(found.identity)
        key = (lane, found.type, names)
        if key not in self._seen:
            there = self._instances.get((lane, found.type), ())
            self._seen[key] = frozenset(key_of(values, names) for values in there)
        return any(one in self._seen[key] for one in keys_of(found.identity))


def _look(
    place: Place, sessions: Sessions, known: _Known, *, orphans: bool, within: Sequence[str]
) -> list[Find] | DiagnosticError:
    lane = place.lane
    try:
        session = sessions.get(lane)
        with blamed(lane.provider):
            there = _all_there(session, lane, within)
    except DiagnosticError as problem:
        return problem
    schemas = sessions.provider(lane.provider).schema.resources
    news = [
        Find(place, one, schemas.get(one.type, _NONE), one.lineage == known.lineage)
        for one in there
        if not known.has(lane, one)
    ]
    return [_looked_at(find, session) for find in news if find.ours or not orphans]


def _all_there(session: Session, lane: Lane, within: Sequence[str]) -> Sequence[Discovered]:
    if within and isinstance(session, DiscoversWithin):
        return session.discover_within(within)
    if not within and isinstance(session, Discovers):
        return session.discover()
    raise DiagnosticError(breach(lane.provider, "It says that it discovers, but its sessions do not."))


def _looked_at(find: Find, session: Session) -> Find:
    lane, there = find.place.lane, find.object
    try:
        with blamed(lane.provider):
            found = _importing(session, lane).import_state(there.type, there.identifier)
            values = canonical(find.schema, found.values)
            written = without_derived(session, there.type, lane.host, find.schema, values)
    except DiagnosticError as problem:
        return replace(find, problems=problem.diagnostics)
    return replace(find, values=values, written=written)


def _importing(session: Session, lane: Lane) -> Imports:
    if not isinstance(session, Imports):
        raise DiagnosticError(breach(lane.provider, "It says that it discovers, but its sessions do not import."))
    return session
