"""``fmt`` on files: what it changes, lists and refuses, by exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from kvmplan.cli.fmt import fmt

UGLY, PRETTY = "# kept\na=1\n\nbcd  = 2\n", "# kept\na = 1\n\nbcd = 2\n"

app = typer.Typer()
app.command()(fmt)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.kvm.hcl", "v.auto.kvmvars.hcl", "other.hcl", "sub/b.kvm.hcl"):
        (tmp_path / name).write_text(UGLY)
    return tmp_path


def run(*arguments: str, stdin: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(app, list(arguments), input=stdin)
    return done.exit_code, done.stdout


def test_files_of_the_folder(folder: Path) -> None:
    assert run() == (0, "a.kvm.hcl\nv.auto.kvmvars.hcl\n")
    assert (folder / "a.kvm.hcl").read_text() == PRETTY
    assert (folder / "other.hcl").read_text() == UGLY
    assert (folder / "sub" / "b.kvm.hcl").read_text() == UGLY
    assert run() == (0, "")


def test_check_changes_nothing(folder: Path) -> None:
    status, said = run("--check", "--diff", "--recursive")
    assert status == 3
    assert "sub/b.kvm.hcl" in said
    assert "-a=1\n+a = 1\n" in said
    assert (folder / "a.kvm.hcl").read_text() == UGLY


def test_syntax_errors(folder: Path) -> None:
    (folder / "a.kvm.hcl").write_text("a = [1 2]\n")
    assert run() == (2, "v.auto.kvmvars.hcl\n")
    assert (folder / "a.kvm.hcl").read_text() == "a = [1 2]\n"


def test_standard_input() -> None:
    assert run("-", stdin=UGLY) == (0, PRETTY)
    assert run("-", "--check", stdin=UGLY) == (3, "")
    assert run("-", "--check", stdin=PRETTY) == (0, "")


def test_what_cannot_be_formatted_is_told_and_the_rest_is_formatted(folder: Path) -> None:
    (folder / "c.kvm.json").write_text("{}")
    assert run("missing", "c.kvm.json", "a.kvm.hcl") == (2, "a.kvm.hcl\n")
    assert (folder / "a.kvm.hcl").read_text() == PRETTY
    assert (folder / "c.kvm.json").read_text() == "{}"


def test_bytes_that_are_no_text_are_not_touched(folder: Path) -> None:
    (folder / "a.kvm.hcl").write_bytes(b'a="\xff"\n')
    assert run("a.kvm.hcl") == (2, "")
    assert (folder / "a.kvm.hcl").read_bytes() == b'a="\xff"\n'
    done = CliRunner().invoke(app, ["-"], input=b'a="\xff"\n')
    assert (done.exit_code, done.stdout) == (2, "")


def test_line_ends_and_the_byte_order_mark(folder: Path) -> None:
    (folder / "a.kvm.hcl").write_bytes(b"\xef\xbb\xbfa=1\r\nb = 2\r\n")
    assert run("a.kvm.hcl") == (0, "a.kvm.hcl\n")
    assert (folder / "a.kvm.hcl").read_bytes() == b"a = 1\r\nb = 2\r\n"
