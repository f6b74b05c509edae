"""The function library, one module per family. What a function is and how it is called: `kvmplan.lang.function`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kvmplan.lang.function import Function
from kvmplan.lang.functions import (
    collection,
    conversion,
    datetime,
    encoding,
    filesystem,
    formatting,
    hash_crypto,
    lists,
    maps,
    network,
    numeric,
    sets,
    string,
)

_FAMILIES = {
    "numeric": numeric,
    "string": string,
    "formatting": formatting,
    "collection": collection,
    "lists": lists,
    "sets": sets,
    "maps": maps,
    "encoding": encoding,
    "filesystem": filesystem,
    "datetime": datetime,
    "hash and crypto": hash_crypto,
    "network": network,
    "conversion": conversion,
}

FUNCTIONS: Mapping[str, Function] = {
    name: replace(function, family=family)
    for family, module in _FAMILIES.items()
    for name, function in module.REGISTRY.items()
}
"""Every built-in function by name."""
