"""Where a state is kept: a local file, with the state before the last run beside it as ``.backup``."""

from __future__ import annotations

from pathlib import Path

from kvmplan.state.document import dump_state, load_state
from kvmplan.state.files import read_bytes, write_durably
from kvmplan.state.model import State

DEFAULT_NAME = "kvmplan.state.json"


class StateFile:
    """The state at ``path``. The first `save` of a run copies what was there to the backup."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._backed_up = False

    @property
    def backup(self) -> Path:
        return self.path.with_name(f"{self.path.name}.backup")

    def load(self) -> State | None:
        data = read_bytes(self.path)
        return None if data is None else load_state(data, str(self.path))

    def save(self, state: State) -> None:
        if not self._backed_up:
            before = read_bytes(self.path)
            if before is not None:
                write_durably(self.backup, before)
            self._backed_up = True
        write_durably(self.path, dump_state(state))
