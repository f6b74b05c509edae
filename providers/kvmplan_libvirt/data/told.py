"""What the schemas of the data sources have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from kvmplan_libvirt.plain import text
from kvmplan_sdk import Attribute, Diagnostic, DiagnosticError, Object, Path, error
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import Type


class Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def uuid(self) -> str: ...


R = TypeVar("R", bound=Named)


def told(type_: Type, doc: str) -> Attribute:
    """What the host tells, and nobody configures."""
    return Attribute(type=type_, doc=doc, computed=True, read_only=True)


def identity(kind: str) -> Mapping[str, Attribute]:
    """``name`` and ``uuid``, by one of which an object is meant."""
    return {
        "name": Attribute(
            type=STRING, doc=f"Name of the {kind}; `name` or `uuid` says which one is meant.", computed=True
        ),
        "uuid": Attribute(type=STRING, doc=f"UUID of the {kind}.", computed=True),
    }


def meant(kind: str, records: Iterable[R], configuration: Object) -> R:
    """The object that ``name`` or ``uuid``, or both, say. Raises `DiagnosticError`."""
    name, uuid = text(configuration, "name"), text(configuration, "uuid")
    if name is None and uuid is None:
        raise DiagnosticError(error(f"Which {kind} is meant?", "Say it with `name` or with `uuid`."))
    return _only(
        kind,
        list(records),
        lambda record: name in {None, record.name} and (uuid is None or record.uuid == uuid.lower()),
        " with the UUID ".join(one for one in (name, uuid) if one is not None),
        ("uuid",) if name is None else ("name",),
    )


def called(kind: str, records: Iterable[R], said: str, path: Path) -> R:
    """The object of this name or UUID. Raises `DiagnosticError`."""
    return _only(kind, list(records), lambda record: said in {record.name, record.uuid}, said, path)


def _only(kind: str, records: list[R], fits: Callable[[R], bool], said: str, path: Path) -> R:
    found = next(filter(fits, records), None)
    if found is None:
        raise DiagnosticError(missing(kind, records, said, path))
    return found


def missing(kind: str, records: Iterable[Named], said: str, path: Path) -> Diagnostic:
    there = ", ".join(sorted(record.name for record in records)) or "none"
    return error(f"There is no {kind} {said}", f"{kind.capitalize()}s on this host: {there}.", path=path)
