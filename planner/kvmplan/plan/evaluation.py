"""The values of a configuration while it is evaluated, node by node, in the order of its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from kvmplan.addresses import Address, Key
from kvmplan.config.model import Configuration
from kvmplan.lang import DYNAMIC, Entry, ObjectValue, Provided, Scope, TupleValue, Value
from kvmplan_sdk.diagnostics import Diagnostic


class Evaluation:
    """Values by node. What is not there yet is unknown, so that an error in one place is reported once.

    ``moment``: when the plan was made. ``applying``: whether functions that answer anew each time (``timestamp``,
    ``uuid``) do so now; before, what they will answer is unknown. ``provided`` finds the functions of providers.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        moment: datetime | None = None,
        applying: bool = False,
        provided: Provided | None = None,
    ) -> None:
        self.configuration = configuration
        self.provided = provided
        self.moment = moment or datetime.now(UTC).replace(microsecond=0)
        self.applying = applying
        self.variables: dict[str, Value] = dict.fromkeys(configuration.variables, DYNAMIC)
        self.locals: dict[str, Value] = dict.fromkeys(configuration.locals, DYNAMIC)
        self.hosts: dict[str, Value] = dict.fromkeys(configuration.hosts, DYNAMIC)
        self._resources: dict[Address, Value] = {}
        self._roots = self._build_roots()

    def set_resource(self, resource: Address, instances: Mapping[Key, Value]) -> None:
        """What references to ``resource`` mean from now on: one object, a tuple of them (count) or a map (for_each)."""
        block = self.configuration.resources[resource]
        if block.count is not None:
            ordered = sorted((key, value) for key, value in instances.items() if isinstance(key, int))
            self._resources[resource] = TupleValue([value for _, value in ordered])
        elif block.for_each is not None:
            self._resources[resource] = ObjectValue({str(key): value for key, value in instances.items()})
        else:
            self._resources[resource] = instances.get(None, DYNAMIC)

    def resource(self, resource: Address) -> Value:
        return self._resources.get(resource, DYNAMIC)

    def scope(self, diagnostics: list[Diagnostic], **more: Value) -> Scope:
        """What an expression sees; ``more``: ``each`` and ``count``, where the block repeats."""
        entries = {**self._roots, **more} if more else self._roots
        return Scope(
            entries,
            base_dir=self.configuration.directory,
            diagnostics=diagnostics,
            now=self.moment,
            pure=not self.applying,
            provided=self.provided,
        )

    def _build_roots(self) -> dict[str, Entry]:
        types: dict[str, dict[str, Address]] = {}
        data: dict[str, dict[str, Address]] = {}
        for address in self.configuration.resources:
            into = data if address.mode == "data" else types
            into.setdefault(address.type, {})[address.name] = address
        managed = {type_: _Resolving(self, names) for type_, names in types.items()}
        return {
            "var": self.variables,
            "local": self.locals,
            "host": self.hosts,
            "path": {"module": ".", "root": ".", "cwd": str(Path.cwd())},
            "kvmplan": {"workspace": "default"},
            "data": {type_: _Resolving(self, names) for type_, names in data.items()},
            "resource": managed,
            **managed,
        }


class _Resolving(Mapping[str, Entry]):
    """The resources of one type by name, looked up when they are asked for."""

    def __init__(self, evaluation: Evaluation, names: Mapping[str, Address]) -> None:
        self._evaluation = evaluation
        self._names = names

    def __getitem__(self, name: str) -> Value:
        return self._evaluation.resource(self._names[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
