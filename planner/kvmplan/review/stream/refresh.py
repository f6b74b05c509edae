"""A refresh as lines: what is looked for on the hosts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kvmplan.review.redaction import Redaction
from kvmplan.review.stream.line import Line, identity_json, line, named, resource_json
from kvmplan.state.model import Instance


def refresh_lines(kind: str, instances: Iterable[Instance], redaction: Redaction) -> Iterator[Line]:
    """``kind``: ``refresh_start`` or ``refresh_complete``."""
    words = {"refresh_start": "Refreshing state...", "refresh_complete": "Refresh complete"}[kind]
    for instance in instances:
        hook: dict[str, Any] = {
            "resource": resource_json(instance.address),
            **identity_json(instance.values, instance.sensitive, redaction),
            "kvmplan_host": instance.host,
            "kvmplan_provider": instance.provider,
        }
        yield line(kind, f"{instance.address}: {words}{named(hook)}", hook=hook)
