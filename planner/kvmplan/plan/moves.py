"""``moved`` blocks: what state has under one address is planned under another, before anything else is looked at.

Statements are followed as far as they lead. What stops or starts repeating with ``count`` moves by itself between
``x`` and ``x[0]``, unless a statement says otherwise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address, ModuleAddress, ModulePath, StaticPath, static_path
from kvmplan.config.model import Configuration, Moved
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, error, warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Relocated:
    """``state`` with everything in its new place; ``former``: the old addresses, by the new ones."""

    state: State
    former: Mapping[Address, Address] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()


def relocate(state: State, configuration: Configuration) -> Relocated:
    statements = _Statements(configuration)
    if not statements.any and not any(_may_move_by_itself(address) for address in state.instances):
        return Relocated(state=state)
    wanted = {address: statements.follow(address) for address in state.instances}
    wanted.update(_by_themselves(wanted, configuration))
    instances: dict[Address, Instance] = {
        address: instance for address, instance in state.instances.items() if wanted[address] == address
    }
    former: dict[Address, Address] = {}
    blocked: list[tuple[Address, Address]] = []
    for address, instance in sorted(state.instances.items(), key=lambda item: item[0].sort_key):
        target = wanted[address]
        if target == address:
            continue
        if target in instances:
            blocked.append((address, target))
            target = address
        else:
            former[target] = address
        tag = "" if str(target.current) == instance.tagged else instance.tagged
        instances[target] = replace(instance, address=target, tag=tag)
    problems = [*statements.problems(), *([_unresolved(blocked)] if blocked else [])]
    return Relocated(state=replace(state, instances=instances), former=former, diagnostics=tuple(problems))


class _Statements:
    """The ``moved`` blocks of all modules, found by what they move."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._all = [(module.path, moved) for module in configuration.tree() for moved in module.moved]
        self._of_resources: dict[tuple[StaticPath, str, str], list[tuple[StaticPath, Moved]]] = defaultdict(list)
        self._of_modules: dict[StaticPath, list[tuple[StaticPath, Moved]]] = defaultdict(list)
        for path, moved in self._all:
            source = moved.source
            full = (*path, *static_path(source.module))
            if isinstance(source, Address):
                self._of_resources[full, source.type, source.name].append((path, moved))
            else:
                self._of_modules[full].append((path, moved))

    @property
    def any(self) -> bool:
        return bool(self._all)

    def follow(self, address: Address) -> Address:
        """Where ``address`` ends up."""
        seen = {address}
        while (further := self._step(address)) is not None and further not in seen:
            seen.add(further)
            address = further
        return address

    def _step(self, address: Address) -> Address | None:
        path = static_path(address.module)
        candidates = [*self._of_resources.get((path, address.type, address.name), ())]
        for length in range(1, len(path) + 1):
            candidates += self._of_modules.get(path[:length], ())
        for declared, moved in candidates:
            found = _moved(address, len(declared), moved)
            if found is not None:
                return found
        return None

    def problems(self) -> Iterator[Diagnostic]:
        for path, moved in self._all:
            if self._still_there(path, moved):
                yield error(
                    "Moved object still exists",
                    f"{moved.source} was moved to {moved.target}, but is still in the configuration. Remove its block, "
                    "or this statement.",
                    source=moved.range,
                )
            elif self._circular(path, moved):
                yield error(
                    "Moves in a circle",
                    f"The moved blocks that begin with {moved.source} lead back to it. Remove one of them.",
                    source=moved.range,
                )

    def _still_there(self, path: StaticPath, moved: Moved) -> bool:
        if not _is_whole(moved):
            return False
        module = self._configuration.module((*path, *static_path(moved.source.module)))
        if isinstance(moved.source, ModuleAddress):
            return module is not None
        return module is not None and moved.source.within in module.resources

    def _circular(self, path: StaticPath, moved: Moved) -> bool:
        if not isinstance(moved.source, Address) or not isinstance(moved.target, Address):
            return False
        here: ModulePath = tuple((name, None) for name in path)
        return moved.source.inside(here) in self._visited(moved.target.inside(here))

    def _visited(self, address: Address) -> set[Address]:
        seen = {address}
        while (further := self._step(address)) is not None and further not in seen:
            seen.add(further)
            address = further
        return seen


def _is_whole(moved: Moved) -> bool:
    """Whether all instances are meant, which keep their keys."""
    return _last_key(moved.source) is None and _last_key(moved.target) is None


def _last_key(target: Address | ModuleAddress) -> str | int | None:
    return target.key if isinstance(target, Address) else target.module[-1][1]


def _moved(address: Address, depth: int, moved: Moved) -> Address | None:
    """Where ``moved``, a statement of the module ``depth`` steps down, takes ``address``; None when it does not."""
    base, inner = address.module[:depth], address.module[depth:]
    source, target = moved.source, moved.target
    if isinstance(source, Address) and isinstance(target, Address):
        if inner != source.module or not (_is_whole(moved) or address.key == source.key):
            return None
        key = address.key if _is_whole(moved) else target.key
        return replace(target, key=key, module=(*base, *target.module), deposed=address.deposed)
    steps = len(source.module)
    matched, rest = inner[:steps], inner[steps:]
    if matched[:-1] != source.module[:-1] or not (_is_whole(moved) or matched[-1] == source.module[-1]):
        return None
    name, key = target.module[-1]
    last = (name, matched[-1][1] if _is_whole(moved) else key)
    return replace(address, module=(*base, *target.module[:-1], last, *rest))


def _may_move_by_itself(address: Address) -> bool:
    return address.key is None or address.key == 0


def _by_themselves(wanted: Mapping[Address, Address], configuration: Configuration) -> Mapping[Address, Address]:
    taken = set(wanted.values())
    found: dict[Address, Address] = {}
    for address, target in wanted.items():
        if not _may_move_by_itself(target) or target.deposed:
            continue
        resource = configuration.resource(target)
        if resource is None or resource.for_each is not None:
            continue
        natural = target.instance(None if resource.count is None else 0)
        if natural != target and natural not in taken:
            found[address] = natural
    return found


def _unresolved(blocked: list[tuple[Address, Address]]) -> Diagnostic:
    listed = "".join(f"\n  - {address} could not move to {target}" for address, target in blocked)
    return warning(
        "Moves to addresses that are taken",
        f"The state has other objects there already:{listed}\nThey are planned where they are, which may mean "
        "that they go. `kvmplan state list` shows what is there.",
    )


__all__ = ["Relocated", "relocate"]
