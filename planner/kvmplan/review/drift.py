"""Drift by itself, as ``kvmplan drift`` shows it: as JSON, whose entries are those of a plan, and as text by host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from kvmplan import __version__
from kvmplan.addresses import Address
from kvmplan.plan.model import Drift
from kvmplan.review.plan_json import drift_json, shape_json
from kvmplan.review.plan_text import drift_lines, kind_of
from kvmplan.review.resource_text import shape_of
from kvmplan.review.style import PLAIN, Style
from kvmplan_sdk.schema import ObjectSchema

FORMAT_VERSION = "1.0"


def drift_document(
    drift: Iterable[Drift], ignored: Iterable[Address], schemas: Mapping[str, ObjectSchema]
) -> dict[str, Any]:
    """``resource_drift`` as in a plan, sorted by host; ``ignored``: the addresses of what was left out. ``schemas``: of
    the types in it.
    """
    found = sorted(drift, key=lambda one: (one.lane.host, one.address.sort_key))
    return {
        "format_version": FORMAT_VERSION,
        "kvmplan_version": __version__,
        "resource_drift": [drift_json(one) for one in found],
        "ignored": [str(address) for address in sorted(ignored, key=lambda one: one.sort_key)],
        "kvmplan_shapes": {name: shape_json(schema) for name, schema in sorted(schemas.items())},
    }


def drift_text(document: Mapping[str, Any], style: Style = PLAIN) -> str:
    return "\n".join(_lines(document, style)) + "\n"


def _lines(document: Mapping[str, Any], style: Style) -> Iterator[str]:
    entries, ignored = document["resource_drift"], len(document["ignored"])
    left = f", {ignored} ignored" if ignored else ""
    if not entries:
        yield style(f"No drift{left}.", "bold") + " What is on the hosts is as the state remembers it."
        return
    for host, members in groupby(entries, key=lambda entry: entry["kvmplan_host"]):
        yield style(f"Host {host}:", "bold")
        yield ""
        for entry in members:
            yield from drift_lines(
                {**entry, "kvmplan_host": "local"}, shape_of(entry, document["kvmplan_shapes"]), style
            )
            yield ""
    kinds = Counter(map(kind_of, entries))
    yield style("Drift:", "bold") + f" {kinds['update']} changed, {kinds['delete']} deleted{left}."
    yield ""
    yield "`kvmplan apply` makes the hosts what the configuration says; `kvmplan apply --refresh-only` makes the state"
    yield "what the hosts are."
