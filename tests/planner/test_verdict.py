"""Verdicts: a configuration in order is recalled as long as nothing has changed, and only then."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kvmplan import cache, verdict
from kvmplan.plugins import Plugins
from kvmplan.preparing import check

from .cli.kvmplan_command import environment, kvmplan

THING = 'resource "toy_thing" "a" {\n  name = "a"\n}\n'
TOY = Path(__file__).parent / "toy"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a configuration that is in order and a cache of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "main.kvm.hcl").write_text(THING)
    monkeypatch.chdir(folder)
    return folder


def recalled() -> bool:
    return verdict.recall(Path()) is not None


def test_a_configuration_in_order_is_recalled(project: Path) -> None:
    assert not recalled()
    sources, diagnostics = check(Path())
    assert diagnostics == []
    assert verdict.recall(Path()) == sources == {"main.kvm.hcl": THING}


CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "a file is changed": lambda folder, _: (folder / "main.kvm.hcl").write_text(THING + "\n"),
    "a file is added": lambda folder, _: (folder / "b.kvm.hcl").write_text(""),
    "a file is renamed": lambda folder, _: (folder / "main.kvm.hcl").rename(folder / "b.kvm.hcl"),
    "a file is removed": lambda folder, _: (folder / "main.kvm.hcl").unlink(),
    "a file cannot be read": lambda folder, _: (folder / "main.kvm.hcl").write_bytes(b"\xff"),
    "other plugins are found": lambda _, patch: patch.setenv("KVMPLAN_LOAD_PLUGINS", "libvirt"),
    "the search path is another": lambda folder, patch: patch.syspath_prepend(str(folder.parent)),
    "the directory is another": lambda folder, patch: patch.chdir(folder.parent),
    "the home directory is another": lambda folder, patch: patch.setenv("HOME", str(folder)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_is_checked_again(
    project: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path, pytest.MonkeyPatch], object]
) -> None:
    check(Path())
    assert recalled()
    change(project, monkeypatch)
    assert not recalled()


@pytest.mark.parametrize(
    "text",
    [
        THING.replace("name", "nmae"),
        'output "a" {\n  value = nothing.b\n}\n',
        'output "a" {\n  value = fileexists("x")\n}\n',
        'output "a" {\n  value = "${ templatefile("x", {}) }"\n}\n',
        'output "a" {\n  value = timestamp()\n}\n',
        'output "a" {\n  value = pathexpand("~")\n}\n',
    ],
)
def test_what_is_not_in_order_or_looks_elsewhere_is_checked_each_time(project: Path, text: str) -> None:
    (project / "main.kvm.hcl").write_text(text)
    check(Path())
    assert not recalled()


def test_a_function_of_files_in_json_is_seen_however_it_is_written(project: Path) -> None:
    for value, found in (("1 + 1", True), ('fileexists(\\"x\\")', False), ('f\\u0069leexists(\\"x\\")', False)):
        (project / "main.kvm.json").write_text(f'{{"output": {{"a": {{"value": "${{{value}}}"}}}}}}')
        assert check(Path())[1] == []
        assert recalled() is found


def test_installed_modules_are_checked_each_time(project: Path) -> None:
    verdict.remember(Path(), {"main.kvm.hcl": THING, ".kvmplan/modules/m/main.kvm.hcl": ""}, ())
    assert not recalled()


def test_a_configuration_in_a_hidden_folder_is_recalled(project: Path) -> None:
    hidden = project.parent / ".hidden"
    project.rename(hidden)
    check(hidden)
    assert verdict.recall(hidden) == {str(hidden / "main.kvm.hcl"): THING}


def test_modules_in_other_folders_count(project: Path) -> None:
    inner = project / "inner"
    inner.mkdir()
    (inner / "a.kvm.hcl").write_text("")
    sources = {"main.kvm.hcl": THING, "inner/a.kvm.hcl": ""}
    verdict.remember(Path(), sources, ())
    assert verdict.recall(Path()) == sources
    (inner / "a.kvm.hcl").write_text("\n")
    assert not recalled()


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"folders": 1, "packages": [], "digest": null}',
        b'{"folders": ["."], "packages": ["nowhere", "../x", ""], "digest": null}',
        b'{"folders": ["/nowhere"], "packages": [], "digest": ""}',
        b'{"folders": ["\\u0000"], "packages": [], "digest": ""}',
        b'{"folders": ["."], "packages": ["kvmplan"], "digest": "0"}',
        b'{"folders": ["."], "packages": ["json.nowhere"], "digest": null}',
    ],
)
def test_an_entry_that_says_something_else_is_a_miss(project: Path, said: bytes) -> None:
    cache.store("valid", verdict._name(Path()), said)
    assert not recalled()


def test_the_packages_of_the_providers_that_were_asked_are_known() -> None:
    plugins = Plugins()
    assert plugins.packages == frozenset()
    plugins.provider("toy")
    assert plugins.packages == {"kvmplan_toy"}


def test_a_provider_that_changed_is_asked_again(project: Path, tmp_path: Path) -> None:
    toy = shutil.copytree(TOY, tmp_path / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    ask = "import sys; from pathlib import Path; from kvmplan.verdict import recall; sys.exit(recall(Path()) is None)"
    given = environment()
    given["PYTHONPATH"] = given["PYTHONPATH"].replace(str(TOY), str(toy))

    def status(*arguments: str) -> int:
        return subprocess.run(
            [sys.executable, *arguments], env=given, check=False, stdout=subprocess.DEVNULL
        ).returncode

    validate = "import sys; from kvmplan.cli.app import run; run(['validate'])"
    assert status("-c", validate) == 0
    assert status("-c", ask) == 0
    with (toy / "kvmplan_toy" / "schema.py").open("a") as file:
        file.write("\nNOTHING = 0\n")
    assert status("-c", ask) == 1
    assert status("-c", validate) == 0
    assert status("-c", ask) == 0
    shutil.rmtree(toy)
    assert status("-c", ask) == 1


def test_the_command_says_the_same_and_loads_next_to_nothing(project: Path) -> None:
    first, second = (kvmplan("validate", cwd=project) for _ in range(2))
    assert first == second
    assert first.status == 0
    assert (
        kvmplan("validate", "--json", cwd=project).stdout
        == kvmplan("validate", "--json", cwd=project, KVMPLAN_NO_CACHE="1").stdout
    )
    code = "import sys\ntry:\n  from kvmplan.cli.app import run; run(['validate'])\nfinally:\n  print(*sys.modules)\n"
    outputs = [
        subprocess.run([sys.executable, "-c", code], env=environment(), check=False, capture_output=True, text=True)
        for _ in range(2)
    ]
    assert "kvmplan.preparing" in outputs[0].stdout.split()
    assert not {"kvmplan.preparing", "kvmplan.syntax", "kvmplan.lang", "networkx"} & set(outputs[1].stdout.split())


def test_a_cache_that_cannot_be_written_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert check(Path()) == ({"main.kvm.hcl": THING}, [])
    assert not recalled()
