"""The whole plan representation: what `plan_json` says of the changes, and what the plan stands on besides, which text
for people has no need of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from typing import Any

from kvmplan.addresses import parse_address
from kvmplan.config.loader import parse_sources
from kvmplan.config.model import Configuration, Variable
from kvmplan.config.variable_values import converted, value_or_default
from kvmplan.lang import Value, value_to_json
from kvmplan.plan.file import PlanFile
from kvmplan.plan.model import Plan
from kvmplan.plugins import Plugins
from kvmplan.review import versions
from kvmplan.review.configuration_json import Schemas, configuration_json
from kvmplan.review.hiding import hidden_state, secrets_in_plan
from kvmplan.review.redaction import Redaction
from kvmplan.review.relevant_json import relevant_attributes
from kvmplan.review.state_json import state_json
from kvmplan.state.model import Instance, State

_ORDER = (
    "format_version",
    "terraform_version",
    "kvmplan_version",
    "variables",
    "planned_values",
    "resource_drift",
    "resource_changes",
    "output_changes",
    "prior_state",
    "configuration",
    "relevant_attributes",
    "checks",
    "timestamp",
)
_LEFT_OUT_WHEN_EMPTY = frozenset({"variables", "resource_drift", "relevant_attributes", "checks", "output_changes"})


def representation(
    review: Mapping[str, Any],
    plan: Plan,
    configuration: Configuration,
    given: Mapping[str, Value],
    schemas: Schemas,
) -> dict[str, Any]:
    """Terraform's plan representation, complete. ``review``: what `plan_json` made of ``plan``; ``given``: the root
    module's variables, from outside.
    """
    changed = (parse_address(one["address"]) for one in review["resource_changes"] if _changes(one["change"]))
    outputs = (name for name, one in review["output_changes"].items() if _changes(one))
    prior = plan.refreshed
    whole = {
        **review,
        "terraform_version": versions.TERRAFORM,
        "variables": _variables(configuration, given),
        **({"prior_state": state_json(prior)} if prior.instances or prior.outputs else {}),
        "configuration": configuration_json(configuration, schemas),
        "relevant_attributes": relevant_attributes(configuration, (one for one in changed if one), outputs),
        "timestamp": plan.moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    names = [*_ORDER, *(name for name in whole if name not in _ORDER)]
    return {name: whole[name] for name in names if name in whole and (whole[name] or name not in _LEFT_OUT_WHEN_EMPTY)}


def saved_representation(saved: PlanFile) -> dict[str, Any]:
    """That of a plan file, by the configuration in it. Raises `DiagnosticError` when a provider is not there."""
    configuration, _ = parse_sources(saved.sources, saved.directory, saved.layout)
    plugins = Plugins()
    redaction = Redaction(secrets_in_plan(saved.plan))
    plan = replace(saved.plan, refreshed=hidden_state(_prior(saved.plan), redaction))
    return representation(saved.review, plan, configuration, saved.given, lambda name: plugins.provider(name).schema)


def _prior(plan: Plan) -> State:
    """What planning stood on: the state as refreshed, with the data sources that were read meanwhile."""
    read = {
        address: Instance(
            address=address,
            host=data.lane.host,
            provider=data.lane.provider,
            values=data.values,
            schema_version=data.schema_version,
            sensitive=data.sensitive,
        )
        for address, data in plan.data.items()
    }
    return replace(plan.refreshed.with_instances(read), checks=())


def _changes(change: Mapping[str, Any]) -> bool:
    return bool(change["actions"] != ["no-op"])


def _variables(configuration: Configuration, given: Mapping[str, Value]) -> dict[str, Any]:
    """The values of variables; those of ephemeral ones nothing keeps."""
    return {
        name: {"value": value_to_json(_value(variable, given))}
        for name, variable in sorted(configuration.variables.items())
        if not variable.ephemeral
    }


def _value(variable: Variable, given: Mapping[str, Value]) -> Value:
    if variable.name in given:
        return converted(variable, given[variable.name], variable.range, [])
    return value_or_default(variable, [])
