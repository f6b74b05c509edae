"""A configuration with a backend, and the command at work on it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from kvmplan_sdk.values import Object

from ..cli.kvmplan_command import Said, kvmplan


@dataclass
class Project:
    directory: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, backend: str = "", values: Object | None = None, *, names: str = "a") -> None:
        """``names``: of the resources, a letter each."""
        arguments = "".join(f"    {name} = {_text(value)}\n" for name, value in (values or {}).items())
        settings = f'kvmplan {{\n  backend "{backend}" {{\n{arguments}  }}\n}}\n' if backend else ""
        resources = "".join(f'resource "terraform_data" "{name}" {{}}\n' for name in names)
        (self.directory / "main.kvm.hcl").write_text(settings + resources)

    def __call__(self, *arguments: str, stdin: str = "", fails: str = "") -> Said:
        """Run the command. ``fails``: the summary of the error that it must end with."""
        said = kvmplan(*arguments, cwd=self.directory, stdin=stdin, **self.environment)
        if fails:
            assert f"Error: {fails}\n" in said.stderr, said
            assert said.status == 1
        else:
            assert said.status == 0, said
        return said

    def listed(self) -> list[str]:
        return self("state", "list").stdout.split()


def _text(value: object) -> str:
    return json.dumps(value) if isinstance(value, str | bool) else str(value)
