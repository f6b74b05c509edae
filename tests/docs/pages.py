"""Reading documents: what stands in their fences, and the stories that configurations and commands in a row tell.

A heading, or a configuration without a file name, begins a story in an empty folder. A fence with a file name writes
that file, over one of that name; a console fence runs the commands behind ``$ `` there. Behind ``> `` is what is typed
to a command. Where no command follows, the configuration is valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), *ROOT.glob("planner/kvmplan/shipped/*/*.md")])
ANYTHING = "…"
"""In what is printed: whatever differs from run to run, be it several lines."""

_FENCE = re.compile(r'^```(\w*)(?: title="([^"\n]*)")?\n(.*?)^```$|^#+ [^\n]*$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Fence:
    """``section``: how many headings are above it."""

    language: str
    title: str
    text: str
    line: int
    section: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is typed behind a prompt, and what is printed below it."""

    line: int
    typed: str
    printed: str


@dataclass(frozen=True, slots=True)
class Step:
    """Files by name, and the commands that are run when they are written."""

    files: Mapping[str, str]
    commands: list[Asked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Story:
    page: Path
    line: int
    steps: list[Step] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def fences(page: Path) -> Iterator[Fence]:
    text, section = page.read_text(), 0
    for found in _FENCE.finditer(text):
        if found[3] is None:
            section += 1
        else:
            line = text[: found.start()].count("\n") + 1
            yield Fence(found[1], found[2] or "", found[3], line, section)


def sections(page: Path) -> dict[str, str]:
    """The text under each heading, by what links to it call it."""
    parts = re.split(r"^#+ (.+)\n", page.read_text(), flags=re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", title).lower().replace(" ", "-"): text
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def asked(fence: Fence, prompt: str) -> Iterator[Asked]:
    """What a fence has behind ``prompt``, each with the lines up to the next."""
    starts = [found.start() for found in re.finditer(rf"^{re.escape(prompt)}", fence.text, re.MULTILINE)]
    for start, end in pairwise([*starts, len(fence.text)]):
        typed, _, printed = fence.text[start + len(prompt) : end].partition("\n")
        yield Asked(fence.line + 1 + fence.text[:start].count("\n"), typed, printed)


def stories(page: Path) -> list[Story]:
    found: list[Story] = []
    section = None
    for fence in fences(page):
        is_file = bool(fence.title) or fence.language == "hcl"
        if is_file and (section != fence.section or not fence.title):
            found.append(Story(page, fence.line))
            section = fence.section
        if is_file:
            _write(found[-1], fence)
        elif section == fence.section and fence.language == "console":
            found[-1].steps[-1].commands.extend(asked(fence, "$ "))
    return found


def _write(story: Story, fence: Fence) -> None:
    """Files in a row, before any command, are written together."""
    files, name = {fence.title or "main.kvm.hcl": fence.text}, fence.title or "main.kvm.hcl"
    last = story.steps[-1] if story.steps else None
    if last is None or last.commands or name in last.files:
        story.steps.append(Step(files))
    else:
        story.steps[-1] = Step({**last.files, **files})


def is_as_printed(printed: str, found: str) -> bool:
    pattern = ".+".join(map(re.escape, printed.strip("\n").split(ANYTHING)))
    return re.fullmatch(pattern, found.strip("\n"), re.DOTALL) is not None
