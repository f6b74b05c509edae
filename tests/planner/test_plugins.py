"""Plugins: found on the path, loaded when they are needed, and contained when they are broken."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kvmplan.plugins import Plugins
from kvmplan_sdk import DiagnosticError


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory on the path to install plugins into."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(directory: Path, name: str, code: str, *, distribution: str = "") -> None:
    distribution = distribution or f"kvmplan_{name}"
    module = f"{distribution.replace('-', '_')}_module_{abs(hash(directory)) % 10**8}"
    (directory / f"{module}.py").write_text(code)
    information = directory / f"{distribution}-2.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 2.0\n")
    (information / "entry_points.txt").write_text(f"[kvmplan]\n{name} = {module}\n")


def refused(name: str) -> tuple[str, str]:
    plugins = Plugins()
    said = []
    for _ in range(2):
        with pytest.raises(DiagnosticError) as problem:
            plugins.provider(name)
        said.append(problem.value.diagnostics)
    assert said[0] == said[1], "asked again it says the same"
    return said[0][0].summary, said[0][0].detail


def test_the_toy_provider_is_found_and_loaded_once() -> None:
    plugins = Plugins()
    assert {"toy", "libvirt", "netplan", "nftables"} <= set(plugins.names)
    assert plugins.provider("toy").name == "toy"
    assert plugins.provider("toy") is plugins.provider("toy")


def test_finding_plugins_loads_none(installed: Path) -> None:
    install(installed, "bang", "raise RuntimeError('loaded')")
    assert "bang" in Plugins().names


def test_a_provider_that_is_not_installed() -> None:
    summary, detail = refused("libvrt")
    assert summary == 'No provider "libvrt"'
    assert 'Did you mean "libvirt"?' in detail


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("raise RuntimeError('oops')", "RuntimeError: oops"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("this is no python", "SyntaxError"),
        ("x = 1", "has no hook kvmplan_provider"),
        ("from kvmplan_sdk import hookimpl\n@hookimpl\ndef kvmplan_provider():\n    return 5\n", "returned 5"),
        ("from kvmplan_sdk import hookimpl\n@hookimpl\ndef kvmplan_provider():\n    1 / 0\n", "ZeroDivisionError"),
        (
            "from kvmplan_sdk import hookimpl\nimport kvmplan_toy\n"
            "@hookimpl\ndef kvmplan_provider():\n    return kvmplan_toy.Toy()\n",
            "a Provider named 'broken'",
        ),
    ],
)
def test_a_broken_plugin_is_named_and_harms_nobody_else(installed: Path, code: str, told: str) -> None:
    install(installed, "broken", code)
    summary, detail = refused("broken")
    assert summary.startswith('Provider "broken" cannot be')
    assert told in detail
    assert "kvmplan_broken 2.0" in detail or "kvmplan-broken 2.0" in detail
    assert Plugins().provider("toy").name == "toy"


def test_two_plugins_of_one_name(installed: Path) -> None:
    install(installed, "twice", "x = 1", distribution="one")
    install(installed, "twice", "x = 2", distribution="other")
    summary, detail = refused("twice")
    assert summary == 'Two providers "twice"'
    assert "one 2.0 and other 2.0" in detail


def test_which_plugins_are_found_can_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KVMPLAN_LOAD_PLUGINS", "toy,nothing")
    assert Plugins().names == ("toy",)


def test_no_provider_is_imported_by_finding_them() -> None:
    before = set(sys.modules)
    Plugins()
    assert not {name for name in set(sys.modules) - before if name.startswith("kvmplan_")}
