"""The configuration as Terraform's plan representation has it: every module once, expressions not evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kvmplan.addresses import StaticPath
from kvmplan.config.calls import is_host_argument
from kvmplan.config.model import Configuration, ModuleCall, Output, ProviderName, Resource, Variable
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.config.variable_values import default_value
from kvmplan.lang import value_to_json
from kvmplan.review.expression_json import body_json, expression_json, reference_names
from kvmplan.syntax import Expression
from kvmplan_sdk.schema import ObjectSchema, ProviderSchema

Schemas = Callable[[str], ProviderSchema]
"""The schema of the provider of that name."""


def configuration_json(root: Configuration, schemas: Schemas) -> dict[str, Any]:
    """``{"provider_config", "root_module"}``"""
    writer = _Writer(root, schemas)
    module = writer.module(root)
    return {"provider_config": writer.provider_config(), "root_module": module}


class _Writer:
    def __init__(self, root: Configuration, schemas: Schemas) -> None:
        self._root = root
        self._schemas = schemas
        self._uses = ProviderUses(root)
        self._used: dict[str, str] = {}

    def module(self, module: Configuration) -> dict[str, Any]:
        resources = sorted(module.resources.values(), key=lambda one: one.address.sort_key)
        return _filled(
            {
                "outputs": {name: _output(output) for name, output in sorted(module.outputs.items())},
                "resources": [self._resource(module.path, one) for one in resources],
                "module_calls": {name: self._call(call, module) for name, call in sorted(module.calls.items())},
                "variables": {name: _variable(variable) for name, variable in sorted(module.variables.items())},
            }
        )

    def _resource(self, path: StaticPath, resource: Resource) -> dict[str, Any]:
        address = resource.address
        use = self._uses.of(path, resource)
        plugin = use.plugin if isinstance(use, ProviderUse) else address.provider
        key = _key(use) if isinstance(use, ProviderUse) else address.provider
        self._used.setdefault(key, plugin)
        schema = self._schema(plugin, resource)
        return {
            "address": str(address),
            "mode": address.mode,
            "type": address.type,
            "name": address.name,
            "provider_config_key": key,
            **_filled({"expressions": body_json(resource.body, schema)}),
            "schema_version": schema.version,
            **_repetition(resource),
            **_filled({"depends_on": [next(reference_names(one)) for one in resource.depends_on]}),
            **_named("kvmplan_host_expression", resource.host),
        }

    def _schema(self, plugin: str, resource: Resource) -> ObjectSchema:
        schema = self._schemas(plugin)
        return (schema.data_sources if resource.address.mode == "data" else schema.resources)[resource.address.type]

    def _call(self, call: ModuleCall, caller: Configuration) -> dict[str, Any]:
        module = caller.modules.get(call.name)
        arguments = {name: expression_json(one.expression) for name, one in sorted(call.arguments.items())}
        if module is not None and call.host is not None and is_host_argument(call, module, "host"):
            arguments["host"] = expression_json(call.host)
        return {
            "source": call.source,
            **_filled({"version_constraint": call.version, "expressions": arguments}),
            **_repetition(call),
            **({"module": self.module(module)} if module is not None else {}),
            **_filled({"depends_on": [next(reference_names(one)) for one in call.depends_on]}),
            **_named("kvmplan_host_expression", call.host),
        }

    def provider_config(self) -> dict[str, Any]:
        """Every configuration that is written, and those that resources use without one."""
        found: dict[str, Any] = {}
        for key, plugin in self._used.items():
            found[key] = {"name": plugin, "full_name": plugin, **self._version(self._root, plugin)}
        for module in self._root.tree():
            for name, block in module.providers.items():
                required = module.required_providers.get(name.name)
                plugin = required.plugin if required else name.name
                body = body_json(block.body, self._schemas(plugin).configuration)
                found[_own_key(module, name)] = {
                    "name": name.name,
                    "full_name": plugin,
                    **_filled({"alias": name.alias}),
                    **self._version(module, name.name),
                    **_filled({"module_address": ".".join(f"module.{step}" for step in module.path)}),
                    **_filled({"expressions": body}),
                }
        return dict(sorted(found.items()))

    def _version(self, module: Configuration, name: str) -> dict[str, Any]:
        required = module.required_providers.get(name)
        return _filled({"version_constraint": required.version if required else ""})


def _key(use: ProviderUse) -> str:
    """``libvirt``, ``libvirt.east``, ``module.site:libvirt.east``: what readers look up in ``provider_config``."""
    steps = use.configuration.split(".") if use.configuration else []
    modules = []
    while len(steps) > 1 and steps[0] == "module":
        modules.append(f"module.{steps[1]}")
        steps = steps[2:]
    own = ".".join([use.plugin, *steps])
    return f"{'.'.join(modules)}:{own}" if modules else own


def _own_key(module: Configuration, name: ProviderName) -> str:
    path = ".".join(f"module.{step}" for step in module.path)
    return f"{path}:{name}" if path else str(name)


def _output(output: Output) -> dict[str, Any]:
    return {
        **_filled({"sensitive": output.sensitive}),
        "expression": expression_json(output.expression),
        **_filled(
            {
                "description": output.description,
                "depends_on": [next(reference_names(one)) for one in output.depends_on],
            }
        ),
    }


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        **({"default": value_to_json(default_value(variable, []))} if variable.default is not None else {}),
        **_filled({"description": variable.description, "sensitive": variable.sensitive}),
    }


def _repetition(block: Resource | ModuleCall) -> dict[str, Any]:
    return {**_named("count_expression", block.count), **_named("for_each_expression", block.for_each)}


def _named(name: str, expression: Expression | None) -> dict[str, Any]:
    return {} if expression is None else _filled({name: expression_json(expression)})


def _filled(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Those that say something."""
    return {name: entry for name, entry in entries.items() if entry}
