"""What a reference refers to: nodes of the graph, or what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration, ModuleCall, Resource
from kvmplan.graph.nodes import Node, resource_node
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Reference
from kvmplan_sdk.diagnostics import Diagnostic, error

BUILT_IN_ROOTS = frozenset({"path", "kvmplan", "terraform"})
_ROOTS = ("var", "local", "module", "data", "each", "count", "host", *sorted(BUILT_IN_ROOTS))
"""What references begin with that are not to resources."""
Targets = tuple[Node, ...] | Diagnostic


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reference is written: in a module, perhaps in something that repeats; ``owner``: its node; ``own``:
    whether ``self`` has a meaning.
    """

    configuration: Configuration
    owner: Node
    repeated: Resource | ModuleCall | None = None
    own: bool = False

    @property
    def check(self) -> str:
        """The check that this is in."""
        if self.owner.kind == "check":
            return self.owner.name
        return self.repeated.check if isinstance(self.repeated, Resource) else ""


def targets(reference: Reference, place: Place) -> Targets:
    root = reference.root
    if root in BUILT_IN_ROOTS:
        return ()
    if root in {"each", "count", "self"}:
        return _repetition(reference, place) or ()
    if root in {"var", "local", "host"}:
        return _named(reference, root, place)
    if root == "module":
        return _module(reference, place.configuration)
    address = resource_reference(reference)
    if address is None:
        return error(
            "Invalid reference",
            f'"{reference.text}" is not a reference: a resource is TYPE.NAME, a variable var.NAME, a local value '
            f"local.NAME. For the text itself write it in quotes.",
            source=reference.range,
        )
    found = place.configuration.resources.get(address)
    if found is None:
        return _undeclared_resource(reference, address, place.configuration)
    if found.check and found.check != place.check:
        return error(
            "Reference into a check",
            f'{address} belongs to the check "{found.check}", and has a meaning only in it. Move the data block out of '
            "the check to use it here.",
            source=reference.range,
        )
    return (resource_node(place.configuration.path, address),)


def _step(reference: Reference, position: int) -> str | None:
    if position < len(reference.steps) and reference.steps[position].attribute:
        return str(reference.steps[position].key)
    return None


def resource_reference(reference: Reference) -> Address | None:
    """The resource, without instance, that a reference names; None when it is too short to be one.

    ``resource.TYPE.NAME`` is ``TYPE.NAME``.
    """
    if reference.root in {"data", "resource"}:
        type_, name = _step(reference, 0), _step(reference, 1)
        mode = "data" if reference.root == "data" else "managed"
        return Address(type_, name, mode=mode) if type_ and name else None
    name = _step(reference, 0)
    return Address(reference.root, name) if name else None


def _repetition(reference: Reference, place: Place) -> Diagnostic | None:
    """``each``, ``count`` and ``self`` have a meaning only in some places."""
    repeated = place.repeated
    what = repeated.address if isinstance(repeated, Resource) else f"module.{repeated.name}" if repeated else None
    if reference.root == "self":
        if place.own:
            return None
        return error(
            "self without an object",
            '"self" is the object of a resource, and has a meaning only in its postconditions.',
            source=reference.range,
        )
    if reference.root == "each" and repeated is not None and repeated.for_each is None:
        return error(
            "each without for_each",
            f'{what} has no "for_each", so there is no "each" in it. Add `for_each = ...`.',
            source=reference.range,
        )
    if reference.root == "each" and repeated is None and place.owner.kind not in {"host", "import"}:
        return error("each without for_each", '"each" has a meaning only where "for_each" is.', source=reference.range)
    if reference.root == "count" and (repeated is None or repeated.count is None):
        return error(
            "count.index without count",
            '"count.index" has a meaning only in a resource or module with "count".',
            source=reference.range,
        )
    return None


def _named(reference: Reference, root: str, place: Place) -> Targets:
    configuration, name = place.configuration, _step(reference, 0)
    declared = {"var": configuration.variables, "local": configuration.locals, "host": configuration.hosts}[root]
    word, how = {
        "var": ("input variable", 'variable "{}" {{}}'),
        "local": ("local value", "locals {{ {} = ... }}"),
        "host": ("host", 'host "{}" {{ address = ... }}'),
    }[root]
    if name is None:
        return error("Invalid reference", f'"{root}" must be followed by a dot and a name.', source=reference.range)
    if name in declared:
        return (Node(configuration.path, root, name),)
    hint = did_you_mean(name, declared) or f" Declare it with `{how.format(name)}`."
    if root == "host" and configuration.path:
        hint = " Hosts are declared in the root module; hand one over in the call: `host = host.NAME`."
    return error(f"Reference to undeclared {word}", f'There is no {word} "{name}".{hint}', source=reference.range)


def _module(reference: Reference, configuration: Configuration) -> Targets:
    """One output of a module, or all of them where the reference does not say which."""
    name = _step(reference, 0)
    if name is None:
        return error("Invalid reference", '"module" must be followed by a dot and a name.', source=reference.range)
    call = configuration.calls.get(name)
    if call is None:
        hint = did_you_mean(name, configuration.calls) or f' Declare it with `module "{name}" {{ source = ... }}`.'
        return error(
            "Reference to undeclared module", f'There is no module call "{name}".{hint}', source=reference.range
        )
    module, called = configuration.modules.get(name), Node(configuration.path, "module", name)
    if module is None:
        return (called,)
    repeated = call.count is not None or call.for_each is not None
    output = None if repeated and _step(reference, 1) else _step(reference, 2 if repeated else 1)
    if output is None:
        return (called, *(Node(module.path, "output", one) for one in module.outputs))
    if output not in module.outputs:
        hint = did_you_mean(output, module.outputs) or f" It has: {', '.join(sorted(module.outputs)) or 'none'}."
        return error(
            "Reference to undeclared output",
            f'module.{name} has no output "{output}".{hint}',
            source=reference.range,
        )
    return (Node(module.path, "output", output),)


def needed_targets(reference: Reference, place: Place) -> Targets:
    """What a reference in ``depends_on`` refers to: of a module, all that is in it."""
    name = _step(reference, 0)
    if reference.root == "module" and name in place.configuration.calls:
        return (Node(place.configuration.path, "contents", str(name)),)
    return targets(reference, place)


def _undeclared_resource(reference: Reference, address: Address, configuration: Configuration) -> Diagnostic:
    what = "data source" if address.mode == "data" else "resource"
    hint = did_you_mean(str(address), map(str, configuration.resources))
    other = Address(address.type, address.name, mode="managed" if address.mode == "data" else "data")
    if not hint and other in configuration.resources:
        hint = f' Did you mean "{other}"?'
    hint = hint or did_you_mean(reference.root, _ROOTS)
    where = f"module {'.'.join(configuration.path)}" if configuration.path else "this configuration"
    return error(
        f"Reference to undeclared {what}",
        f"There is no {what} {address} in {where}.{hint}",
        source=reference.range,
    )
