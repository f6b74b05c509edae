"""A module call against the module that it calls: its arguments, and what only the root module may have."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.config.model import Configuration, ModuleCall
from kvmplan.config.shape import unknown_argument
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error, warning


def check_call(call: ModuleCall, module: Configuration) -> Iterator[Diagnostic]:
    names = frozenset(module.variables)
    for attribute in call.arguments.values():
        if attribute.name not in names:
            yield unknown_argument(f'module "{call.name}"', attribute, names, frozenset())
        elif module.variables[attribute.name].deprecated:
            yield warning(
                "Deprecated variable",
                f'"{attribute.name}" of module.{call.name}: {module.variables[attribute.name].deprecated}',
                source=attribute.name_range,
            )
    for name, variable in module.variables.items():
        if variable.default is None and name not in call.arguments and not is_host_argument(call, module, name):
            yield error(
                "Missing argument",
                f'The call of module.{call.name} needs the argument "{name}".'
                + (f" It is: {variable.description}" if variable.description else ""),
                source=call.range,
            )
    for host in module.hosts.values():
        yield _root_only("host", host.range, "Declare it there, and hand it to the call: `host = host.NAME`.")
    for imported in module.imports:
        yield _root_only("import", imported.range, 'Write it there, with "module." before the address.')
    if module.backend is not None:
        yield warning(
            "Backend in a module",
            f"Where the state is kept is said by the root module; what module.{call.name} says of it has no effect.",
            source=module.backend.range,
        )
    if module.providers and (call.count is not None or call.for_each is not None or call.depends_on):
        block = next(iter(module.providers.values()))
        yield error(
            "Module with a provider block of its own",
            f"module.{call.name} configures a provider itself, so the call can have no count, for_each or depends_on. "
            "Configure the provider in the root module instead: the module gets it from there.",
            source=block.range,
        )


def is_host_argument(call: ModuleCall, module: Configuration, name: str) -> bool:
    """Whether ``name`` is the argument ``host`` of a call whose module has a variable of that name: then it is the
    value of the variable, and no default for the module's resources.
    """
    return name == "host" and call.host is not None and "host" in module.variables


def _root_only(kind: str, where: SourceRange, how: str) -> Diagnostic:
    return error(f"A {kind} block in a module", f"Only the root module can have {kind} blocks. {how}", source=where)
