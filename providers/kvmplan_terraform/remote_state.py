"""``terraform_remote_state``: the outputs of another configuration, out of the file that its state is kept in.

kvmplan's states have them as Terraform's do, ``{"outputs": {NAME: {"value", "type", "sensitive"?}}}``, so either can be
read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from kvmplan_sdk import Attribute, DiagnosticError, Host, Object, ObjectSchema, Value, error
from kvmplan_sdk.types import ANY, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type, from_json
from kvmplan_sdk.values import Typed

REMOTE_STATE = ObjectSchema(
    doc="The outputs of another configuration. Sensitive ones are left out: what reads them would not know that they "
    "are.",
    attributes={
        "backend": Attribute(type=STRING, doc="Where the state is kept: `local`, in a file.", required=True),
        "config": Attribute(type=ANY, doc="The settings of the backend: `{ path = FILE }`."),
        "workspace": Attribute(type=STRING, doc="Of Terraform; only `default`."),
        "defaults": Attribute(type=ANY, doc="Values for outputs that are not there."),
        "outputs": Attribute(type=ANY, doc="The outputs, by name.", computed=True, read_only=True),
    },
)


def read_remote_state(host: Host, configuration: Object) -> Object:
    """``configuration`` with ``outputs``. Raises `DiagnosticError`."""
    path = _path(configuration)
    data = host.read_file(path)
    if data is None:
        raise _refused("No state there", f"There is no file {path}. Apply the other configuration first.", "config")
    try:
        document = json.loads(data, parse_float=Decimal)
        found = {name: _output(entry) for name, entry in document["outputs"].items() if not entry.get("sensitive")}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise _refused(
            "Not a state", f"{path} is not a state with outputs in clear: {problem!r}.", "config"
        ) from problem
    return {**configuration, "outputs": {**_entries(configuration["defaults"]), **found}}


def _path(configuration: Object) -> str:
    if configuration["backend"] != "local":
        raise _refused("State that cannot be read", 'Only one in a file can be, so far: backend = "local".', "backend")
    if configuration["workspace"] not in (None, "default"):
        raise _refused("State of a workspace", "Name its file in config = { path = FILE } instead.", "workspace")
    path = _entries(configuration["config"]).get("path")
    if not isinstance(path, str):
        raise _refused("No path", "Name the file of the state: config = { path = FILE }.", "config")
    return path


def _entries(value: Value) -> Mapping[str, Value]:
    bare = value.value if isinstance(value, Typed) else value
    return bare if isinstance(bare, Mapping) else {}


def _output(entry: Mapping[str, Any]) -> Value:
    type_ = from_json(entry["type"])
    return entry["value"] if _is_told_by_its_value(type_) else Typed(entry["value"], type_)


def _is_told_by_its_value(type_: Type) -> bool:
    if isinstance(type_, ObjectType):
        return all(map(_is_told_by_its_value, type_.attributes.values()))
    if isinstance(type_, TupleType):
        return all(map(_is_told_by_its_value, type_.elements))
    return not isinstance(type_, (ListType, SetType, MapType))


def _refused(summary: str, detail: str, name: str) -> DiagnosticError:
    return DiagnosticError(error(summary, detail, path=(name,)))


__all__ = ["REMOTE_STATE", "read_remote_state"]
