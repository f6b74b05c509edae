"""The reference of blocks is complete: every block has a page, every argument a row in it, and nothing else has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kvmplan.config.shape import READINGS, TOP_LEVEL, Shape
from kvmplan.plan.dynamic import SHAPE as DYNAMIC

from .pages import DOCS, fences, sections

BLOCKS = DOCS / "blocks"
INDEX = BLOCKS / "README.md"
SHAPES = {**TOP_LEVEL, "dynamic": DYNAMIC}
OTHER_PAGES = {"meta-arguments", "conditions"}
COUNTS = {"at most one", "exactly one", "at least one", "any number"}


@dataclass(frozen=True, slots=True)
class Row:
    """``link``: the page and the heading where a nested block is described."""

    name: str
    link: str
    count: str


def rows(page: Path, heading: str) -> Iterator[Row]:
    """The table of arguments under the heading that a link names so."""
    table = re.search(r"^\| argument \| \|.*\n(?:\|.*\n)+", sections(page)[heading], re.MULTILINE)
    for line in (table[0] if table else "").splitlines()[2:]:
        found = re.match(r"\| (?:\[`(\w+)`\]\((\S+)\)|`(\w+)`) \| ([a-z ]+) \| \S.* \| \S.* \|$", line)
        assert found, f"{page.name}: {line}"
        yield Row(found[1] or found[3], found[2] or "", found[4])


def check_table(page: Path, heading: str, shape: Shape) -> None:
    """The table has what ``shape`` has, and the links of nested blocks lead to tables that have what these have."""
    found = list(rows(page, heading))
    assert [row.name for row in found] == list(dict.fromkeys(row.name for row in found))
    assert {row.name for row in found if row.count == "required"} == shape.required
    assert {row.name for row in found if row.count == "optional"} == shape.optional
    assert {row.name for row in found if row.count in COUNTS} == shape.blocks.keys()
    for row in found:
        if row.name in shape.blocks:
            target, _, inner = row.link.partition("#")
            check_table(page.parent / target if target else page, inner, shape.blocks[row.name])


@pytest.mark.parametrize("block", SHAPES)
def test_the_page_of_a_block_has_its_arguments_and_no_others(block: str) -> None:
    page = BLOCKS / f"{block}.md"
    assert page.read_text().startswith(f"# `{block}`\n")
    check_table(page, "arguments", SHAPES[block])


@pytest.mark.parametrize("block", SHAPES)
def test_the_page_of_a_block_has_an_example(block: str) -> None:
    assert any(f"{block} " in fence.text for fence in fences(BLOCKS / f"{block}.md") if fence.language == "hcl")


def test_every_page_is_of_a_block_and_in_the_index() -> None:
    pages = {page.stem for page in BLOCKS.glob("*.md")} - {INDEX.stem}
    assert pages == SHAPES.keys() | OTHER_PAGES
    assert set(re.findall(r"^\| \[[^\]]+\]\((\S+)\.md\) \|", INDEX.read_text(), re.MULTILINE)) == pages


def test_the_page_of_the_json_syntax_names_every_argument_that_is_read_in_its_own_way() -> None:
    rows = re.findall(r"^\| a string in (.*?) \|", (DOCS / "json.md").read_text(), re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == READINGS.keys()
