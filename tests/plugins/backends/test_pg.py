"""What only the backend ``pg`` does: locks that go with connections, tables, what the database says."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from kvmplan.state.locking import Locking, locked, our_information
from kvmplan_backends.pg import PgStorage
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.backend import HeldError

ALL = frozenset({"schema", "tables"})


def opened(postgres: str, schema: str) -> PgStorage:
    return PgStorage(postgres, schema, make=ALL)


def end_connections(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


def test_a_lock_is_forced_open_by_ending_its_holder(postgres: str) -> None:
    one, other = opened(postgres, "forced"), opened(postgres, "forced")
    info = our_information("apply", "")
    one.lock("default", info)
    other.unlock("default", info.id)
    with locked(other, "default", "plan", Locking(timeout=120)):
        for _attempt in range(2):
            with pytest.raises(DiagnosticError) as lost:
                one.write("default", b"1", None)
            assert lost.value.diagnostics[0].summary == "The lock was lost"
    assert other.read("default") is None


def test_a_connection_that_breaks_is_made_again_with_its_lock(postgres: str) -> None:
    one = opened(postgres, "broken")
    one.lock("default", our_information("apply", ""))
    end_connections(postgres)
    one.write("default", b"1", None)
    with pytest.raises(HeldError):
        opened(postgres, "broken").lock("default", our_information("plan", ""))


def test_the_table_is_as_terraform_has_it(postgres: str) -> None:
    opened(postgres, "layout").write("dev", b"{}", None)
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT id, name, data FROM layout.states").fetchall() == [(1, "dev", "{}")]


def test_a_role_that_may_make_nothing_is_told_what_is_missing(postgres: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        PgStorage(postgres, "nowhere", make=frozenset()).read("default")
    assert 'relation "nowhere.states" does not exist' in refused.value.diagnostics[0].detail


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as refused:
        PgStorage(f"host={tmp_path} dbname=x password=s3cr3t", "s", make=ALL).read("default")
    (problem,) = refused.value.diagnostics
    assert "connection to server" in problem.detail.lower() or "connection failed" in problem.detail.lower()
    assert "s3cr3t" not in problem.detail
