"""``moved`` blocks: what state has under one address is planned under another, before anything else is looked at.

Statements are followed as far as they lead. What stops or starts repeating with ``count`` moves by itself between
``x`` and ``x[0]``, unless a statement says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address, Key, Pointer, StaticPath, relocated, static_path
from kvmplan.config.model import Configuration, Moved
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocated:
    """``state`` with everything in its new place; ``former``: the old addresses, by the new ones."""

    state: State
    former: Mapping[Address, Address] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def relocate(state: State, configuration: Configuration) -> Relocated:
    statements = Statements(configuration)
    if not statements.any and not any(_may_move_by_itself(address) for address in state.instances):
        return Relocated(state=state)
    wanted: dict[Address, Address] = {}
    blocked: list[tuple[Address, Address]] = []
    for address in sorted(state.instances, key=lambda one: one.sort_key):
        wanted[address], refused = statements.follow(address, state.instances)
        blocked += [(address, refused)] if refused is not None else []
    wanted.update(_by_themselves(wanted, configuration, statements))
    instances = {address: one for address, one in state.instances.items() if wanted[address] == address}
    former: dict[Address, Address] = {}
    for address, target in wanted.items():
        if target == address:
            continue
        if target in instances:
            blocked.append((address, target))
            target = address
        else:
            former[target] = address
        instances[target] = state.instances[address].moved_to(target)
    problems = (_unresolved(blocked),) if blocked else ()
    return Relocated(state=replace(state, instances=instances), former=former, diagnostics=problems)


class Statements:
    """The ``moved`` blocks of all modules, found by what they move."""

    def __init__(self, configuration: Configuration) -> None:
        self.all = [(module.path, moved) for module in configuration.tree() for moved in module.moved]
        self._found: dict[_Moves, list[tuple[StaticPath, Moved]]] = defaultdict(list)
        self._named: set[_Named] = set()
        for path, moved in self.all:
            for end in (moved.source, moved.target):
                if isinstance(end, Address):
                    self._named.add(_named(path, end))
            self._found[_moves(path, moved)].append((path, moved))

    @property
    def any(self) -> bool:
        return bool(self.all)

    def name(self, address: Address) -> bool:
        """Whether some statement speaks of the resource at ``address``."""
        return _named((), address) in self._named

    def follow(self, address: Address, taken: Container[Address] = ()) -> tuple[Address, Address | None]:
        """Where ``address`` ends up, and the place that it could not go on to, because it is ``taken``."""
        for further in self._steps(address):
            if further in taken:
                return address, further
            address = further
        return address, None

    def lead_back(self, source: Address, target: Address) -> bool:
        """Whether what moved from ``source`` to ``target`` would move to ``source`` again."""
        return source == target or source in self._steps(target)

    def _steps(self, address: Address) -> Iterator[Address]:
        """The places on the way of ``address``. No statement is followed twice, or one that moves a module into itself
        would lead on for ever.
        """
        seen, followed = {address}, set[int]()
        while (step := self._step(address, followed)) is not None and step[0] not in seen:
            address = step[0]
            seen.add(address)
            followed.add(step[1])
            yield address

    def _step(self, address: Address, followed: set[int]) -> tuple[Address, int] | None:
        """Where the next statement, told by its identity, takes ``address``."""
        for moves in _moving(address):
            for declared, moved in self._found.get(moves, ()):
                if id(moved) in followed:
                    continue
                found = relocated(address, moved.source, moved.target, address.module[: len(declared)])
                if found is not None:
                    return found, id(moved)
        return None


_Named = tuple[StaticPath, str, str]
"""A resource, in whatever instances of its module."""


def _named(path: StaticPath, address: Address) -> _Named:
    return (*path, *static_path(address.module)), address.type, address.name


_Moves = tuple[_Named | StaticPath, bool, Key]
"""What a statement moves: a resource or a module, whether all of its instances, and else which."""


def _moves(path: StaticPath, moved: Moved) -> _Moves:
    source = moved.source
    what = _named(path, source) if isinstance(source, Address) else (*path, *static_path(source.module))
    return what, is_whole(moved), _last_key(source)


def _moving(address: Address) -> Iterator[_Moves]:
    """What moves ``address``: what is inside of something before that, an instance before the whole."""
    path = static_path(address.module)
    ends: list[tuple[_Named | StaticPath, Key]] = [(_named((), address), address.key)]
    ends += [(path[:length], address.module[length - 1][1]) for length in range(len(path), 0, -1)]
    for what, key in ends:
        yield what, False, key
        yield what, True, None


def is_whole(moved: Moved) -> bool:
    """Whether all instances are meant, which keep their keys."""
    return _last_key(moved.source) is None and _last_key(moved.target) is None


def _last_key(target: Pointer) -> str | int | None:
    return target.key if isinstance(target, Address) else target.module[-1][1]


def _may_move_by_itself(address: Address) -> bool:
    return address.key is None or address.key == 0


def _by_themselves(
    wanted: Mapping[Address, Address], configuration: Configuration, statements: Statements
) -> Mapping[Address, Address]:
    taken = set(wanted.values())
    found: dict[Address, Address] = {}
    for address, target in wanted.items():
        if target != address or not _may_move_by_itself(address) or address.deposed or statements.name(address):
            continue
        resource = configuration.resource(address)
        if resource is None or resource.for_each is not None:
            continue
        natural = address.instance(None if resource.count is None else 0)
        if natural != address and natural not in taken:
            found[address] = natural
    return found


def _unresolved(blocked: list[tuple[Address, Address]]) -> Diagnostic:
    listed = "".join(f"\n  - {address} could not move to {target}" for address, target in blocked)
    return warning(
        "Moves to addresses that are taken",
        f"The state has other objects there already:{listed}\nThey are planned where they are, which may mean "
        "that they go. `kvmplan state list` shows what is there.",
    )


__all__ = ["Relocated", "Statements", "is_whole", "relocate"]
