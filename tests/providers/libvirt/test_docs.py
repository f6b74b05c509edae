"""The documentation's tables are those of the code, and tell what was measured of it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from kvmplan_libvirt.kinds import KINDS
from kvmplan_libvirt.update_table import Measured, measured_of, update_rows, update_table

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "providers" / "libvirt.md"
MATRIX = ROOT / "tests" / "lab" / "update_matrix"
MEASURED: dict[str, Measured] = json.loads((MATRIX / "measured.json").read_text())
"""Written by tests/lab/test_update_matrix.py with ``KVMPLAN_RECORD`` set."""


@pytest.mark.parametrize("type_", KINDS)
def test_the_update_table_is_in_the_page(type_: str) -> None:
    found = re.search(rf"<!-- update table: {type_} -->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == update_table(KINDS[type_].node, MEASURED.get(type_))


@pytest.mark.parametrize("type_", MEASURED)
def test_every_attribute_has_a_case_in_the_matrix(type_: str) -> None:
    """One that lacks it is added to the kind's file there, and then measured."""
    cases = tomllib.loads((MATRIX / f"{type_.removeprefix('libvirt_')}.toml").read_text())["change"]
    attributes = [row.attribute for row in update_rows(KINDS[type_].node)]
    assert [name for name in attributes if measured_of(name, dict.fromkeys(cases, (None, ""))) is None] == []
    assert sorted(cases) == sorted(MEASURED[type_])


@pytest.mark.parametrize("type_", MEASURED)
def test_the_table_says_what_was_measured(type_: str) -> None:
    for row in update_rows(KINDS[type_].node):
        level, _ = measured_of(row.attribute, MEASURED[type_]) or (None, "")
        ways = [way for way in (row.mechanism, row.mechanism.before) if way is not None]
        assert level is None or level in {str(way.level) for way in ways}, row.attribute
