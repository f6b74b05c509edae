"""Addresses as configuration spells them: ``module.a["x"].libvirt_network.lan[each.key]``."""

from __future__ import annotations

from kvmplan.addresses import Address
from kvmplan.config.model import WrittenKey
from kvmplan.syntax import Expression, Index, Relative, Step, Traversal

Spelled = tuple[list[tuple[str, WrittenKey]], Address | None, WrittenKey]
"""The module instance, the resource within it (None: the module itself is meant), the resource's key."""
_Part = tuple[bool, WrittenKey]
"""Whether it is a name after a dot, and the name; or a key in brackets."""


def spelled(expression: Expression) -> Spelled | None:
    """The address that ``expression`` spells; None when it is no address."""
    parts = spelled_parts(expression)
    if parts is None:
        return None
    module: list[tuple[str, WrittenKey]] = []
    while parts[:1] == [(True, "module")]:
        if len(parts) < 2 or not parts[1][0]:
            return None
        key, rest = _key(parts[2:])
        module.append((str(parts[1][1]), key))
        parts = rest
    if not parts:
        return module, None, None
    mode = "managed"
    if parts[0] == (True, "data"):
        mode, parts = "data", parts[1:]
    names = [str(name) for is_name, name in parts[:2] if is_name]
    key, rest = _key(parts[2:])
    if len(names) < 2 or rest:
        return None
    return module, Address(names[0], names[1], mode=mode), key


def _key(parts: list[_Part]) -> tuple[WrittenKey, list[_Part]]:
    """The key at the beginning, if there is one, and what follows."""
    return (parts[0][1], parts[1:]) if parts and not parts[0][0] else (None, parts)


def spelled_parts(expression: Expression) -> list[_Part] | None:
    match expression:
        case Traversal(root=root, steps=steps):
            return [(True, root), *map(_part, steps)]
        case Relative(base=base, steps=steps):
            before = spelled_parts(base)
            return None if before is None else [*before, *map(_part, steps)]
        case Index(base=base, key=key):
            before = spelled_parts(base)
            return None if before is None else [*before, (False, key)]
        case _:
            return None


def _part(step: Step) -> _Part:
    return step.attribute, step.key if isinstance(step.key, (str, int)) else str(step.key)
