"""The documentation's tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kvmplan_libvirt.kinds import KINDS
from kvmplan_libvirt.update_table import update_table

PAGE = Path(__file__).parents[3] / "docs" / "providers" / "libvirt.md"


@pytest.mark.parametrize("type_", KINDS)
def test_the_update_table_is_in_the_page(type_: str) -> None:
    found = re.search(rf"<!-- update table: {type_} -->\n(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == update_table(KINDS[type_].node)
