"""Which attributes of which resources what changes depends on: ``relevant_attributes`` of the plan representation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from kvmplan.addresses import Address, Key, ModulePath, static_path
from kvmplan.config.model import Configuration, Resource
from kvmplan.graph import resource_reference
from kvmplan.syntax import Expression, Reference, Step, references

_Attribute = tuple[Address, tuple[str | int, ...]]


def relevant_attributes(
    root: Configuration, changed: Iterable[Address], outputs: Iterable[str]
) -> list[dict[str, Any]]:
    """``[{"resource", "attribute"}]``: what the blocks of the instances ``changed`` and the root module's ``outputs``
    refer to, through local values, variables and modules, and what those arguments are made from. Sorted.
    """
    search = _Search(root)
    for address in changed:
        search.resource(replace(address.resource, deposed=""))
    for name in outputs:
        search.output((), name)
    found = sorted(search.found, key=lambda one: (one[0].sort_key, str(one[1])))
    return [{"resource": str(address), "attribute": list(attribute)} for address, attribute in found]


class _Search:
    """Looks at every block once for each instance of its module. It keeps a list of what to look at: references can
    lead through as many blocks as there are.
    """

    def __init__(self, root: Configuration) -> None:
        self._root = root
        self._seen: set[tuple[object, ...]] = set()
        self._waiting: list[tuple[Expression, ModulePath]] = []
        self.found: set[_Attribute] = set()

    def resource(self, address: Address) -> None:
        """Everything that decides what the instances of ``address`` are."""
        block = self._root.resource(address)
        if block is not None and self._first("resource", address):
            self._follow(_expressions(block), address.module)

    def output(self, module: ModulePath, name: str) -> None:
        configuration = self._root.module(static_path(module))
        if configuration is not None and name in configuration.outputs and self._first("output", module, name):
            self._follow([configuration.outputs[name].expression], module)

    def _first(self, *what: object) -> bool:
        new = what not in self._seen
        self._seen.add(what)
        return new

    def _follow(self, expressions: Iterable[Expression], module: ModulePath) -> None:
        self._waiting += ((expression, module) for expression in expressions)
        while self._waiting:
            expression, at = self._waiting.pop()
            for reference in references(expression):
                self._reference(reference, at)

    def _reference(self, reference: Reference, module: ModulePath) -> None:
        configuration = self._root.module(static_path(module))
        name = str(reference.steps[0].key) if reference.steps else ""
        if configuration is None:
            return
        if reference.root == "local" and name in configuration.locals:
            if self._first("local", module, name):
                self._waiting.append((configuration.locals[name].expression, module))
        elif reference.root == "var" and module:
            self._argument(module, name)
        elif reference.root == "module" and name in configuration.modules:
            self._called(reference, (*module, (name, None)), configuration.modules[name])
        else:
            self._attribute(reference, configuration, module)

    def _argument(self, module: ModulePath, name: str) -> None:
        caller = self._root.module(static_path(module[:-1]))
        call = caller.calls.get(module[-1][0]) if caller else None
        if call is not None and name in call.arguments and self._first("var", module, name):
            self._waiting.append((call.arguments[name].expression, module[:-1]))

    def _called(self, reference: Reference, module: ModulePath, called: Configuration) -> None:
        key, rest = _key(reference.steps[1:])
        at = (*module[:-1], (module[-1][0], key))
        named = str(rest[0].key) if rest and rest[0].attribute else None
        for name in [named] if named in called.outputs else called.outputs:
            if name is not None and self._first("output", at, name):
                self._waiting.append((called.outputs[name].expression, at))

    def _attribute(self, reference: Reference, configuration: Configuration, module: ModulePath) -> None:
        named = resource_reference(reference)
        block = configuration.resources.get(named) if named is not None else None
        if named is None or block is None:
            return
        key, rest = _key(reference.steps[2 if reference.root in {"data", "resource"} else 1 :])
        attribute = tuple(step.key if isinstance(step.key, str) else int(step.key) for step in rest)
        found = (named.instance(key).inside(module), attribute)
        if found in self.found:
            return
        self.found.add(found)
        if attribute and attribute[0] in (written := _written(block)):
            self._waiting.append((written[str(attribute[0])], module))


def _expressions(block: Resource) -> Iterator[Expression]:
    yield from (one for one in (block.count, block.for_each, block.host) if one is not None)
    yield from block.body.expressions([])


def _written(block: Resource) -> Mapping[str, Expression]:
    return {name: attribute.expression for name, attribute in block.body.content({}, []).attributes.items()}


def _key(steps: tuple[Step, ...]) -> tuple[Key, tuple[Step, ...]]:
    """The instance key that ``steps`` begin with, where they do, and the rest."""
    if steps and not steps[0].attribute and isinstance(steps[0].key, (str, int)):
        return steps[0].key, steps[1:]
    return None, steps
