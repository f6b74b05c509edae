"""The reference of backends is complete: every backend has a page, every argument a row as its schema says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kvmplan.backends.finding import backend_names, find_backend
from kvmplan_sdk.schema import Attribute

from .pages import DOCS, sections

BACKENDS = DOCS / "backends"
INDEX = BACKENDS / "README.md"


def rows(page: Path) -> dict[str, tuple[str, str]]:
    """By argument: whether it is required or else its default, and its environment variable."""
    columns = sections(page)["arguments"].strip().split("\n\n")[0].splitlines()
    has_environment = "environment" in columns[0]
    found = {}
    for line in columns[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[-1], line
        found[cells[0].strip("`")] = (cells[1], cells[2].strip("`") if has_environment else "")
    return found


def default(attribute: Attribute) -> str:
    if attribute.required:
        return "required"
    return "optional" if attribute.default is None else f"`{json.dumps(attribute.default)}`"


@pytest.mark.parametrize("name", backend_names())
def test_the_page_of_a_backend_has_its_arguments_and_no_others(name: str) -> None:
    backend = find_backend(name)
    page = BACKENDS / f"{name}.md"
    assert page.read_text().startswith(f"# `{name}`\n")
    assert rows(page) == {
        argument: (default(attribute), next(iter(backend.environment.get(argument, ())), ""))
        for argument, attribute in backend.schema.attributes.items()
    }


def test_every_page_is_of_a_backend_and_in_the_index() -> None:
    pages = {page.stem for page in BACKENDS.glob("*.md")} - {INDEX.stem}
    assert pages == set(backend_names())
    assert set(re.findall(r"^\| \[\w+\]\((\S+)\.md\) \|", INDEX.read_text(), re.MULTILINE)) == pages
