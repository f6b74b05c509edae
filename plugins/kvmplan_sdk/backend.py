"""The backend contract: where states are kept, and who may change one at a time.

A `Backend` names itself, shows the schema of its ``backend`` block and opens a `Storage`: bytes by workspace, each with
a lock. It knows nothing of what is in the bytes (they may be encrypted), of serials or of lineages.

What a backend never has to do, because the engine does: reading and checking the block, ``-backend-config``,
environment variables, waiting for a lock, migration, the journal, keeping what could not be written.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object

DEFAULT_WORKSPACE = "default"

_JSON = {
    "id": "ID",
    "operation": "Operation",
    "info": "Info",
    "who": "Who",
    "version": "Version",
    "created": "Created",
    "path": "Path",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockInfo:
    """Who holds a lock. ``operation``: the command; ``info``: which process; ``who``: ``user@machine``; ``version``: of
    kvmplan; ``created``: when, ISO 8601 in UTC; ``path``: what is locked.
    """

    id: str
    operation: str = ""
    info: str = ""
    who: str = ""
    version: str = ""
    created: str = ""
    path: str = ""

    def to_json(self) -> bytes:
        """With Terraform's keys, which servers of its HTTP protocol know."""
        return json.dumps({key: getattr(self, name) for name, key in _JSON.items()}).encode()

    @classmethod
    def from_json(cls, data: bytes | str) -> LockInfo | None:
        """None where it is none."""
        try:
            found = json.loads(data)
            return cls(**{name: str(found.get(key) or "") for name, key in _JSON.items()}) if found["ID"] else None
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


class HeldError(Exception):
    """The lock is held. ``holder``: by whom, None where that cannot be told."""

    def __init__(self, holder: LockInfo | None) -> None:
        super().__init__()
        self.holder = holder


class ChangedError(Exception):
    """What is stored is not what was read: nothing was written."""


@dataclass(frozen=True, slots=True)
class Stored:
    """``version``: whatever tells this content from others of its place: a number, a digest, a tag of the server's."""

    data: bytes
    version: str


class Storage(ABC):
    """The states of one configured backend, by workspace. Methods may raise `kvmplan_sdk.diagnostics.DiagnosticError`;
    a write that raises one may have happened or not. ``tells_holder``: whether `holder` knows when nobody holds a lock.
    """

    tells_holder: bool = True

    @abstractmethod
    def place(self, workspace: str) -> str:
        """Where the state is, as users know it; two places are never called alike."""

    def earlier(self, workspace: str) -> str:
        """Where what was stored before can be found, in sentences; empty where nowhere."""
        return ""

    @abstractmethod
    def read(self, workspace: str) -> Stored | None:
        """What is stored, None where nothing is."""

    @abstractmethod
    def write(self, workspace: str, data: bytes, over: Stored | None) -> str:
        """Store ``data``, whole or not at all, in place of ``over`` (None: of nothing), and return its version. Raises
        `ChangedError`, where the storage can tell, when something else is there.
        """

    @abstractmethod
    def delete(self, workspace: str) -> None:
        """Remove the state of a workspace, and the workspace with it. None need be there."""

    @abstractmethod
    def workspaces(self) -> Sequence[str]:
        """The workspaces that have a state."""

    @abstractmethod
    def lock(self, workspace: str, info: LockInfo) -> None:
        """Take the lock, at once or not at all. Raises `HeldError`."""

    @abstractmethod
    def unlock(self, workspace: str, id: str) -> None:  # noqa: A002 - as everybody calls it
        """Let go of the lock with that id, whoever took it. Raises `HeldError` when another has it."""

    @abstractmethod
    def holder(self, workspace: str) -> LockInfo | None:
        """Who holds the lock, as far as can be told."""

    def close(self) -> None:  # noqa: B027 - optional, unlike the others
        """Let go of connections. Called once."""


class Backend(ABC):
    """A kind of storage. ``environment``: by argument, the variables that may give its value where the configuration
    does not, the first that is set counting; ``workspaces``: whether there can be more than one.
    """

    name: str
    workspaces: bool = True
    schema: ObjectSchema
    environment: Mapping[str, Sequence[str]] = MappingProxyType({})

    @abstractmethod
    def open(self, configuration: Object, directory: str) -> Storage:
        """The storage for a checked ``configuration``. ``directory``: that of the root module.

        Raises `DiagnosticError` when something is missing that it needs.
        """


__all__ = [
    "DEFAULT_WORKSPACE",
    "Backend",
    "ChangedError",
    "HeldError",
    "LockInfo",
    "Storage",
    "Stored",
]
