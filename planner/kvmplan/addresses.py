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

_IDENTIFIER = r"[^\W\d][\w-]*"
_KEY = r'(?:\[(?:[0-9]+|"(?:[^"\\]|\\.)*")\])?'
_ADDRESS = re.compile(
    rf"((?:module\.{_IDENTIFIER}{_KEY}\.)*)(data\.)?(?!(?:module|data)\.)({_IDENTIFIER})\.({_IDENTIFIER})({_KEY})",
)
_MODULE = re.compile(rf"module\.({_IDENTIFIER})({_KEY})\.")


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

    ``module``: the calls from the root down, each a name and a key; ``mode``: ``managed`` or ``data``.
    """

    type: str
    name: str
    key: Key = None
    mode: str = "managed"
    module: tuple[tuple[str, Key], ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Addresses are keys of everything, so each is hashed but once."""
        return hash((self.type, self.name, self.key, self.mode, self.module))

    @cached_property
    def text(self) -> str:
        path = "".join(f"module.{name}{format_key(key)}." for name, key in self.module)
        data = "data." if self.mode == "data" else ""
        return f"{path}{data}{self.type}.{self.name}{format_key(self.key)}"

    def __str__(self) -> str:
        return self.text

    def instance(self, key: Key) -> Address:
        return replace(self, key=key)

    @property
    def resource(self) -> Address:
        return self if self.key is None else replace(self, key=None)

    @property
    def provider(self) -> str:
        """The name of the provider that owns the type: what stands before the first underscore."""
        return self.type.partition("_")[0]

    @cached_property
    def sort_key(self) -> tuple[object, ...]:
        """Orders modules before their content, and numeric keys by number."""
        modules = tuple((name, *_key_order(key)) for name, key in self.module)
        return (modules, self.mode, self.type, self.name, _key_order(self.key))


def _key_order(key: Key) -> tuple[int, int, str]:
    if key is None:
        return (0, 0, "")
    return (1, key, "") if isinstance(key, int) else (2, 0, key)


def parse_address(text: str) -> Address | None:
    """The address that ``text`` spells, or None."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return None
    module, data, type_, name, key = match.groups()
    try:
        steps = tuple((step, _parse_key(step_key)) for step, step_key in _MODULE.findall(module))
        return Address(type_, name, _parse_key(key), "data" if data else "managed", steps)
    except ValueError:
        return None
