"""The store of a state on a server: what could not be stored is kept as long as it is needed, and never forced."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kvmplan.backends.opening import store_of
from kvmplan.state.model import new_state
from kvmplan.state.store import StateStore
from kvmplan_sdk import DiagnosticError

from ...plugins.backends.conftest import Kind, http_values
from ...plugins.backends.servers import GitLab

STATE = new_state("l")


@pytest.fixture
def kind(gitlab: GitLab, tmp_path: Path) -> Kind:
    return Kind("http", {**http_values(gitlab), "retry_max": 0}, tmp_path)


def opened(kind: Kind) -> StateStore:
    return store_of(kind.open(), str(kind.directory), "default", kind="http")


def test_what_is_stored_in_the_end_need_not_be_kept(kind: Kind, gitlab: GitLab) -> None:
    store, rescued = opened(kind), kind.directory / "errored.kvmplan.state.json"
    gitlab.fault_at_state = 500
    with pytest.raises(DiagnosticError):
        store.save(STATE)
    assert rescued.exists()
    store.save(STATE)
    assert not rescued.exists()


def test_what_another_run_could_not_store_stays(kind: Kind) -> None:
    rescued = kind.directory / "errored.kvmplan.state.json"
    rescued.write_text("{}")
    opened(kind).save(STATE)
    assert rescued.exists()


def test_what_somebody_else_stored_after_a_failure_is_left_alone(kind: Kind, gitlab: GitLab) -> None:
    store = opened(kind)
    store.save(STATE)
    gitlab.fault_at_state = 500
    with pytest.raises(DiagnosticError):
        store.save(replace(STATE, serial=1))
    (path,) = gitlab.states
    gitlab.states[path] += b"\n"
    for _attempt in range(2):
        with pytest.raises(DiagnosticError) as refused:
            store.save(replace(STATE, serial=1))
        assert refused.value.diagnostics[0].summary == "State was changed by somebody else"
