"""The documents are executed: what they configure is valid, what they run prints what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from kvmplan.preparing import check
from kvmplan.syntax.format import format_configuration

from ..planner.cli.kvmplan_command import kvmplan
from .pages import DOCS, DOCUMENTS, ROOT, Asked, Story, fences, is_as_printed, sections, stories

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
STORIES = [
    pytest.param(story, id=story.place)
    for page in DOCUMENTS
    for story in stories(page)
    if "git.kvm.hcl" not in story.steps[0].files  # these need `kvmplan init`: test_modules.py
]


@pytest.mark.parametrize("story", STORIES)
def test_stories_come_true(story: Story, tmp_path: Path) -> None:
    for step in story.steps:
        for name, text in step.files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        if not step.commands or not story.page.is_relative_to(DOCS):
            _, diagnostics = check(tmp_path)
            assert not diagnostics
            continue
        for command in step.commands:
            _run(command, tmp_path)


def _run(command: Asked, directory: Path) -> None:
    """Environment variables may stand before the command, what is typed to it behind ``> ``."""
    words = shlex.split(command.typed)
    more = dict(word.split("=", 1) for word in words[: words.index("kvmplan")])
    typed = "".join(f"{line[2:]}\n" for line in command.printed.splitlines() if line.startswith("> "))
    printed = "".join(f"{line}\n" for line in command.printed.splitlines() if not line.startswith("> "))
    said = kvmplan(*words[len(more) + 1 :], cwd=directory, stdin=typed, **more)
    found = said.stdout + said.stderr
    assert is_as_printed(printed, found), f"line {command.line}, {command.typed}:\n{found}"
    assert (said.status == 1) == ("Error:" in printed)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_configurations_in_documents_are_canonical(document: Path) -> None:
    for fence in fences(document):
        if fence.language == "hcl":
            assert format_configuration(fence.text, f"{document.name}:{fence.line}") == (fence.text, [])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid(example: Path) -> None:
    _, diagnostics = check(example)
    assert not diagnostics


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target, heading in re.findall(r"\]\((?!https?://)([^)#]*)#?([^)]*)\)", document.read_text()):
        page = document.parent / target if target else document
        assert page.exists(), target
        assert not heading or heading in sections(page), f"{target}#{heading}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_named_in_documents_exist(document: Path) -> None:
    from kvmplan.cli.app import app

    known = {command.name for command in app.registered_commands} | {group.name for group in app.registered_groups}
    named = set(re.findall(r"`kvmplan ([a-z][a-z-]*)", document.read_text()))
    assert named <= known
