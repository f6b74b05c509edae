"""The documents are executed: every configuration in them is valid, every link and every example holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kvmplan.run import check

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
SNIPPETS = [
    pytest.param(match.group(1), id=f"{path.relative_to(ROOT)}:{path.read_text()[: match.start()].count(chr(10)) + 1}")
    for path in DOCUMENTS
    for match in re.finditer(r"```hcl\n(.*?)```", path.read_text(), re.DOTALL)
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_configurations_in_documents_are_valid(snippet: str, tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(snippet)
    _, diagnostics = check(tmp_path)
    assert not diagnostics


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid(example: Path) -> None:
    _, diagnostics = check(example)
    assert not diagnostics


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", document.read_text())
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_named_in_documents_exist(document: Path) -> None:
    from kvmplan.cli.app import app

    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    named = set(re.findall(r"`kvmplan ([a-z-]+)", document.read_text()))
    assert named <= known
