"""Plain values in JSON documents of our own: numbers exactly as far as readers of JSON have them, and typed values."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from kvmplan_sdk import types
from kvmplan_sdk.values import Typed

_TYPE, _VALUE = "kvmplan_type", "kvmplan_value"


def encode_value(value: object) -> object:
    """For ``json.dumps(default=...)``: whole numbers exactly, others as the nearest that every reader of JSON has."""
    if isinstance(value, Decimal):
        return float(value) if value != value.to_integral_value() else int(value)
    if isinstance(value, Typed):
        return {_TYPE: types.to_json(value.type), _VALUE: value.value}
    raise TypeError(f"{type(value).__name__} cannot be stored")


def load_values(text: str | bytes) -> Any:
    """What `encode_value` and ``json.dumps`` wrote. Raises `ValueError` when it is no JSON."""
    return json.loads(text, parse_float=Decimal, object_hook=_typed)


def _typed(entries: dict[str, Any]) -> Any:
    if entries.keys() == {_TYPE, _VALUE}:
        return Typed(entries[_VALUE], types.from_json(entries[_TYPE]))
    return entries
