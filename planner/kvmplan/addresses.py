"""Addresses: the names of resource instances, as users write and read them.

``libvirt_network.lan``, ``data.libvirt_domain.web``, ``module.site.netplan_bridge.lan["a"]``, ``x.y[0]``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import cached_property

Key = str | int | None
"""An instance key: a string of ``for_each``, a number of ``count``, None for a single instance."""

StaticPath = tuple[str, ...]
"""Where a module is in the configuration: the names of the calls from the root down."""
ModulePath = tuple[tuple[str, Key], ...]
"""One instance of a module: the calls from the root down, each a name and a key. Where an address stands for a resource
in all instances of a module, keys are None.
"""

_IDENTIFIER = r"[^\W\d][\w-]*"
_KEY = r'(?:\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\])?'
_ADDRESS = re.compile(
    rf"((?:module\.{_IDENTIFIER}{_KEY}\.)*)(data\.)?(?!(?:module|data)\.)({_IDENTIFIER})\.({_IDENTIFIER})({_KEY})"
    r"(?: \(deposed (\w+)\))?",
)
_MODULE = re.compile(rf"module\.({_IDENTIFIER})({_KEY})\.")
_MODULES = re.compile(rf"module\.{_IDENTIFIER}{_KEY}(?:\.module\.{_IDENTIFIER}{_KEY})*")


def is_identifier(text: str) -> bool:
    """Whether ``text`` can be the type or the name of a resource."""
    return re.fullmatch(_IDENTIFIER, text) is not None


def format_key(key: Key) -> str:
    """``[0]``, ``["a"]`` or nothing."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _parse_key(text: str) -> Key:
    if not text:
        return None
    inner = text[1:-1]
    return int(inner) if inner.isdecimal() else str(json.loads(inner))


@dataclass(frozen=True)
class Address:
    """A resource (``key`` None and more than one instance) or one instance of it.

    ``module``: the module instance it is in; ``mode``: ``managed`` or ``data``; ``deposed``: tells an object that
    awaits its deletion, its successor made, from that successor.
    """

    type: str
    name: str
    key: Key = None
    mode: str = "managed"
    module: ModulePath = ()
    deposed: str = ""

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Addresses are keys of everything, so each is hashed but once."""
        return hash((self.type, self.name, self.key, self.mode, self.module, self.deposed))

    @cached_property
    def text(self) -> str:
        path = f"{format_module(self.module)}." if self.module else ""
        data = "data." if self.mode == "data" else ""
        deposed = f" (deposed {self.deposed})" if self.deposed else ""
        return f"{path}{data}{self.type}.{self.name}{format_key(self.key)}{deposed}"

    def __str__(self) -> str:
        return self.text

    def instance(self, key: Key) -> Address:
        return replace(self, key=key)

    @property
    def resource(self) -> Address:
        if self.key is None and not self.deposed:
            return self
        return Address(self.type, self.name, mode=self.mode, module=self.module)

    @property
    def within(self) -> Address:
        """The resource as its own module names it."""
        return self.resource if not self.module else Address(self.type, self.name, mode=self.mode)

    @property
    def everywhere(self) -> Address:
        """The resource, in all instances of its module."""
        return self.resource if not self.module else replace(self.resource, module=unkeyed(self.module))

    @property
    def current(self) -> Address:
        """The address without saying that its object is deposed."""
        return replace(self, deposed="") if self.deposed else self

    def inside(self, module: ModulePath) -> Address:
        """What ``module`` calls this, as the root names it."""
        return replace(self, module=(*module, *self.module)) if module else self

    @property
    def provider(self) -> str:
        """The name of the provider that owns the type: what stands before the first underscore."""
        return self.type.partition("_")[0]

    @cached_property
    def sort_key(self) -> tuple[object, ...]:
        """Orders modules before their content, and numeric keys by number."""
        modules = tuple((name, *_key_order(key)) for name, key in self.module)
        return (modules, self.mode, self.type, self.name, _key_order(self.key), self.deposed)


@dataclass(frozen=True, slots=True)
class ModuleAddress:
    """A module, or one instance of it, as something that can be moved or removed."""

    module: ModulePath

    def __str__(self) -> str:
        return format_module(self.module)

    def inside(self, module: ModulePath) -> ModuleAddress:
        return ModuleAddress((*module, *self.module))


Pointer = Address | ModuleAddress
"""What a user names on the command line: a resource, an instance, a module, an instance of that. Where keys are left
out, all instances are meant.
"""


def covering(address: Address) -> frozenset[Pointer]:
    """Whatever a person may name to mean the instance at ``address`` and perhaps others: itself, its resource, the
    modules around it.
    """
    modules = [address.module[:steps] for steps in range(1, len(address.module) + 1)]
    return frozenset(
        [
            *(address, address.current, address.resource),
            *map(ModuleAddress, modules),
            *(ModuleAddress((*path[:-1], *unkeyed(path[-1:]))) for path in modules),
        ]
    )


def relocated(address: Address, source: Pointer, target: Pointer, base: ModulePath = ()) -> Address | None:
    """Where ``address`` goes when ``source`` moves to ``target``, both as the module ``base`` names them; None when it
    stays. What names no key at both ends moves with all of its instances, which keep their keys.
    """
    inner = address.module[len(base) :]
    whole = _last_key(source) is None and _last_key(target) is None
    if isinstance(source, Address) and isinstance(target, Address):
        if (source.within, source.module, source.type) != (address.within, inner, target.type):
            return None
        if not whole and address.key != source.key:
            return None
        key = address.key if whole else target.key
        return replace(target, key=key, module=(*base, *target.module), deposed=address.deposed)
    if isinstance(source, Address) or isinstance(target, Address):
        return None
    steps = len(source.module)
    matched, rest = inner[:steps], inner[steps:]
    if matched[:-1] != source.module[:-1] or unkeyed(matched) != unkeyed(source.module):
        return None
    if not (whole or matched[-1] == source.module[-1]):
        return None
    name, key = target.module[-1]
    last = (name, matched[-1][1] if whole else key)
    return replace(address, module=(*base, *target.module[:-1], last, *rest))


def _last_key(target: Pointer) -> Key:
    return target.key if isinstance(target, Address) else target.module[-1][1]


def format_module(module: ModulePath) -> str:
    return ".".join(f"module.{name}{format_key(key)}" for name, key in module)


def unkeyed(module: ModulePath) -> ModulePath:
    """All instances of the module that ``module`` is one of."""
    return tuple((name, None) for name, _ in module)


def static_path(module: ModulePath) -> StaticPath:
    return tuple(name for name, _ in module)


def _key_order(key: Key) -> tuple[int, int, str]:
    if key is None:
        return (0, 0, "")
    return (1, key, "") if isinstance(key, int) else (2, 0, key)


def parse_address(text: str) -> Address | None:
    """The address that ``text`` spells, or None."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    module, data, type_, name, key, deposed = match.groups()
    try:
        steps = tuple((step, _parse_key(step_key)) for step, step_key in _MODULE.findall(module))
        return Address(type_, name, _parse_key(key), "data" if data else "managed", steps, deposed or "")
    except ValueError:
        return None


def parse_pointer(text: str) -> Pointer | None:
    """The resource, the module, or the instance of one, that ``text`` spells, or None."""
    module = _MODULES.fullmatch(text)
    if module is None:
        return parse_address(text)
    try:
        return ModuleAddress(tuple((step, _parse_key(key)) for step, key in _MODULE.findall(f"{text}.")))
    except ValueError:
        return None
