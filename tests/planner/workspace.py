"""A directory with a configuration, a state and a toy world, and the engine at work on them, in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kvmplan.addresses import Address, parse_address
from kvmplan.apply.events import Event
from kvmplan.apply.result import Result
from kvmplan.apply.stopping import Stop
from kvmplan.config.variables import Given
from kvmplan.plan.model import Action, Plan
from kvmplan.plan.request import Request
from kvmplan.plugins import Plugins
from kvmplan.preparing import Prepared, prepare
from kvmplan.run import Run, started
from kvmplan.state.model import State, new_state
from kvmplan.state.store import StateStore, local_store
from kvmplan_sdk import Diagnostic, DiagnosticError

T = TypeVar("T")


def address(text: str) -> Address:
    found = parse_address(text)
    assert found is not None, text
    return found


class PlanningError(Exception):
    """The command would end with these errors."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("; ".join(f"{d.address}: {d.summary}: {d.detail}" for d in diagnostics))
        self.diagnostics = [diagnostic for diagnostic in diagnostics if diagnostic.is_error]

    @property
    def summaries(self) -> list[str]:
        return [diagnostic.summary for diagnostic in self.diagnostics]


@dataclass
class Workspace:
    directory: Path
    given: Given = field(default_factory=lambda: Given({}))

    def write(self, text: str) -> None:
        (self.directory / "main.kvm.hcl").write_text(text)

    @property
    def state_path(self) -> Path:
        return self.directory / "kvmplan.state.json"

    @property
    def store(self) -> StateStore:
        return local_store(self.state_path)

    @property
    def journal(self) -> Path:
        return self.store.journal

    @property
    def state(self) -> State:
        return self.store.load() or new_state()

    def prepare(self, plugins: Plugins) -> Prepared:
        prepared = prepare(self.directory, self.given, plugins)
        if prepared.failed:
            raise PlanningError(prepared.diagnostics)
        return prepared

    def plan(self, *, destroy: bool = False) -> Plan:
        return self.with_plan(lambda _run, plan: plan, Request(destroy=destroy))

    def apply(
        self,
        *,
        destroy: bool = False,
        listener: Callable[[Event], None] = lambda _event: None,
        stop: Stop | None = None,
        parallelism: int = 4,
        rollback: bool = False,
    ) -> Result:
        """Plan and apply. What fails while applying is in the result; errors before it raise `PlanningError`."""
        return self.with_plan(
            lambda run, plan: self.carry_out(
                run, plan, listener=listener, stop=stop, parallelism=parallelism, rollback=rollback
            ),
            Request(destroy=destroy),
        )

    def carry_out(
        self,
        run: Run,
        plan: Plan,
        *,
        listener: Callable[[Event], None] = lambda _event: None,
        stop: Stop | None = None,
        parallelism: int = 4,
        rollback: bool = False,
    ) -> Result:
        return run.apply(
            plan,
            self.store,
            listener=listener,
            stop=stop or Stop(),
            parallelism=parallelism,
            rollback=rollback,
        )

    def with_plan(self, use: Callable[[Run, Plan], T], request: Request) -> T:
        """What ``use`` makes of a run and its plan, which has no errors."""
        plugins = Plugins()
        prepared = self.prepare(plugins)
        try:
            with started(prepared, self.store, plugins) as run:
                plan = run.plan(request)
                if prepared.failed:
                    raise PlanningError(prepared.diagnostics)
                return use(run, plan)
        except DiagnosticError as problem:
            raise PlanningError(problem.diagnostics) from problem

    # The world

    @property
    def world_path(self) -> Path:
        return self.directory / "world.json"

    def world(self) -> dict[str, Any]:
        if not self.world_path.exists():
            return {"next": 1, "hosts": {}, "log": [], "faults": []}
        found: dict[str, Any] = json.loads(self.world_path.read_bytes())
        return found

    def change_world(self, **parts: Any) -> None:
        self.world_path.write_text(json.dumps({**self.world(), **parts}))

    def change_outside(self, name: str, values: Mapping[str, Any] | None, host: str = "local") -> None:
        """Give the thing ``name`` other values, as somebody else would; None deletes it."""
        hosts = self.world()["hosts"]
        key = next(key for key, thing in hosts[host].items() if thing["values"]["name"] == name)
        if values is None:
            del hosts[host][key]
        else:
            hosts[host][key]["values"].update(values)
        self.change_world(hosts=hosts)

    def fault(self, text: str, when: str, verb: str | None = None, *, always: bool = False) -> None:
        fault = {
            "address": text,
            "when": when,
            **({"verb": verb} if verb else {}),
            **({"always": True} if always else {}),
        }
        self.change_world(faults=[*self.world()["faults"], fault])

    def objects(self, host: str = "local") -> dict[str, dict[str, Any]]:
        """What is on a host: values by name."""
        found = self.world()["hosts"].get(host, {}).values()
        values = {thing["values"]["name"]: thing["values"] for thing in found}
        assert len(values) == len(found), "two objects of one name"
        return values

    def log(self) -> list[str]:
        """What was done on all hosts, in order: ``create toy_thing.a``."""
        return [" ".join(entry) for entry in self.world()["log"]]


def actions(plan: Plan) -> Mapping[str, str]:
    """What the plan does, by address, without what stays as it is."""
    return {
        str(address): change.action.name.lower()
        for address, change in sorted(plan.changes.items(), key=lambda item: item[0].sort_key)
        if change.action is not Action.NO_OP
    }
