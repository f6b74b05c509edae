"""Parsed files that are kept: found again by their text, parsed anew when anything changed, never trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan import cache
from kvmplan.syntax import kept, kept_configuration, packing, parse_configuration

from .trees import flat

TEXT = 'resource "a" "b" {\n  c = "é${var.d}"\n}\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kvmplan"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed."""
    found: list[str] = []

    def parse(text: str, filename: str) -> object:
        found.append(text)
        return parse_configuration(text, filename)

    monkeypatch.setattr(kept, "parse_configuration", parse)
    return found


def trees(folder: Path) -> list[Path]:
    return sorted(folder.glob("tree-*"))


@pytest.mark.parametrize("text", [TEXT, "\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), ""])
def test_a_file_is_parsed_once(folder: Path, parsed: list[str], text: str) -> None:
    first, _ = kept_configuration(text, "x")
    again, problems = kept_configuration(text, "y")
    assert parsed == [text]
    assert not problems
    assert again.range.filename == "y"
    fresh, _ = parse_configuration(text, "x")
    assert flat(first) == flat(fresh)
    assert flat(again) == flat(parse_configuration(text, "y")[0])


def test_a_changed_file_is_parsed_anew(folder: Path, parsed: list[str]) -> None:
    kept_configuration(TEXT, "x")
    changed = TEXT.replace("var.d", "var.e")
    assert flat(kept_configuration(changed, "x")[0]) == flat(parse_configuration(changed, "x")[0])
    assert parsed == [TEXT, changed]
    assert len(trees(folder)) == 2


def test_a_file_with_mistakes_is_parsed_each_time(folder: Path, parsed: list[str]) -> None:
    text = "a = \nb = 1\n"
    body, problems = kept_configuration(text, "x")
    again, same = kept_configuration(text, "x")
    assert parsed == [text, text]
    assert problems == same == parse_configuration(text, "x")[1]
    assert flat(body) == flat(again)
    assert not trees(folder)


def test_what_makes_the_tree_is_in_its_name(folder: Path, parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        kept_configuration(TEXT, "x")
        kept._maker.cache_clear()
    assert len(parsed) == 1
    monkeypatch.setattr(kept, "LAYOUT", b"other")
    kept_configuration(TEXT, "x")
    monkeypatch.undo()
    kept._maker.cache_clear()
    assert len(parsed) == 2


def test_an_entry_that_is_undamaged_but_no_tree_is_a_miss(folder: Path, parsed: list[str]) -> None:
    kept_configuration(TEXT, "x")
    name = trees(folder)[0].name.removeprefix("tree-")
    for data in (b"", b"[[],0,0]\n", packing.pack(parse_configuration(TEXT * 2, "x")[0])):
        cache.store("tree", name, data)
        assert flat(kept_configuration(TEXT, "x")[0]) == flat(parse_configuration(TEXT, "x")[0])
    assert parsed == [TEXT] * 4


def test_a_tree_too_deep_to_pack_is_parsed_each_time(folder: Path, parsed: list[str]) -> None:
    text = f"a = {'(' * 900}1{')' * 900}\n"
    for _ in range(2):
        assert not kept_configuration(text, "x")[1]
    assert len(parsed) == 2 - len(trees(folder))
