"""The toy provider, installed for every test of the engine, and a workspace to plan and apply in."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from .workspace import Workspace

TOY = Path(__file__).parent / "toy"
if str(TOY) not in sys.path:
    sys.path.append(str(TOY))

# Commands that tests interrupt inherit this; a job in the background of a shell is deaf to interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path)
