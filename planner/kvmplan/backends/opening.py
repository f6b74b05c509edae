"""Opening the store of a configuration: as the command line says, else as its backend does, else beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from kvmplan.backends.finding import LOCAL, find_backend
from kvmplan.backends.record import Settled, digest_of, read_settled
from kvmplan.backends.workspaces import current_workspace
from kvmplan.config.encryption.settings import protections_from_outside
from kvmplan.config.files import read_sources
from kvmplan.config.model import Backend as Written
from kvmplan.config.model import Configuration
from kvmplan.config.module import parse_module
from kvmplan.state.local import LocalStorage
from kvmplan.state.sealing import Sealing
from kvmplan.state.store import StateStore, file_store, local_store
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, Storage
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, SourceRange, error


def open_store(state: Path | None, configuration: Configuration, workspace: str | None = None) -> StateStore:
    """``state``: the file that the command line names; ``workspace``: another than the one at work on. Raises
    `DiagnosticError`.
    """
    if state is not None:
        return sealed(local_store(state), configuration)
    written, directory = configuration.backend, configuration.directory
    with _placed(written):
        settled = _current(written, read_settled(directory))
        return sealed(_open(settled, directory, workspace or current_workspace(Path(directory))), configuration)


def open_store_in(state: Path | None, directory: Path, workspace: str | None = None) -> StateStore:
    """The same for a command that needs no configuration, and takes what there is of it in ``directory``."""
    try:
        read = parse_module(read_sources(directory, empty=True), str(directory), [])
    except DiagnosticError:
        unread = parse_module({}, str(directory), [])
        if state is not None:
            return open_store(state, unread)
        settled = read_settled(str(directory)) or _IMPLICIT
        return sealed(_open(settled, str(directory), workspace or current_workspace(directory)), unread)
    return open_store(state, read, workspace)


def sealed(store: StateStore, configuration: Configuration) -> StateStore:
    """``store``, encrypted as the configuration says."""
    store.seal = Sealing(lambda: protections_from_outside(configuration).state)
    return store


def open_storage(settled: Settled | None, directory: str) -> Storage:
    """``settled``: None is a file beside the configuration. Raises `DiagnosticError`."""
    if settled is None or settled is _IMPLICIT:
        return LOCAL.open({}, directory)
    from kvmplan.backends.settings import completed

    backend = find_backend(settled.type)
    return backend.open(completed(settled.values, backend), directory)


def store_of(storage: Storage, directory: str, workspace: str, *, kind: str) -> StateStore:
    """The state of ``workspace`` in an open ``storage`` of the backend ``kind``."""
    if isinstance(storage, LocalStorage):
        return file_store(storage, workspace)
    name = hashlib.sha256(f"{kind} {storage.place(workspace)}".encode()).hexdigest()[:16]
    journals = Path(directory) / ".kvmplan" / "journals"
    with suppress(OSError):  # who only reads needs none
        journals.mkdir(parents=True, exist_ok=True)
    return StateStore(
        storage, workspace, journal=journals / f"{name}.jsonl", rescue=Path(directory) / "errored.kvmplan.state.json"
    )


def said_by(written: Written | None) -> Settled | None:
    """What a block says by itself. Raises `DiagnosticError`."""
    if written is None:
        return None
    from kvmplan.backends.settings import block_values

    with _placed(written):
        values = block_values(written, find_backend(written.type))
    return Settled(written.type, digest_of(values), values)


def backend_problems(configuration: Configuration) -> Sequence[Diagnostic]:
    """What is wrong with the backend block by itself."""
    try:
        said_by(configuration.backend)
    except DiagnosticError as problem:
        return problem.diagnostics
    return ()


def is_same_block(said: Settled | None, settled: Settled | None) -> bool:
    if said is None or settled is None:
        return said is settled
    return (said.type, said.block) == (settled.type, settled.block)


_IMPLICIT = Settled(LOCAL.name, digest_of({}), {})


def _current(written: Written | None, settled: Settled | None) -> Settled:
    """What to open. Raises `DiagnosticError` when `kvmplan init` must have a look first."""
    said = said_by(written)
    if is_same_block(said, settled):
        return settled or _IMPLICIT
    if settled is None and (said is None or said.type == LOCAL.name):
        return said or _IMPLICIT
    raise DiagnosticError(_to_initialize(said, settled))


def _to_initialize(said: Settled | None, settled: Settled | None) -> Diagnostic:
    if settled is None:
        kind = said.type if said else LOCAL.name
        return error(
            "Backend is not initialized",
            f'The state is to be kept by the backend "{kind}", which is new here. Run `kvmplan init` first: it looks '
            "whether there is a state to take along.",
        )
    now = f'the backend "{said.type}"' if said else "no backend block, so a file beside it"
    return error(
        "Backend configuration changed",
        f'`kvmplan init` was run with the backend "{settled.type}" as it was then; now the configuration has '
        f"{now}, with other settings. To take the states along: kvmplan init --migrate-state. To use what is there "
        "already: kvmplan init --reconfigure.",
    )


def _open(settled: Settled, directory: str, workspace: str) -> StateStore:
    backend = find_backend(settled.type)
    if not backend.workspaces and workspace != DEFAULT_WORKSPACE:
        raise DiagnosticError(
            error(
                "One workspace only",
                f'The backend "{backend.name}" keeps one state, that of the workspace default, and "{workspace}" is '
                "selected. Select the default one, or use a backend with workspaces.",
            )
        )
    return store_of(open_storage(settled, directory), directory, workspace, kind=backend.name)


@contextmanager
def _placed(written: Written | None) -> Iterator[None]:
    """What is wrong with a backend is told at its block."""
    place: SourceRange | None = written.range if written else None
    try:
        yield
    except DiagnosticError as problem:
        raise DiagnosticError(*(one.at(place) for one in problem.diagnostics)) from problem


__all__ = [
    "backend_problems",
    "is_same_block",
    "open_storage",
    "open_store",
    "open_store_in",
    "said_by",
    "sealed",
    "store_of",
]
