"""Resources of many modules as one tree of modules, as Terraform's representations have them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kvmplan.addresses import ModulePath, format_module


def module_tree(resources: Iterable[tuple[ModulePath, dict[str, Any]]]) -> dict[str, Any]:
    """``{"resources": [...], "child_modules": [{"address", "resources", "child_modules"}]}``, empty parts left out; in
    the order given.
    """
    root: dict[str, Any] = {}
    found: dict[ModulePath, dict[str, Any]] = {(): root}
    for module, resource in resources:
        _module(module, found).setdefault("resources", []).append(resource)
    return root


def _module(module: ModulePath, found: dict[ModulePath, dict[str, Any]]) -> dict[str, Any]:
    if module not in found:
        found[module] = {"address": format_module(module)}
        _module(module[:-1], found).setdefault("child_modules", []).append(found[module])
    return found[module]
