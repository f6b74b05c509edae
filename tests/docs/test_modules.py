"""The document of modules, where it needs git; and the modules that come with kvmplan, whose documents are complete."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kvmplan.config.loader import load_configuration

from ..planner.cli.kvmplan_command import kvmplan
from ..planner.config.modules.repository import Repository
from .pages import DOCS, ROOT, fences

PAGE = DOCS / "modules.md"
DOCUMENT = PAGE.read_text()
SHIPPED = ROOT / "planner" / "kvmplan" / "shipped"
SITE = 'variable "name" {\n  type = string\n}\n'


def _block(language: str, *, containing: str) -> str:
    (found,) = (one.text for one in fences(PAGE) if one.language == language and containing in one.text)
    return found


def test_a_module_from_git_is_fetched_and_recorded_as_the_document_has_it(tmp_path: Path) -> None:
    networks = Repository.make(tmp_path / "networks.git", {"site/main.kvm.hcl": SITE})
    networks.git("tag", "v1.2")
    config, work = tmp_path / "config", tmp_path / "work"
    config.write_text(f'[url "file://{tmp_path}/"]\n  insteadOf = https://git.example.org/\n')
    work.mkdir()
    (work / "main.kvm.hcl").write_text(_block("hcl", containing="git::"))
    said = kvmplan("init", cwd=work, GIT_CONFIG_GLOBAL=str(config))
    assert (said.status, said.stderr) == (0, "")
    told = _block("console", containing="kvmplan init").removeprefix("$ kvmplan init\n")
    assert said.stdout.startswith(told)
    record = json.loads(_block("json", containing='"Modules"'))
    made = json.loads((work / ".kvmplan" / "modules" / "modules.json").read_text())
    assert made["Modules"][1]["Commit"] == networks.git("rev-parse", "HEAD")
    made["Modules"][1]["Commit"] = record["Modules"][1]["Commit"]
    assert made == record


@pytest.mark.parametrize("module", sorted(SHIPPED.iterdir()), ids=lambda path: path.name)
def test_a_shipped_module_is_documented(module: Path) -> None:
    configuration, diagnostics = load_configuration(module)
    assert diagnostics == []
    readme = (module / "README.md").read_text()
    told = set(re.findall(r"`(\w+)`", "\n".join(line for line in readme.splitlines() if line.startswith("| `"))))
    described = {name: variable.description for name, variable in configuration.variables.items()}
    described |= {name: output.description for name, output in configuration.outputs.items()}
    assert [name for name, description in described.items() if not description] == []
    assert described.keys() <= told
    assert f"kvmplan//{module.name}" in readme
    assert f"shipped/{module.name}/README.md" in DOCUMENT
