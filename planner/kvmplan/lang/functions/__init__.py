"""The function library, one module per family. What a function is and how it is called: `kvmplan.lang.function`."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.lang.function import Function
from kvmplan.lang.functions import conversion

_FAMILIES = {"conversion": conversion}

FUNCTIONS: Mapping[str, Function] = {
    name: function for family in _FAMILIES.values() for name, function in family.REGISTRY.items()
}
"""Every built-in function by name."""
