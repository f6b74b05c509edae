"""What cannot work in one NIC by itself is told when it is planned. The cases are in ``refused.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from kvmplan_libvirt.interface.check import check
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.interface.plan import complete
from kvmplan_sdk import UNKNOWN, Object, Value
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.values import format_path

CASES = tomllib.loads((Path(__file__).parent / "refused.toml").read_text())["case"]


def told(written: Object, version: int = 9_000_000) -> list[str]:
    schema = INTERFACE.schema()
    configured = configure(schema, {"domain": "test", **written})
    values = complete(propose(schema, configured, None), configured, None, ("host", "libvirt_interface.x"))
    found = check(values, configured, version)
    return [f"{format_path(item.path)}: {item.summary}" if item.path else item.summary for item in found]


@pytest.mark.parametrize("case", CASES, ids=[case["what"] for case in CASES])
def test_what_cannot_work_is_told(case: dict[str, Any]) -> None:
    assert told(case["written"], case.get("version", 9_000_000)) == case["told"]


@pytest.mark.parametrize("name", ["network", "bridge", "direct", "hostdev", "user"])
def test_a_source_that_is_not_known_yet_is_one(name: str) -> None:
    value: Value = UNKNOWN
    assert told({name: value}) == []
