"""Type constraints: ``type = list(object({ name = string, mtu = optional(number, 1500) }))``, and their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan.lang.convert import ConversionError, bare, convert
from kvmplan.lang.evaluate import evaluate
from kvmplan.lang.scope import Scope
from kvmplan.lang.suggest import did_you_mean
from kvmplan.lang.values import (
    MAX_DEPTH,
    ListValue,
    MapValue,
    Marked,
    ObjectValue,
    SetValue,
    TupleValue,
    Value,
    is_null,
    make_set,
    mark,
    null,
)
from kvmplan.syntax.nodes import Call, Expression, Literal, Object, Traversal, Tuple
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
)

_PRIMITIVES: dict[str, Type] = {"string": STRING, "number": NUMBER, "bool": BOOL, "any": ANY}
_COLLECTIONS: dict[str, type[ListType] | type[SetType] | type[MapType]] = {
    "list": ListType,
    "set": SetType,
    "map": MapType,
}
_ALONE = frozenset({"list", "map"})
"""What may be a whole constraint by itself, as of old; its elements are of any one type."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """Defaults of optional attributes. ``inside`` leads to those further in: by attribute name, tuple index, or "" for
    every element of a collection."""

    values: Mapping[str, Value] = field(default_factory=dict)
    inside: Mapping[str, Defaults] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.inside)

    def apply(self, value: Value) -> Value:
        """``value`` with defaults for what is missing or null; to be converted to the type afterwards."""
        if not self or is_null(value):
            return value
        if isinstance(value, Marked):
            return mark(self.apply(value.value), value.marks)
        if isinstance(value, (ObjectValue, MapValue)):
            return self._applied(value)
        every = self.inside.get("")
        if isinstance(value, (ListValue, SetValue, TupleValue)):
            items = [
                found.apply(item) if (found := every or self.inside.get(str(index))) else item
                for index, item in enumerate(value.items)
            ]
            return TupleValue(items) if not isinstance(value, SetValue) else _set(items, value)
        return value

    def _applied(self, value: ObjectValue | MapValue) -> Value:
        every = self.inside.get("")
        entries = dict(value.entries)
        for name, default in self.values.items():
            if name not in entries or is_null(entries[name]):
                entries[name] = default
        for name, item in entries.items():
            if inner := every or self.inside.get(name):
                entries[name] = inner.apply(item)
        return ObjectValue(entries)


def _set(items: list[Value], like: SetValue) -> Value:
    return make_set(like.element, items) if not items else TupleValue(items)


NO_DEFAULTS = Defaults()


def type_constraint(expression: Expression) -> tuple[Type | None, Defaults, list[Diagnostic]]:
    """The type that ``expression`` writes, and the defaults in it. The type is None when there are errors."""
    if isinstance(expression, Traversal) and not expression.steps and expression.root in _ALONE:
        return _COLLECTIONS[expression.root](ANY), NO_DEFAULTS, []
    problems: list[Diagnostic] = []
    type_, defaults = _Reader(problems).read(expression)
    return (None if problems else type_), defaults, problems


class _Reader:
    def __init__(self, problems: list[Diagnostic]) -> None:
        self._problems = problems
        self._depth = 0

    def _fail(self, detail: str, at: Expression) -> tuple[Type, Defaults]:
        self._problems.append(error("Invalid type specification", detail, source=at.range))
        return ANY, NO_DEFAULTS

    def read(self, node: Expression) -> tuple[Type, Defaults]:
        if self._depth > MAX_DEPTH:
            return self._fail(f"A type can have {MAX_DEPTH} levels of types in each other; this one has more.", node)
        self._depth += 1
        made = self._read(node)
        self._depth -= 1
        return made

    def _read(self, node: Expression) -> tuple[Type, Defaults]:
        if isinstance(node, Traversal) and not node.steps:
            return self._keyword(node)
        if isinstance(node, Call) and not node.expand:
            if node.name in _COLLECTIONS:
                return self._collection(node)
            if node.name == "object":
                return self._object(node)
            if node.name == "tuple":
                return self._tuple(node)
            hint = did_you_mean(node.name, [*_COLLECTIONS, "object", "tuple"])
            return self._fail(f'There is no type constructor "{node.name}".{hint}', node)
        if isinstance(node, Literal) and isinstance(node.value, str) and node.value in _PRIMITIVES:
            return self._fail(f"A type is written without quotes: {node.value}.", node)
        return self._fail("A type is a keyword such as string, or a constructor such as list(string).", node)

    def _keyword(self, node: Traversal) -> tuple[Type, Defaults]:
        if node.root in _PRIMITIVES:
            return _PRIMITIVES[node.root], NO_DEFAULTS
        if node.root in _COLLECTIONS:
            return self._fail(f"The type of the elements is missing: {node.root}(string), or {node.root}(any).", node)
        if node.root in ("object", "tuple"):
            sample = "object({ name = string })" if node.root == "object" else "tuple([string, number])"
            return self._fail(f"The types inside are missing: {sample}.", node)
        return self._fail(f'There is no type "{node.root}".{did_you_mean(node.root, _PRIMITIVES)}', node)

    def _collection(self, node: Call) -> tuple[Type, Defaults]:
        if len(node.arguments) != 1:
            return self._fail(f"{node.name}(...) takes one type, that of its elements.", node)
        element, defaults = self.read(node.arguments[0])
        return _COLLECTIONS[node.name](element), Defaults(inside={"": defaults}) if defaults else NO_DEFAULTS

    def _tuple(self, node: Call) -> tuple[Type, Defaults]:
        if len(node.arguments) != 1 or not isinstance(listed := node.arguments[0], Tuple):
            return self._fail("tuple(...) takes a list of types: tuple([string, number]).", node)
        read = [self.read(item) for item in listed.items]
        inside = {str(at): defaults for at, (_, defaults) in enumerate(read) if defaults}
        return TupleType(tuple(type_ for type_, _ in read)), Defaults(inside=inside)

    def _object(self, node: Call) -> tuple[Type, Defaults]:
        if len(node.arguments) != 1 or not isinstance(shape := node.arguments[0], Object):
            return self._fail("object(...) takes attributes and their types: object({ name = string }).", node)
        attributes: dict[str, Type] = {}
        optional: set[str] = set()
        values: dict[str, Value] = {}
        inside: dict[str, Defaults] = {}
        for item in shape.items:
            written = isinstance(item.key, Literal) and item.key.text == item.key.value
            if not (written and isinstance(item.key, Literal) and isinstance(name := item.key.value, str)):
                self._fail("The name of an attribute must be written out, without quotes.", item.key)
                continue
            if name in attributes:
                self._fail(f'The attribute "{name}" is already there.', item.key)
            attributes[name], inner = self._attribute(name, item.value, optional, values)
            if inner:
                inside[name] = inner
        return ObjectType(attributes, frozenset(optional)), Defaults(values, inside)

    def _attribute(
        self, name: str, node: Expression, optional: set[str], values: dict[str, Value]
    ) -> tuple[Type, Defaults]:
        if not (isinstance(node, Call) and node.name == "optional"):
            return self.read(node)
        if len(node.arguments) not in (1, 2):
            return self._fail("optional(...) takes a type and, if you like, a default: optional(number, 1500).", node)
        optional.add(name)
        type_, inner = self.read(node.arguments[0])
        if len(node.arguments) == 2:
            values[name] = self._default(node.arguments[1], type_, inner)
        return type_, inner

    def _default(self, node: Expression, type_: Type, inner: Defaults) -> Value:
        scope = Scope({}, {})
        value = evaluate(node, scope)
        self._problems.extend(scope.diagnostics)
        try:
            return convert(inner.apply(value), type_)
        except ConversionError as problem:
            detail = f"The default does not fit the type of the attribute: {problem}."
            self._problems.append(error("Invalid default value for optional attribute", detail, source=node.range))
            return null(bare(type_))
