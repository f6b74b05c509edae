"""The state as JSON: version 1.

``{"version", "kvmplan_version", "serial", "lineage", "outputs", "hosts", "resources": [{"mode", "type", "name",
"module"?, "provider", "instances": [{"index_key"?, "deposed"?, "host", "provider"?, "provider_configuration"?,
"schema_version", "attributes", "sensitive_attributes", "private", "dependencies", "prevent_destroy"?,
"create_before_destroy"?, "tag"?, "status"? ("tainted"), "destroy"? (false)}]}], "check_results"? (`check_results`)}``.
Resources, instances and results are sorted, so equal states are equal bytes. Dependencies are the direct ones only:
transitive ones make the file grow with the square of a chain's length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address, format_key, parse_address
from kvmplan.state.check_results import check_entry, read_check, sorted_results
from kvmplan.state.migrations import migrated
from kvmplan.state.model import Instance, Output, State
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk import types
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.values import Object

VERSION = 1


def dump_state(state: State) -> bytes:
    """The document, an instance a line: what one change makes other is seen at once, and nothing is slow to write."""
    head = {
        "version": VERSION,
        "kvmplan_version": __version__,
        "serial": state.serial,
        "lineage": state.lineage,
        "outputs": {name: _output(output) for name, output in sorted(state.outputs.items())},
        "hosts": dict(sorted(state.hosts.items())),
    }
    lines = [f"  {_text(name)}: {_text(value)}" for name, value in head.items()]
    lines.append(f'  "resources": [{",".join(_resources(state))}]')
    if state.checks:
        results = ",\n".join(f"    {_text(check_entry(one))}" for one in sorted_results(state.checks))
        lines.append(f'  "check_results": [\n{results}\n  ]')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def head_of(document: bytes) -> dict[str, Any]:
    """The ``serial`` and ``lineage`` in what `dump_state` made."""
    lines = document.split(b"\n", 5)[1:5]
    found = json.loads(b"{" + b"\n".join(lines).rstrip(b",") + b"}")
    return {name: found[name] for name in ("serial", "lineage")}


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=encode_value)


def _output(output: Output) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": output.value, "type": types.to_json(output.type)}
    return {**entry, "sensitive": True} if output.sensitive else entry


def _resources(state: State) -> Iterator[str]:
    ordered = sorted(state.instances.values(), key=lambda instance: instance.address.sort_key)
    for resource, group in groupby(ordered, lambda instance: instance.address.resource):
        instances = ",\n".join(f"    {_text(_instance(instance))}" for instance in group)
        yield f'\n  {_text(_resource(resource))[:-1]}, "instances": [\n{instances}\n  ]}}'


def instance_entry(instance: Instance) -> dict[str, Any]:
    """One instance by itself, as `read_instance` reads it."""
    return {**_resource(instance.address.resource), **_instance(instance)}


def read_instance(entry: Mapping[str, Any]) -> Instance:
    """Raises `ValueError`, `KeyError` or `TypeError` when it is none."""
    return _read_instance(entry, entry)


def _resource(resource: Address) -> dict[str, Any]:
    module = ".".join(f"module.{name}{format_key(key)}" for name, key in resource.module)
    return {
        **({"module": module} if module else {}),
        "mode": resource.mode,
        "type": resource.type,
        "name": resource.name,
        "provider": resource.provider,
    }


def _instance(instance: Instance) -> dict[str, Any]:
    key = instance.address.key
    return {
        **({"index_key": key} if key is not None else {}),
        **({"deposed": instance.address.deposed} if instance.address.deposed else {}),
        "host": instance.host,
        **({"provider": instance.provider} if instance.provider != instance.address.provider else {}),
        **({"provider_configuration": instance.configuration} if instance.configuration else {}),
        "schema_version": instance.schema_version,
        "attributes": instance.values,
        "sensitive_attributes": [list(path) for path in instance.sensitive],
        "private": instance.private,
        "dependencies": [str(address) for address in instance.dependencies],
        **({"prevent_destroy": True} if instance.prevent_destroy else {}),
        **({"create_before_destroy": True} if instance.created_first else {}),
        **({"tag": instance.tag} if instance.tag else {}),
        **({"status": "tainted"} if instance.tainted else {}),
        **({"destroy": False} if instance.keep else {}),
    }


def load_state(data: bytes, path: str, earlier: str = "") -> State:
    """Read a document. ``earlier``: where there may be an older one, in sentences. Raises `DiagnosticError` when it is
    broken or newer than this kvmplan.
    """
    try:
        document = load_values(data)
        version = document["version"]
        if type(version) is not int:
            raise TypeError("the version is not a number")
        if "terraform_version" in document:
            raise DiagnosticError(_terraforms(path))
        if version > VERSION:
            raise DiagnosticError(
                error(
                    "State is newer than this kvmplan",
                    f"{path} has version {version}, written by kvmplan {document.get('kvmplan_version', '?')}; this is "
                    f"kvmplan {__version__}, which reads up to version {VERSION}. Upgrade it; nothing was changed.",
                )
            )
        return _read(migrated(document, version, VERSION))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise DiagnosticError(
            error(
                "State cannot be read",
                f"{path} is not a state document ({type(problem).__name__}: {problem}). Nothing was changed."
                f"{f' {earlier}' if earlier else ''}",
            )
        ) from problem


def _terraforms(path: str) -> Diagnostic:
    return error(
        "A state of Terraform's",
        f"{path} is what Terraform made, by providers that are not here, and is left as it is. Keep kvmplan's state in "
        "another place; what is on the hosts already is taken over by import blocks.",
    )


def is_state(data: bytes) -> bool:
    """Whether ``data`` means to be a state document, of whatever version, be it encrypted."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and {"serial", "lineage"} <= document.keys()


def _read(document: Mapping[str, Any]) -> State:
    instances = [
        _read_instance(resource, entry) for resource in document["resources"] for entry in resource["instances"]
    ]
    by_address = {instance.address: instance for instance in instances}
    if len(by_address) < len(instances):
        raise ValueError("two instances have the same address")
    return State(
        lineage=str(document["lineage"]),
        serial=int(document["serial"]),
        instances=by_address,
        outputs={
            name: Output(
                value=entry["value"], type=types.from_json(entry["type"]), sensitive=entry.get("sensitive", False)
            )
            for name, entry in document["outputs"].items()
        },
        hosts=dict(document["hosts"]),
        checks=sorted_results(map(read_check, document.get("check_results", ()))),
    )


def _read_instance(resource: Mapping[str, Any], entry: Mapping[str, Any]) -> Instance:
    prefix = f"{resource['module']}." if "module" in resource else ""
    data = "data." if resource["mode"] == "data" else ""
    address = _address(f"{prefix}{data}{resource['type']}.{resource['name']}{format_key(entry.get('index_key'))}")
    return Instance(
        address=replace(address, deposed=entry["deposed"]) if "deposed" in entry else address,
        host=entry["host"],
        provider=entry.get("provider", resource["provider"]),
        configuration=entry.get("provider_configuration", ""),
        values=_object(entry, "attributes"),
        private=_object(entry, "private"),
        schema_version=entry["schema_version"],
        dependencies=tuple(_address(text) for text in entry["dependencies"]),
        sensitive=tuple(tuple(path) for path in entry["sensitive_attributes"]),
        prevent_destroy=entry.get("prevent_destroy", False),
        created_first=entry.get("create_before_destroy", False),
        tag=entry.get("tag", ""),
        tainted=entry.get("status") == "tainted",
        keep=not entry.get("destroy", True),
    )


def _object(entry: Mapping[str, Any], name: str) -> Object:
    found = entry[name]
    if not isinstance(found, dict):
        raise TypeError(f'"{name}" is not an object')
    return found


def _address(text: str) -> Address:
    address = parse_address(text)
    if address is None:
        raise ValueError(f"{text!r} is no address")
    return address
