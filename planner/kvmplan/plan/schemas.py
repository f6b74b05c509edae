"""The schema of a resource, from the provider that its type's prefix names."""

from __future__ import annotations

from kvmplan.config.model import Resource
from kvmplan.config.providers import ProviderUse
from kvmplan.lang.suggest import did_you_mean
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.schema import ObjectSchema


def find_schema(resource: Resource, use: ProviderUse, plugins: Plugins) -> ObjectSchema:
    """Raises `DiagnosticError`, placed at the type's name, when the provider does not have the type."""
    address = resource.address
    try:
        schema = plugins.provider(use.plugin).schema
    except DiagnosticError as problem:
        raise DiagnosticError(*(diagnostic.at(resource.type_range) for diagnostic in problem.diagnostics)) from None
    types = schema.data_sources if address.mode == "data" else schema.resources
    if address.type in types:
        return types[address.type]
    what = "data source" if address.mode == "data" else "resource"
    hint = did_you_mean(address.type, types) or f" It has: {', '.join(sorted(types)) or 'none'}."
    raise DiagnosticError(
        error(
            f"Unknown {what} type",
            f'Provider "{use.plugin}" has no {what} "{address.type}".{hint}',
            source=resource.type_range,
        )
    )
