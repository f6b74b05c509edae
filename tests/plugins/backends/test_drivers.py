"""A backend whose driver is not installed says what to install."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.values import Object

from .conftest import Kind


@pytest.mark.parametrize(
    ("name", "driver", "values"),
    [("pg", "psycopg", {}), ("s3", "boto3", {"bucket": "b", "key": "k"})],
)
def test_a_missing_driver(monkeypatch: pytest.MonkeyPatch, name: str, driver: str, values: Object) -> None:
    for module in [one for one in sys.modules if one.partition(".")[0] == driver]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, driver, None)
    with pytest.raises(DiagnosticError) as refused:
        Kind(name, values, Path()).open()
    assert f"pip install 'kvmplan[{name}]'" in refused.value.diagnostics[0].detail
