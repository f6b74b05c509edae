"""An instance as the configuration has it: its values, the host it belongs on, and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.config.calls import is_host_argument
from kvmplan.config.model import Resource
from kvmplan.config.providers import ProviderUse
from kvmplan.lane import Lane
from kvmplan.lang import ObjectValue, Value, evaluate, is_known, unmark
from kvmplan.plan.configured import Configured, read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.inputs import LOCAL, Inputs
from kvmplan.plan.modules import Modules
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plugins import Plugins
from kvmplan.syntax import Expression
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error, has_errors
from kvmplan_sdk.proposing import canonical
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    address: Address
    lane: Lane
    configured: Configured
    resource: Resource
    dependencies: tuple[Address, ...]

    def place(self, diagnostic: Diagnostic) -> Diagnostic:
        """A provider's diagnostic, placed at its attribute, or at the block that holds it."""
        ranges: Mapping[Path, SourceRange] = self.configured.ranges
        for length in range(len(diagnostic.path), 0, -1):
            found = ranges.get(diagnostic.path[:length])
            if found is not None:
                return diagnostic.at(found).about(str(self.address))
        return diagnostic.at(self.resource.range).about(str(self.address))


@dataclass(frozen=True, slots=True)
class WantedReader:
    """Reads instances out of a configuration under evaluation."""

    modules: Modules
    inputs: Inputs
    plugins: Plugins
    references: ReferenceFinder
    reported: set[Diagnostic] = field(default_factory=set)

    def read(
        self,
        resource: Resource,
        address: Address,
        names: Mapping[str, Value],
        schema: ObjectSchema,
        use: ProviderUse,
        diagnostics: list[Diagnostic],
    ) -> Wanted | None:
        """The instance ``address``, which sees ``names`` (``each``, ``count``); None after an error.

        The same problem of many instances is reported once, about the resource.
        """
        found: list[Diagnostic] = []
        evaluation = self.modules.get(address.module)
        assert evaluation is not None
        scope = evaluation.scope(found, **names)
        configured = read_body(with_article(address.type), resource.body, schema, resource.range, scope, found)
        host = self._host(resource, use, evaluation, names, found)
        placed = {diagnostic.about(str(address.everywhere)): None for diagnostic in found}
        diagnostics += [diagnostic for diagnostic in placed if diagnostic not in self.reported]
        self.reported.update(placed)
        if host is None or has_errors(found):
            return None
        return Wanted(
            address=address,
            lane=Lane(host, use.plugin, use.configuration),
            configured=replace(configured, values=canonical(schema, configured.values)),
            resource=resource,
            dependencies=self.references.of(address, evaluation.scope([], **names)),
        )

    def _host(
        self,
        resource: Resource,
        use: ProviderUse,
        evaluation: Evaluation,
        names: Mapping[str, Value],
        diagnostics: list[Diagnostic],
    ) -> str | None:
        if resource.host is None:
            needs_host = self.plugins.provider(use.plugin).needs_host
            return self._default_host(resource, evaluation, diagnostics) if needs_host else LOCAL
        return self._named(evaluate(resource.host, evaluation.scope(diagnostics, **names)), resource.host, diagnostics)

    def _named(self, value: Value, written: Expression, diagnostics: list[Diagnostic]) -> str | None:
        """The host that ``value`` is."""
        value, _ = unmark(value)
        name = value.entries.get("name") if isinstance(value, ObjectValue) else None
        if isinstance(name, str) and name in self.inputs.hosts:
            return name
        if is_known(value):
            diagnostics.append(
                error(
                    "Not a host",
                    '"host" takes a host: host.NAME, host.NAME["key"], or each.value with for_each = host.NAME.',
                    source=written.range,
                )
            )
        return None

    def _default_host(self, resource: Resource, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> str | None:
        """What the call of the module says, or of a module around it; else the local machine without host blocks, the
        only host where there is one.
        """
        inner, outer = evaluation, evaluation.parent
        while outer is not None:
            call = outer.configuration.calls[inner.module[-1][0]]
            if call.host is not None and not is_host_argument(call, inner.configuration, "host"):
                return self._named(evaluate(call.host, outer.scope(diagnostics, **inner.names)), call.host, diagnostics)
            inner, outer = outer, outer.parent
        declared = [name for name in self.inputs.hosts if name != LOCAL]
        if not inner.configuration.hosts:
            return LOCAL
        if len(declared) == 1:
            return declared[0]
        diagnostics.append(
            error(
                "Which host?",
                f"There are several hosts, and {resource.address} says none. Add `host = host.NAME`. Known: "
                f"{', '.join(declared) or 'none'}.",
                source=resource.range,
            )
        )
        return None
