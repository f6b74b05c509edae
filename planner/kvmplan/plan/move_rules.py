"""The rules that ``moved`` blocks keep: what each may say, what they may say together, what must be gone."""

from __future__ import annotations

from collections.abc import Container, Iterator

from kvmplan.addresses import Address, ModuleAddress, ModulePath, StaticPath
from kvmplan.config.model import Configuration, Moved, Target
from kvmplan.plan.modules import Modules
from kvmplan.plan.moves import Statements, is_whole
from kvmplan_sdk.diagnostics import Diagnostic, error


def move_problems(configuration: Configuration) -> Iterator[Diagnostic]:
    """What is wrong with the statements themselves, whatever the state is."""
    statements = Statements(configuration)
    wrong = [*_each(statements), *_ambiguous(statements)]
    yield from wrong or _circles(statements)


def _each(statements: Statements) -> Iterator[Diagnostic]:
    for _, moved in statements.all:
        source, target = moved.source, moved.target
        if source == target:
            yield error(
                "Move to the same place",
                f"{source} cannot move to where it is. Remove this statement.",
                source=moved.range,
            )
        elif isinstance(source, Address) and isinstance(target, Address) and source.type != target.type:
            yield error(
                "Move to another type",
                f"{source} cannot become {target}: a {source.type} is no {target.type}. To hand the object over, let "
                "`removed` with destroy = false forget the one, and import the other.",
                source=moved.range,
            )


def _ambiguous(statements: Statements) -> Iterator[Diagnostic]:
    """Two places for one object, or two objects for one place."""
    to: dict[tuple[bool, Target], tuple[Target, Moved]] = {}
    from_: dict[tuple[bool, Target], tuple[Target, Moved]] = {}
    for path, moved in statements.all:
        source, target = (end.inside(_anywhere(path)) for end in (moved.source, moved.target))
        for known, one, other in ((to, source, target), (from_, target, source)):
            before, first = known.setdefault((is_whole(moved), one), (other, moved))
            if before != other:
                yield error(
                    "Ambiguous moves",
                    f"The statement at {first.range} says that {first.source} moved to {first.target}, and this one "
                    f"that {moved.source} moved to {moved.target}: an object has one place, and a place one object. "
                    "Remove one of them.",
                    source=moved.range,
                )


def _circles(statements: Statements) -> Iterator[Diagnostic]:
    for path, moved in statements.all:
        if statements.lead_back(*(_member(end, path) for end in (moved.source, moved.target))):
            yield error(
                "Moves in a circle",
                f"The moved blocks that begin with {moved.source} lead back to it. Remove one of them.",
                source=moved.range,
            )


def _member(target: Target, path: StaticPath) -> Address:
    """``target`` itself, or something inside of it, which goes wherever it goes."""
    at = target.inside(_anywhere(path))
    return at if isinstance(at, Address) else Address("any", "any", module=at.module)


def _anywhere(path: StaticPath) -> ModulePath:
    return tuple((name, None) for name in path)


def still_declared(modules: Modules, planned: Container[Address]) -> Iterator[Diagnostic]:
    """An error for every statement that moves what the configuration still has. ``planned``: all its instances."""
    for evaluation in modules.every():
        for moved in evaluation.configuration.moved:
            if moved.source != moved.target and _is_there(
                moved.source.inside(evaluation.module), modules, planned, whole=is_whole(moved)
            ):
                yield error(
                    "Moved object still exists",
                    f"{moved.source} was moved to {moved.target}, but is still in the configuration. Remove it, or "
                    "this statement.",
                    source=moved.range,
                )


def _is_there(source: Target, modules: Modules, planned: Container[Address], *, whole: bool) -> bool:
    if isinstance(source, ModuleAddress):
        caller = modules.get(source.module[:-1])
        called = caller is not None and source.module[-1][0] in caller.configuration.calls
        return called if whole else modules.get(source.module) is not None
    module = modules.get(source.module)
    written = module is not None and source.within in module.configuration.resources
    return written if whole else source in planned


__all__ = ["move_problems", "still_declared"]
