"""A folder with the command line in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.cli.app import run

from .command import Command, Said


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Command:
    """The command line, in this process: environment variables are given by name."""
    monkeypatch.chdir(tmp_path)

    def said(*arguments: str, **environment: str) -> Said:
        with monkeypatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            capfd.readouterr()
            with pytest.raises(SystemExit) as ended:
                run(list(arguments))
            return Said(int(ended.value.code or 0), *capfd.readouterr())

    return said
