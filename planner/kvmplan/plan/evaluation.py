"""The values of one module instance while it is evaluated, node by node, in the order of the graph."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from kvmplan.addresses import Address, Key, ModulePath
from kvmplan.config.model import Configuration
from kvmplan.lang import DYNAMIC, Entry, ObjectValue, Provided, Scope, TupleValue, Value
from kvmplan.plan.conditions import Verdict
from kvmplan_sdk.diagnostics import Diagnostic

_Name = TypeVar("_Name")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(slots=True, kw_only=True)
class Setting:
    """What all modules of a run see alike. ``root``: the directory of the root module; ``moment``: when the plan was
    made; ``applying``: whether functions that answer anew each time (``timestamp``, ``uuid``) do so now; before, what
    they will answer is unknown.
    """

    root: str
    moment: datetime = field(default_factory=_now)
    applying: bool = False
    workspace: str = "default"
    base: Path = field(init=False)
    cwd: str = field(default_factory=lambda: str(Path.cwd()))

    def __post_init__(self) -> None:
        self.base = Path(self.root)


class Evaluation:
    """Values by node. What is not there yet is unknown, so that an error in one place is reported once.

    ``module``: which instance of the module this is; ``parent``: that of its caller; ``names``: what the call's
    arguments see of its repetition (``each``, ``count``); ``provided``: finds the functions of providers. ``judged``:
    what became of the rules of variables and the preconditions of outputs, by kind and name.
    """

    def __init__(
        self,
        configuration: Configuration,
        setting: Setting,
        *,
        module: ModulePath = (),
        parent: Evaluation | None = None,
        names: Mapping[str, Value] | None = None,
        provided: Provided | None = None,
    ) -> None:
        self.configuration = configuration
        self.setting = setting
        self.module = module
        self.parent = parent
        self.provided = provided
        self.names: Mapping[str, Value] = names or {}
        self.variables: dict[str, Value] = dict.fromkeys(configuration.variables, DYNAMIC)
        self.locals: dict[str, Value] = dict.fromkeys(configuration.locals, DYNAMIC)
        self.hosts: dict[str, Value] = dict.fromkeys(configuration.hosts, DYNAMIC)
        self.outputs: dict[str, Value] = dict.fromkeys(configuration.outputs, DYNAMIC)
        self.judged: dict[tuple[str, str], Verdict] = {}
        self._resources: dict[Address, Value] = {}
        self._called: dict[str, Callable[[], Value]] = {}
        self._roots = self._build_roots()

    def set_resource(self, resource: Address, instances: Mapping[Key, Value]) -> None:
        """What references to ``resource``, an address within this module, mean from now on: one object, a tuple of
        them (count) or a map (for_each).
        """
        block = self.configuration.resources[resource]
        self._resources[resource] = assembled(
            instances, counted=block.count is not None, keyed=block.for_each is not None
        )

    def resource(self, resource: Address) -> Value:
        return self._resources.get(resource, DYNAMIC)

    def set_called(self, name: str, value: Callable[[], Value]) -> None:
        """What tells the value of ``module.NAME``."""
        self._called[name] = value

    def called(self, name: str) -> Value:
        value = self._called.get(name)
        return value() if value is not None else DYNAMIC

    def scope(self, diagnostics: list[Diagnostic], /, **more: Value) -> Scope:
        """What an expression sees; ``more``: ``each`` and ``count``, where the block repeats."""
        entries = {**self._roots, **more} if more else self._roots
        return Scope(
            entries,
            base_dir=self.setting.base,
            diagnostics=diagnostics,
            now=self.setting.moment,
            pure=not self.setting.applying,
            provided=self.provided,
        )

    def _build_roots(self) -> dict[str, Entry]:
        types: dict[str, dict[str, Address]] = {}
        data: dict[str, dict[str, Address]] = {}
        for address in self.configuration.resources:
            into = data if address.mode == "data" else types
            into.setdefault(address.type, {})[address.name] = address
        managed = {type_: _Resolving(names, self.resource) for type_, names in types.items()}
        return {
            "var": self.variables,
            "local": self.locals,
            "host": self.hosts,
            "module": _Resolving({name: name for name in self.configuration.calls}, self.called),
            "path": {"module": self._directory(), "root": ".", "cwd": self.setting.cwd},
            "kvmplan": {"workspace": self.setting.workspace},
            "terraform": {"workspace": self.setting.workspace},
            "data": {type_: _Resolving(names, self.resource) for type_, names in data.items()},
            "resource": managed,
            **managed,
        }

    def _directory(self) -> str:
        """Where the module's files are, seen from the root module; what is shipped with kvmplan is elsewhere."""
        directory, root = self.configuration.directory, self.setting.root
        return (
            directory
            if Path(directory).is_absolute() and not Path(root).is_absolute()
            else os.path.relpath(directory, root)
        )


def assembled(instances: Mapping[Key, Value], *, counted: bool, keyed: bool) -> Value:
    """What a reference to all of something that may repeat means."""
    if counted:
        ordered = sorted((key, value) for key, value in instances.items() if isinstance(key, int))
        return TupleValue([value for _, value in ordered])
    if keyed:
        return ObjectValue({str(key): value for key, value in instances.items()})
    return instances.get(None, DYNAMIC)


class _Resolving(Mapping[str, Entry], Generic[_Name]):
    """Values by name, looked up when they are asked for."""

    def __init__(self, names: Mapping[str, _Name], value: Callable[[_Name], Value]) -> None:
        self._names = names
        self._value = value

    def __getitem__(self, name: str) -> Value:
        return self._value(self._names[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
