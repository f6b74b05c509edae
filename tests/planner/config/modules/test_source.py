"""Sources of modules: `sources.txt` has one a line, with what it means, or after an exclamation mark what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.config.modules.source import Git, parse_source, without_secrets
from kvmplan_sdk import DiagnosticError

CASES = [line.split(" -> ") for line in (Path(__file__).parent / "sources.txt").read_text().splitlines()]
VALID = [(text, meant) for text, meant in CASES if not meant.startswith("!")]
INVALID = [(text, meant[1:]) for text, meant in CASES if meant.startswith("!")]


@pytest.mark.parametrize(("text", "meant"), VALID)
def test_what_a_source_means(text: str, meant: str) -> None:
    assert str(parse_source(text)) == meant
    if "***" not in meant:
        assert parse_source(meant) == parse_source(text), "the canonical text means the same"


@pytest.mark.parametrize(("text", "told"), INVALID)
def test_what_is_no_source(text: str, told: str) -> None:
    with pytest.raises(DiagnosticError) as problem:
        parse_source(text)
    (found,) = problem.value.diagnostics
    assert found.summary == "Invalid module source"
    assert told in found.detail
    assert "secret" not in found.detail and "c2VjcmV0" not in found.detail


def test_git_gets_the_password_and_nobody_else() -> None:
    source = parse_source("git::https://me:s%40cret@git.example/net.git?ref=v1")
    assert isinstance(source, Git)
    assert source.url == "https://me:s%40cret@git.example/net.git"
    assert "cret" not in str(source)
    assert without_secrets(f"fatal: '{source.url}' not found") == "fatal: 'https://***@git.example/net.git' not found"


@given(st.text(max_size=40) | st.text(alphabet="git:/.@?=&%-~\\a0", max_size=30).map(lambda text: f"git::{text}"))
def test_any_text_is_a_source_or_told_about(text: str) -> None:
    try:
        source = parse_source(text)
    except DiagnosticError as problem:
        assert problem.diagnostics
        return
    if isinstance(source, Git):
        assert source.url.startswith(("https://", "ssh://", "file:///")) or source.url.startswith("file://localhost/")
        assert not source.ref.startswith("-")
