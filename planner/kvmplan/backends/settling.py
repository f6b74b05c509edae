"""What ``kvmplan init`` does about the backend: see whether it is another than before, and take the states along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kvmplan.backends.finding import LOCAL, find_backend
from kvmplan.backends.given import given_values
from kvmplan.backends.migration import Move, Side, migrate, to_move
from kvmplan.backends.opening import is_same_block, open_storage, said_by
from kvmplan.backends.record import Settled, read_settled, write_settled
from kvmplan.config.model import Configuration
from kvmplan.state.locking import Locking
from kvmplan_sdk.backend import DEFAULT_WORKSPACE
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """``given``: what ``--backend-config`` says; ``migrate``: take the states along; ``reconfigure``: leave them;
    ``ask``: whether to copy, None where that is settled already; ``locking``: of the states that are copied.
    """

    given: Sequence[str] = ()
    migrate: bool = False
    reconfigure: bool = False
    ask: Callable[[str], bool] | None = None
    locking: Locking = Locking()  # noqa: RUF009 - immutable


def settle(configuration: Configuration, directory: str, wish: Wish, tell: Tell) -> None:
    """Make the backend of ``configuration`` the one that other commands use. Raises `DiagnosticError`, everything being
    as before, when that cannot or must not be done.
    """
    before = read_settled(directory)
    wanted = _wanted(said_by(configuration.backend), before, wish)
    if wanted is None and before is None:
        if wish.given:
            raise DiagnosticError(_nothing_to_configure())
        return
    moves = not _is_same_place(wanted, before)
    if moves:
        tell("\nInitializing the backend...")
        if not wish.reconfigure:
            _take_along(before, wanted, configuration, wish, tell)
    _try(wanted, directory)
    write_settled(directory, wanted)
    if moves:
        tell(f'The state is kept by the backend "{wanted.type if wanted else LOCAL.name}" from now on.')


def _try(wanted: Settled | None, directory: str) -> None:
    """Raises `DiagnosticError` when something is missing, or the storage cannot be reached."""
    storage = open_storage(wanted, directory)
    try:
        storage.read(DEFAULT_WORKSPACE)
    finally:
        storage.close()


def _wanted(said: Settled | None, before: Settled | None, wish: Wish) -> Settled | None:
    if said is None:
        if wish.given:
            raise DiagnosticError(_nothing_to_configure())
        return None
    if not wish.given and is_same_block(said, before):
        return before
    return Settled(said.type, said.block, {**said.values, **given_values(wish.given, find_backend(said.type))})


def _is_same_place(one: Settled | None, other: Settled | None) -> bool:
    return _kind_and_values(one) == _kind_and_values(other)


def _kind_and_values(settled: Settled | None) -> tuple[str, dict[str, object]]:
    if settled is None:
        return LOCAL.name, {}
    return settled.type, {name: value for name, value in settled.values.items() if value is not None}


def _take_along(
    before: Settled | None, wanted: Settled | None, configuration: Configuration, wish: Wish, tell: Tell
) -> None:
    directory = configuration.directory
    old, new = _side(before, directory), _side(wanted, directory)
    try:
        moves = to_move(old, new, configuration)
        if not moves:
            return
        if not wish.migrate and before is not None:
            raise DiagnosticError(_say_which(moves))
        if wish.ask is not None and not wish.ask(_question(moves, old, new)):
            raise DiagnosticError(
                error(
                    "The states were not copied",
                    "Nothing was changed. To use the new backend with what is there: kvmplan init --reconfigure.",
                )
            )
        for line in migrate(moves, old, wish.locking):
            tell(line)
    finally:
        old.storage.close()
        new.storage.close()


def _side(settled: Settled | None, directory: str) -> Side:
    backend = find_backend(settled.type if settled else LOCAL.name)
    return Side(backend, open_storage(settled, directory))


def _question(moves: Sequence[Move], old: Side, new: Side) -> str:
    listed = "".join(f"\n  - {move.source.place} to {move.target.place}" for move in moves)
    return (
        f'\nThere is state in the backend "{old.backend.name}". Copy it to the backend "{new.backend.name}"?{listed}\n'
        "  Only 'yes' will be accepted to copy.\n\n  Enter a value: "
    )


def _say_which(moves: Sequence[Move]) -> Diagnostic:
    return error(
        "Backend configuration changed",
        f"There is state where it was before, {moves[0].source.place}. To take it along: kvmplan init --migrate-state. "
        "To leave it there, and use what is in the new place: kvmplan init --reconfigure.",
    )


def _nothing_to_configure() -> Diagnostic:
    return error(
        "No backend to configure",
        '--backend-config completes a backend block, and there is none: write `kvmplan { backend "http" {} }`.',
    )


__all__ = ["Wish", "settle"]
