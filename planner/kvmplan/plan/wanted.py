"""An instance as the configuration has it: its values, the host it belongs on, and what it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.config.model import Resource
from kvmplan.lane import Lane
from kvmplan.lang import ObjectValue, Value, evaluate, is_known, unmark
from kvmplan.plan.configured import Configured, read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.inputs import LOCAL, Inputs
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plugins import Plugins
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

    evaluation: Evaluation
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
        diagnostics: list[Diagnostic],
    ) -> Wanted | None:
        """The instance ``address``, which sees ``names`` (``each``, ``count``); None after an error.

        The same problem of many instances is reported once, about the resource.
        """
        found: list[Diagnostic] = []
        scope = self.evaluation.scope(found, **names)
        configured = read_body(f"A {address.type}", resource.body, schema, resource.range, scope, found)
        host = self._host(resource, names, found)
        placed = {diagnostic.about(str(resource.address)): None for diagnostic in found}
        diagnostics += [diagnostic for diagnostic in placed if diagnostic not in self.reported]
        self.reported.update(placed)
        if host is None or has_errors(found):
            return None
        return Wanted(
            address=address,
            lane=Lane(host, address.provider),
            configured=replace(configured, values=canonical(schema, configured.values)),
            resource=resource,
            dependencies=self.references.of(resource.address, self.evaluation.scope([], **names)),
        )

    def _host(self, resource: Resource, names: Mapping[str, Value], diagnostics: list[Diagnostic]) -> str | None:
        if resource.host is None:
            needs_host = self.plugins.provider(resource.address.provider).needs_host
            return self._default_host(resource, diagnostics) if needs_host else LOCAL
        value, _ = unmark(evaluate(resource.host, self.evaluation.scope(diagnostics, **names)))
        name = value.entries.get("name") if isinstance(value, ObjectValue) else None
        if isinstance(name, str) and name in self.inputs.hosts:
            return name
        if is_known(value):
            diagnostics.append(
                error(
                    "Not a host",
                    '"host" takes a host: host.NAME, host.NAME["key"], or each.value with for_each = host.NAME.',
                    source=resource.host.range,
                )
            )
        return None

    def _default_host(self, resource: Resource, diagnostics: list[Diagnostic]) -> str | None:
        """The local machine without host blocks; the only host where there is one."""
        if not self.evaluation.configuration.hosts:
            return LOCAL
        declared = [name for name in self.inputs.hosts if name != LOCAL]
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
