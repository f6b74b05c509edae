"""Plans as comments: golden pages, and what holds for every plan whatever its names and size.

``cases/NAME.json`` is a plan of the toy world, ``NAME.md`` its page; ``KVMPLAN_WRITE_EXPECTED=1`` writes the pages.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.review.markdown import LIMIT, plan_markdown

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
UPDATE = json.loads((Path(__file__).parent / "cases" / "update.json").read_text())
CHANGES = [change for change in UPDATE["resource_changes"] if change["change"]["actions"] != ["no-op"]]
HOSTILE = st.text(st.sampled_from("ab|`<>&*_[]()\n\r\\~@#$!:\ue000-+ é"), min_size=1, max_size=20)


def page(document: dict[str, Any], **options: Any) -> str:
    return plan_markdown({"checks": [], **document}, **options)


def many(count: int, names: list[str], hosts: int = 1) -> dict[str, Any]:
    """``count`` changes of all kinds, with ``names`` in their addresses, on so many hosts."""
    changes = [
        {
            **CHANGES[number % len(CHANGES)],
            "address": f'toy_thing.x["{names[number % len(names)]}{number}"]',
            "kvmplan_host": f"{names[number % len(names)]}{number % hosts}",
        }
        for number in range(count)
    ]
    return {**UPDATE, "resource_changes": changes}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_pages_read_as_they_should(path: Path) -> None:
    text = page(json.loads(path.read_text()), digest="sha256:0123")
    expected = path.with_suffix(".md")
    if os.environ.get("KVMPLAN_WRITE_EXPECTED"):
        expected.write_text(text)
    assert text == expected.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_secret_is_shown(path: Path) -> None:
    shown = page(json.loads(path.read_text()))
    assert "k1" not in shown and "k2" not in shown
    if path.stem != "unsensitive":
        assert "s3cret" not in shown


@pytest.mark.parametrize(("count", "hosts"), [(1, 1), (60, 3), (1000, 1), (10_000, 1), (10_000, 5_000)])
def test_every_change_is_counted_and_the_page_fits(count: int, hosts: int) -> None:
    text = page(many(count, ["web"], hosts))
    assert len(text.encode()) < LIMIT
    assert told(text) == count


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.lists(HOSTILE, min_size=1, max_size=5), st.integers(1, 40), st.integers(6_000, 30_000))
def test_no_name_breaks_the_page(count: int, names: list[str], hosts: int, limit: int) -> None:
    text = page(many(count, names, hosts), limit=limit)
    assert len(text.encode()) < limit
    assert told(text) == count
    outside = re.sub(r"(?ms)^(`{3,})diff\n.*?\n\1$", "", text)
    for table in re.findall(r"(?m)(?:^\|.*\n)+", outside):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert outside.count("<details>") == outside.count("</details>")
    assert set(re.findall(r"</?\w+>", outside)) <= {
        *("<code>", "</code>", "<details>", "</details>", "<summary>", "</summary>")
    }
    assert "`" not in outside.replace("`kvmplan show PLAN`", "")


def told(text: str) -> int:
    """How many changes the page lists one by one, and counts as left out."""
    rows = len(re.findall(r"(?m)^\| (?:create|change|destroy|replace) \|", text))
    more = re.search(r"\*\*And ([\d,]+) more changes:\*\* (.*)\.", text)
    if more is None:
        return rows
    counted = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) (?:to|others)", more[2])]
    assert sum(counted) == int(more[1].replace(",", ""))
    return rows + sum(counted)


def test_a_longer_fence_holds_backticks() -> None:
    document = many(1, ["x"])
    change = document["resource_changes"][0] = json.loads(json.dumps(CHANGES[1]))
    change["change"]["before"]["name"] = "a\n````diff\n+ b"
    assert re.search(r"(?ms)^`{5,}diff$.*^`{5,}$", page(document))


def test_what_fails_comes_first() -> None:
    checks = [
        {
            "address": {"to_display": "check.lan"},
            "status": "fail",
            "instances": [
                {"address": {"to_display": "check.lan"}, "status": "fail", "problems": [{"message": "No *DHCP*."}]}
            ],
        }
    ]
    assert "**Check failed:** <code>check.lan</code>: No &#42;DHCP&#42;." in page({**UPDATE, "checks": checks})
