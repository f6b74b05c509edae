"""Reading a configuration: files, blocks, and everything that is wrong with them at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan import __version__
from kvmplan.addresses import Address
from kvmplan.config.blocks.required_version import is_met
from kvmplan.config.loader import load_configuration, parse_sources
from kvmplan.config.model import Configuration
from kvmplan_sdk import DiagnosticError


def parse(text: str) -> tuple[Configuration, list[str]]:
    configuration, problems = parse_sources({"main.kvm.hcl": text}, ".")
    return configuration, [problem.summary for problem in problems]


def test_the_files_of_a_directory_are_one_configuration(tmp_path: Path) -> None:
    (tmp_path / "b.kvm.hcl").write_text("locals {\n  b = local.a\n}\n")
    (tmp_path / "a.kvm.hcl").write_text("\ufefflocals {\n  a = 1\n}\n")
    (tmp_path / "other.hcl").write_text("this is not ours")
    configuration, problems = load_configuration(tmp_path)
    assert not problems
    assert set(configuration.locals) == {"a", "b"}
    assert list(configuration.sources) == [str(tmp_path / "a.kvm.hcl"), str(tmp_path / "b.kvm.hcl")]


@pytest.mark.parametrize("make", [lambda p: None, lambda p: (p / "x.kvm.hcl").write_bytes(b"\xff\xfe")])
def test_directories_without_a_configuration(tmp_path: Path, make: object) -> None:
    make(tmp_path)  # type: ignore[operator]
    with pytest.raises(DiagnosticError):
        load_configuration(tmp_path)
    with pytest.raises(DiagnosticError):
        load_configuration(tmp_path / "nowhere")


def test_meta_arguments_are_told_from_a_types_own() -> None:
    configuration, problems = parse(
        'resource "x_y" "a" {\n  for_each = {}\n  host = host.h\n  depends_on = [x_y.b]\n  own = 1\n'
        "  lifecycle {\n    prevent_destroy = true\n    ignore_changes = all\n  }\n  block {}\n}\n"
    )
    assert not problems
    resource = configuration.resources[Address("x_y", "a")]
    assert set(resource.body.attributes) == {"own"}
    assert [block.type for block in resource.body.blocks] == ["block"]
    assert resource.lifecycle.prevent_destroy and resource.lifecycle.ignore_all_changes
    assert [reference.text for reference in resource.depends_on] == ["x_y.b"]


@pytest.mark.parametrize(
    ("text", "summaries"),
    [
        ('resource "x_y" {}\n', ["Wrong number of labels"]),
        ('resource "x_y" "1a" {}\n', ["Invalid name"]),
        ('resource "x_y" "a b" {}\n', ["Invalid name"]),
        ('resource "x_y" "a·" {}\n', ["Invalid name"]),
        ('resource "x_y" "a" {\n  count = 1\n  for_each = {}\n}\n', ["Both count and for_each"]),
        ('resource "x_y" "a" {\n  depends_on = "x_y.b"\n}\n', ["Not a plain value"]),
        ('resource "x_y" "a" {\n  depends_on = ["x_y.b"]\n}\n', ["Not a reference"]),
        ('resource "x_y" "a" {\n  lifecycle {}\n  lifecycle {}\n}\n', ["Duplicate lifecycle block"]),
        ('resource "x_y" "a" {\n  lifecycle {\n    destroy = var.x\n  }\n}\n', ["Not a plain value"]),
        (
            'resource "x_y" "a" {\n  lifecycle {\n    prevent_destroy = x_y.b.on\n  }\n}\n',
            ["Invalid reference in prevent_destroy"],
        ),
        ('resource "x_y" "a" {\n  lifecycle {\n    prevent = true\n  }\n}\n', ["Unsupported argument"]),
        ("locals {\n  a = 1\n}\nlocals {\n  a = 2\n}\n", ["Duplicate local value"]),
        ("locals {\n  b {}\n}\n", ["Unsupported block type"]),
        ('output "o" {}\n', ["Missing argument"]),
        ('variable "v" {\n  sensitive = 1\n  typ = string\n}\n', ["Unsupported argument", "Not a plain value"]),
        ('variable "v" {\n  validation {\n    condition = true\n  }\n}\n', ["Missing argument"]),
        ('host "h" {}\n', ["Missing argument"]),
        ('kvmplan {\n  required_version = "> 99"\n}\n', ["Unsupported kvmplan version"]),
        ('kvmplan {\n  required_version = "newest"\n}\n', ["Invalid version constraint"]),
        ("kvmplan {\n  required_version = 1\n}\n", ["Not a plain value"]),
        ("a = 1\n", ["Unsupported argument"]),
        ("nothing {}\nresource {}\n", ["Unsupported block type", "Wrong number of labels"]),
    ],
)
def test_what_is_wrong_with_blocks(text: str, summaries: list[str]) -> None:
    assert parse(text)[1] == summaries


@pytest.mark.parametrize(
    ("constraints", "met"),
    [
        ("1.2.3", True),
        ("= 1.2.3", True),
        ("!= 1.2.3", False),
        (">= 1.2, < 2", True),
        ("> 1.2.3", False),
        ("~> 1.2", True),
        ("~> 1.2.0", True),
        ("~> 1.1.0", False),
        ("~> 2", False),
        ("<= 1.2.3", True),
        ("", None),
        ("> a", None),
        ("1.2.3.4", None),
    ],
)
def test_version_constraints(constraints: str, met: bool | None) -> None:
    assert is_met(constraints, "1.2.3") is met


def test_this_version_is_one_that_configurations_can_require() -> None:
    assert is_met(f">= {__version__}", __version__)
