"""The world: a host system of named things, kept in a JSON file that is read and written through a `Host`.

``{"next": 3, "hosts": {"local": {"1": {"type", "tag", "values"}}}, "log": [["create", "toy_thing.a"]], "faults": []}``

A fault is ``{"verb", "address", "when"}`` (``verb`` may be missing: any; ``always``: not used up). ``when``: ``before``
(nothing is done), ``after`` (done, yet reported as failed), ``broken`` (the same, and it cannot be finished),
``unread`` (done and reported as failed, and the next reading fails), ``raise`` (a bug of the provider), ``silent`` (no
outcome), ``lie`` (done otherwise than reported), ``stray`` (an outcome nobody asked for), ``slow`` (waits for a file
``go``), ``waits`` (until somebody wishes to stop).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from kvmplan_sdk import UNKNOWN, UNTAGGED, DiagnosticError, Host, Object, Operation, Value, Verb, error


class World:
    """The world as seen from one host. Every change is written at once."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path
        self._document: dict[str, Any] = {}
        self._by_tag: dict[str, str] = {}
        self._by_name: dict[tuple[str, str], str] = {}
        self.load()

    def load(self) -> None:
        data = self._host.read_file(self._path)
        if data == b"unreachable":
            raise DiagnosticError(error(f"Host {self._host.name} cannot be reached", "Start it."))
        document = {"next": 1, "hosts": {}, "log": [], "faults": []}
        self._document = {**document, **json.loads(data, parse_float=Decimal)} if data else document
        self._by_tag = {thing["tag"]: id_ for id_, thing in self.objects.items()}
        self._by_name = {(thing["type"], thing["values"]["name"]): id_ for id_, thing in self.objects.items()}

    @property
    def objects(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self._document["hosts"].setdefault(self._host.name, {})
        return found

    def find(self, tag: str) -> tuple[str, dict[str, Any]] | None:
        id_ = self._by_tag.get(tag)
        return None if id_ is None else (id_, self.objects[id_])

    def named(self, type_: str, name: Value) -> dict[str, Any] | None:
        id_ = self._by_name.get((type_, str(name)))
        return None if id_ is None else self.objects[id_]

    def fault(self, operation: Operation) -> str:
        """How the operation shall fail, or nothing; a fault is used up unless it is for ``always``."""
        for fault in self._document["faults"]:
            if (
                fault["address"] == operation.address
                and fault.get("verb", operation.verb.value) == operation.verb.value
            ):
                if not fault.get("always"):
                    self._document["faults"].remove(fault)
                    self.save()
                return str(fault["when"])
        return ""

    def carry_out(self, operation: Operation, tag: str, *, lie: bool = False) -> Object | None:
        """Do it; returns the object's values after it. Raises `DiagnosticError`."""
        found = self.find(tag.replace(f":{operation.address}", f":{operation.tagged}", 1))
        if operation.former == UNTAGGED and operation.before is not None:
            found = str(operation.before["id"]), self.objects[str(operation.before["id"])]
        if operation.after is None:
            self._remove(operation, found)
            values = None
        else:
            values = self._put(operation, found, tag, lie=lie)
        self._document["log"].append([operation.verb.value, operation.address])
        return values

    def _remove(self, operation: Operation, found: tuple[str, dict[str, Any]] | None) -> None:
        if found is None:
            raise DiagnosticError(error("Nothing to delete", f"{operation.address} is not there."))
        parts = [t["values"]["name"] for t in self.objects.values() if t["values"].get("parent") == found[0]]
        if parts:
            raise DiagnosticError(error("In use", f"{operation.address} has parts: {', '.join(parts)}."))
        del self.objects[found[0]], self._by_tag[found[1]["tag"]]
        del self._by_name[found[1]["type"], found[1]["values"]["name"]]

    def _put(self, operation: Operation, found: tuple[str, dict[str, Any]] | None, tag: str, *, lie: bool) -> Object:
        assert operation.after is not None
        values = dict(operation.after)
        if (operation.verb is Verb.CREATE) is (found is not None):
            raise DiagnosticError(error("Exists already" if found else "Not there", f"{operation.address}."))
        other = self.named(operation.type, values["name"])
        if other is not None and (found is None or other is not found[1]):
            raise DiagnosticError(error("Name taken", f'"{values["name"]}" is there already.', path=("name",)))
        if values.get("parent") is not None and values["parent"] not in self.objects:
            raise DiagnosticError(error("No parent", f"There is no {values['parent']}.", path=("parent",)))
        again = values.get("id")  # known where an object is made again as it was
        id_ = found[0] if found else str(again if isinstance(again, str) else self._document["next"])
        self._document["next"] += found is None
        revision = found[1]["values"]["revision"] + (values["revision"] is UNKNOWN) if found else 1
        values |= {"id": id_, "revision": revision}
        if "looks" in values:  # whatever was planned: to change it is to look at it
            values["looks"] = found[1]["values"]["looks"] + 1 if found else 0
        stored = {**values, "size": 4711} if lie else values
        if found:
            del self._by_name[operation.type, found[1]["values"]["name"]], self._by_tag[found[1]["tag"]]
        self._by_tag[tag] = self._by_name[operation.type, str(values["name"])] = id_
        self.objects[id_] = {"type": operation.type, "tag": tag, "values": stored}
        return values

    def save(self) -> None:
        self._host.write_file(self._path, json.dumps(self._document, default=float).encode())
