"""One line of a stream."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address, format_module
from kvmplan.review import versions
from kvmplan.review.redaction import Redaction
from kvmplan.state.values_json import encode_value
from kvmplan_sdk.values import Object, Path

Line = Mapping[str, Any]


def line(kind: str, message: str, *, level: str = "info", **content: Any) -> Line:
    """``kind``: the line's type; ``message``: what people would be told."""
    return {"@level": level, "@message": message, "@module": "terraform.ui", "type": kind, **content}


def encoded(one: Line, moment: datetime) -> str:
    """The text of a line, its end included."""
    return json.dumps({**one, "@timestamp": moment.isoformat()}, ensure_ascii=False, default=encode_value) + "\n"


def version_line() -> Line:
    return line(
        "version",
        f"kvmplan {__version__}",
        terraform=versions.TERRAFORM,
        ui=versions.STREAM,
        kvmplan_version=__version__,
    )


def resource_json(address: Address) -> dict[str, Any]:
    within = Address(address.type, address.name, address.key, address.mode)
    return {
        "addr": str(address.current),
        "module": format_module(address.module),
        "resource": str(within),
        "implied_provider": address.provider,
        "resource_type": address.type,
        "resource_name": address.name,
        "resource_key": address.key,
    }


def identity_json(values: Object, hidden: Iterable[Path], redaction: Redaction) -> dict[str, Any]:
    """By what people know an object: its ``id``, else its ``name``. ``hidden``: what of ``values`` is sensitive."""
    secret = {path[0] for path in hidden if path}
    for name in ("id", "name"):
        value = values.get(name)
        if isinstance(value, str) and value and name not in secret and not redaction.hides(value):
            return {"id_key": name, "id_value": value}
    return {}


def named(hook: Mapping[str, Any]) -> str:
    """What stands behind a message about an object that has an identity."""
    return f" [{hook['id_key']}={hook['id_value']}]" if "id_key" in hook else ""
