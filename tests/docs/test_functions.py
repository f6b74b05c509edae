"""The reference of expressions and functions is complete, and every example in it prints what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kvmplan.cli.planning import given
from kvmplan.console import Console, answer_text, open_console
from kvmplan.lang import FUNCTIONS, Function, Param
from kvmplan.plugins import Plugins
from kvmplan.provider_functions import ProviderFunctions
from kvmplan.review.diagnostic_text import diagnostics_text
from kvmplan_sdk.types import ANY

from .pages import ANYTHING, DOCS, Asked, asked, fences, is_as_printed

INDEX = DOCS / "functions" / "README.md"
PAGES = sorted(set(DOCS.glob("functions/*.md")) - {INDEX})
FILES = DOCS / "functions" / "files"
EXPRESSIONS = DOCS / "expressions.md"
PROVIDERS = sorted(DOCS.glob("providers/*.md"))
SHARED_PAGES = {"lists": "collection", "sets": "collection", "maps": "collection", "hash and crypto": "hash_crypto"}
VARYING = {"abspath", "base64gzip", "bcrypt", "pathexpand", "plantimestamp", "timestamp", "uuid"}
"""Functions whose results differ from call to call or machine to machine: `ANYTHING` may stand in their examples."""


def examples(page: Path) -> Iterator[tuple[str, Asked]]:
    """What is asked in console fences, by place; where commands are run, it is typed to these."""
    for fence in fences(page):
        if fence.language == "console" and not fence.text.startswith("$ "):
            yield from ((f"{page.name}:{one.line}", one) for one in asked(fence, "> "))


def sections(page: Path) -> dict[str, str]:
    """The text under each heading of the second level."""
    parts = re.split(r"^## (.+)\n", page.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def page_of(function: Function) -> Path:
    return DOCS / "functions" / f"{SHARED_PAGES.get(function.family, function.family)}.md"


def signature(function: Function) -> str:
    params = [_typed(param) for param in function.params]
    if function.variadic:
        params.append(f"{_typed(function.variadic)}...")
    result = "" if callable(function.returns) or function.returns == ANY else f" → {function.returns}"
    return f"`{function.name}({', '.join(params)}){result}`"


def _typed(param: Param) -> str:
    return param.name if param.type == ANY else f"{param.name}: {param.type}"


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(FILES)
        opened = open_console(Path(), given(None, None), None)
        assert not opened.prepared.failed
        yield opened


def printed(console: Console, expression: str) -> str:
    """What the command prints: the value, or the errors without the line they are on and blank lines."""
    answer = console.ask(expression)
    if not answer.failed:
        return f"{answer_text(answer)}\n"
    said = diagnostics_text([replace(one, source=None) for one in answer.diagnostics], {})
    return said.lstrip("\n").replace("\n\n", "\n")


@pytest.mark.parametrize(
    "example",
    [pytest.param(one, id=place) for page in (*PAGES, INDEX, EXPRESSIONS, *PROVIDERS) for place, one in examples(page)],
)
def test_examples_print_what_they_say(example: Asked, console: Console) -> None:
    found = printed(console, example.typed)
    if ANYTHING not in example.printed:
        assert found == example.printed
        return
    assert any(f"{name}(" in example.typed for name in VARYING)
    assert is_as_printed(example.printed, found)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_every_function_has_a_heading_its_signature_prose_and_an_example(function: Function) -> None:
    text = sections(page_of(function)).get(function.name)
    assert text is not None, f"{page_of(function)} has no heading ## {function.name}"
    first, prose = text.strip().split("\n\n")[:2]
    assert first == signature(function)
    assert not prose.startswith("```")
    assert re.search(rf"^> .*\b{function.name}\(", text, re.MULTILINE)


@pytest.mark.parametrize("page", [page for page in PROVIDERS if "-" not in page.stem], ids=lambda page: page.stem)
def test_every_function_of_a_provider_is_on_its_page_with_an_example(page: Path) -> None:
    plugins, text = Plugins(), page.read_text()
    functions = ProviderFunctions(plugins)
    for name in plugins.provider(page.stem).schema.functions:
        function = functions.find(f"provider::{page.stem}::{name}")
        assert isinstance(function, Function)
        assert f"\n{signature(function)}\n" in text
        assert f"\n> {function.name}(" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_tell_of_functions_there_are_in_alphabetical_order(page: Path) -> None:
    names = list(sections(page))
    assert names == sorted(name for name, function in FUNCTIONS.items() if page_of(function) == page)


def test_the_index_leads_to_every_function_in_alphabetical_order() -> None:
    rows = re.findall(r"^\| \[`(\w+)`\]\((\S+)\) \| \S", INDEX.read_text(), re.MULTILINE)
    assert rows == [(name, f"{page_of(FUNCTIONS[name]).name}#{name}") for name in sorted(FUNCTIONS)]


def test_configurations_in_the_text_are_those_the_examples_are_asked_in() -> None:
    configuration = (FILES / "main.kvm.hcl").read_text()
    shown = re.findall(r"^```hcl\n(.*?)^```$", EXPRESSIONS.read_text(), re.MULTILINE | re.DOTALL)
    assert shown
    assert [block for block in shown if block not in configuration] == []


def test_the_template_in_the_text_is_the_file() -> None:
    assert (FILES / "motd.tftpl").read_text() in (DOCS / "functions" / "filesystem.md").read_text()
