"""What a plan left unknown, evaluated once it can be: inputs that wait for outcomes, and outputs at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kvmplan.addresses import Address, static_path
from kvmplan.apply.standing import Standing
from kvmplan.config.model import Resource
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.lang import DYNAMIC, from_plain
from kvmplan.plan.change import Circumstances, plan_instance
from kvmplan.plan.checks import Checks, as_warning
from kvmplan.plan.conditions import judge
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import Repetition, repetition
from kvmplan.plan.inputs import Inputs, after_resources
from kvmplan.plan.marks import hidden
from kvmplan.plan.model import Action, Change, OutputChange, Plan
from kvmplan.plan.modules import Modules
from kvmplan.plan.named_values import evaluate_named
from kvmplan.plan.outputs import plan_outputs
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plan.schemas import find_schema
from kvmplan.plan.wanted import Wanted, WantedReader
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan.state.model import Output
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.proposing import lasting
from kvmplan_sdk.schema import type_of
from kvmplan_sdk.types import ANY
from kvmplan_sdk.values import Path, differences, format_path, is_known

_VALUES = frozenset({"local", "var", "output", "validation"})
"""Kinds of nodes that pass on what resources are."""


class Resolver:
    """Holds the configuration of a plan, evaluated as far as the plan did, and further as things come to stand.
    ``checks``: what became of the conditions that were judged meanwhile.
    """

    def __init__(
        self,
        plan: Plan,
        modules: Modules,
        dependencies: Dependencies,
        inputs: Inputs,
        plugins: Plugins,
        sessions: Sessions,
    ) -> None:
        self._plan = plan
        self._modules = modules
        modules.setting.applying = True
        self._dependencies = dependencies
        self._plugins = plugins
        self._sessions = sessions
        self._uses = ProviderUses(modules.configuration)
        finder = ReferenceFinder(modules.configuration, dependencies)
        self._reader = WantedReader(modules, inputs, plugins, finder)
        self._position = {node: position for position, node in enumerate(dependencies.order)}
        self._members: dict[Address, list[Address]] = defaultdict(list)
        for change in plan.changes.values():
            if change.after is not None:
                self._members[change.address.resource].append(change.address)
        self._read_late = {address.within for address in plan.changes if address.mode == "data"}
        for address in (*plan.data, *(() if plan.complete else plan.left_alone)):
            if address not in plan.changes:
                self._members[address.resource].append(address)
        self._repetitions: dict[Address, Repetition] = {}
        self._taken: set[Node] = set()
        self._seen = 0
        self.checks = Checks()

    def resolve(self, address: Address, standing: Standing) -> Change:
        """The change of ``address``, with what it waited for as it is ``standing``.

        Raises `DiagnosticError` when it cannot be planned, or differs from the plan where that was known.
        """
        resource, node, evaluation = self._block(address)
        diagnostics: list[Diagnostic] = []
        self._take_in(self._needed(node), standing, diagnostics)
        names = self._repetition(resource, address, evaluation).get(address.key, {})
        verdict = judge(resource.lifecycle.preconditions, evaluation.scope([], **names), diagnostics)
        self.checks.note("resource", address, verdict)
        diagnostics += verdict.errors("Resource precondition failed", resource.range, str(address))
        use = self._use(resource, node)
        schema = find_schema(resource, use, self._plugins)
        wanted = self._reader.read(resource, address, names, schema, use, diagnostics)
        planned = self._plan.changes[address]
        if wanted is None or has_errors(diagnostics):
            raise DiagnosticError(*_tempered(diagnostics, planned))
        if planned.action is Action.READ:
            return self._arguments(wanted, planned)
        session = self._sessions.get(wanted.lane)
        circumstances = Circumstances(
            forced=planned.reason if planned.action.renews else "",
            tags=self._plugins.provider(use.plugin).tags,
            created_first=planned.created_first,
            deposed=planned.deposed,
            former=planned.former,
            imported=planned.imported,
            guarded=planned.prevent_destroy,
            allowed=True,
        )
        before = standing.get(planned.predecessor) or standing.get(address)
        change = plan_instance(wanted, before, session, schema, diagnostics, circumstances)
        if change is None or change.waits:
            raise DiagnosticError(*(diagnostics or [_still_unknown(resource, address)]))
        changed = list(differences(planned.after and lasting(schema, planned.after), change.after))
        if changed:
            raise DiagnosticError(_changed(resource, address, changed))
        return replace(change, confirms=planned.confirms)

    def _arguments(self, wanted: Wanted, planned: Change) -> Change:
        """What a data source is asked, in place of what it is."""
        configured = wanted.configured
        if not is_known(configured.values):
            raise DiagnosticError(*_tempered([_still_unknown(wanted.resource, wanted.address)], planned))
        return replace(planned, after=configured.values, sensitive=configured.sensitive, waits=False)

    def confirm(self, address: Address, standing: Standing) -> tuple[Diagnostic, ...]:
        """What the postconditions of an instance say now that it is ``standing``."""
        resource, node, evaluation = self._block(address)
        diagnostics: list[Diagnostic] = []
        self._take_in([*self._needed(node), node], standing, diagnostics)
        names = self._repetition(resource, address, evaluation).get(address.key, {})
        shape = type_of(find_schema(resource, self._use(resource, node), self._plugins))
        now = standing[address]
        own = from_plain(now.values, shape, hidden(now.sensitive))
        scope = evaluation.scope([], **names, self=own)
        verdict = judge(resource.lifecycle.postconditions, scope, diagnostics)
        self.checks.note("resource", address, verdict)
        diagnostics += verdict.errors("Resource postcondition failed", resource.range, str(address))
        return _tempered(diagnostics, self._plan.changes[address])

    def outputs(self, standing: Standing, diagnostics: list[Diagnostic]) -> Mapping[str, OutputChange]:
        """The outputs once everything is ``standing``; checks are judged anew."""
        nodes = self._of_outputs()
        self._take_in(nodes, standing, diagnostics)
        for node in nodes:
            if node.kind == "check":
                diagnostics += self.checks.check(self._modules, node)
        self.checks.gather(self._modules)
        only = None if self._plan.complete else self._plan.outputs.keys()
        return plan_outputs(self._modules.root, self._plan.prior, diagnostics, self.checks, only=only)

    def _of_outputs(self) -> list[Node]:
        """The nodes to evaluate for the outputs of the plan, and for checks where it covers all."""
        late = after_resources(self._dependencies)
        if not self._plan.complete:
            needed = (self._needed(Node((), "output", name)) for name in self._plan.outputs)
            late = frozenset(node for nodes in needed for node in nodes if node in late)
        return [node for node in self._dependencies.order if node in late]

    def _block(self, address: Address) -> tuple[Resource, Node, Evaluation]:
        evaluation = self._modules.get(address.module)
        assert evaluation is not None, address
        configuration = evaluation.configuration
        return configuration.resources[address.within], resource_node(configuration.path, address.within), evaluation

    def _use(self, resource: Resource, node: Node) -> ProviderUse:
        use = self._uses.of(node.module, resource)
        assert isinstance(use, ProviderUse), use
        return use

    def _repetition(self, resource: Resource, address: Address, evaluation: Evaluation) -> Repetition:
        """The instances of ``resource``, which were known when the plan was made."""
        found = self._repetitions.get(address.resource)
        if found is None:
            found = repetition(resource.count, resource.for_each, evaluation.scope([]), []) or {}
            self._repetitions[address.resource] = found
        return found

    def _needed(self, node: Node) -> list[Node]:
        """The resources and named values that ``node`` refers to, seen through named values, and the rules of the
        variables among them; in order.
        """
        found: set[Node] = set()
        waiting = [node]
        while waiting:
            for before in self._passed_on(waiting.pop()):
                if before not in found:
                    found.add(before)
                    waiting += [before] if before.kind in _VALUES else []
        return sorted(found, key=self._position.__getitem__)

    def _passed_on(self, node: Node) -> Iterator[Node]:
        for before in self._dependencies.graph.predecessors(node):
            if before.kind == "resource" or before.kind in _VALUES:
                yield before
        rules = replace(node, kind="validation")
        if node.kind == "var" and rules in self._position:
            yield rules

    def _take_in(self, nodes: list[Node], standing: Standing, diagnostics: list[Diagnostic]) -> None:
        self._let_go(standing)
        for node in nodes:
            if node in self._taken:
                continue
            self._taken.add(node)
            if node.kind in _VALUES and (node.module or node.kind != "var"):
                evaluate_named(self._modules, node, {}, diagnostics)
            elif node.address is not None and (node.address.mode == "managed" or node.address in self._read_late):
                self._take_in_resource(node, node.address, standing)

    def _let_go(self, standing: Standing) -> None:
        """Forget what was taken in of that which changed since."""
        waiting = [
            resource_node(static_path(address.module), address.within) for address in standing.changed[self._seen :]
        ]
        self._seen = len(standing.changed)
        while waiting:
            node = waiting.pop()
            if node in self._taken:
                self._taken.remove(node)
                waiting += [after for after in self._dependencies.graph.successors(node) if after.kind in _VALUES]

    def _take_in_resource(self, node: Node, resource: Address, standing: Standing) -> None:
        for evaluation in self._modules.instances(node.module):
            block = evaluation.configuration.resources[resource]
            shape = type_of(find_schema(block, self._use(block, node), self._plugins))
            values = {}
            for address in self._members[resource.inside(evaluation.module)]:
                now = standing.get(address) or self._plan.data.get(address)
                values[address.key] = (
                    from_plain(now.values, shape, hidden(now.sensitive)) if now is not None else DYNAMIC
                )
            evaluation.set_resource(resource, values)


def _tempered(diagnostics: list[Diagnostic], change: Change) -> tuple[Diagnostic, ...]:
    """``diagnostics`` about ``change``: in a check they are warnings."""
    return tuple(map(as_warning, diagnostics) if change.check else diagnostics)


def _still_unknown(resource: Resource, address: Address) -> Diagnostic:
    return error(
        "Input still unknown",
        "What it refers to was made, yet a value that it needs did not come to be known. Plan again.",
        source=resource.range,
        address=str(address),
    )


def _changed(resource: Resource, address: Address, paths: list[Path]) -> Diagnostic:
    return error(
        "Plan changed during apply",
        f"With the values known now, {', '.join(map(format_path, paths))} would be other than planned. Plan again.",
        source=resource.range,
        address=str(address),
    )


def final_outputs(changes: Mapping[str, OutputChange], before: Mapping[str, Output]) -> Mapping[str, Output]:
    """The outputs to store: those that are known now, and for the others what was stored before."""
    found: dict[str, Output] = {}
    for name, change in changes.items():
        if change.action is Action.DELETE and change.after is None and change.type == ANY:
            continue
        if is_known(change.after):
            if change.after is not None:
                found[name] = Output(value=change.after, type=change.type, sensitive=change.sensitive)
        elif name in before:
            found[name] = before[name]
    return found
