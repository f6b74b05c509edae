"""The documents are executed: every configuration in them is valid, every link and every example holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kvmplan.run import check

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("planner/kvmplan/shipped/*/*.md")])
EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())


def _snippets(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Configurations in a document: the line, and texts by file name. Titled ones in a row go together."""
    text, end, files = path.read_text(), 0, dict[str, str]()
    for match in re.finditer(r'```(?:hcl|json)(?: title="([^"\n]*)")?\n(.*?)```\n', text, re.DOTALL):
        if match[0].startswith("```json\n"):
            continue
        if not (match[1] and files and not text[end : match.start()].strip() and match[1] not in files):
            files = {}
            yield text[: match.start()].count("\n") + 1, files
        files[match[1] or "main.kvm.hcl"] = match[2]
        end = match.end()


SNIPPETS = [
    pytest.param(files, id=f"{path.relative_to(ROOT)}:{line}")
    for path in DOCUMENTS
    for line, files in list(_snippets(path))
    if "git.kvm.hcl" not in files  # these need `kvmplan init`: test_modules.py
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_configurations_in_documents_are_valid(snippet: dict[str, str], tmp_path: Path) -> None:
    for name, text in snippet.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
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
