"""The backend ``pg``: states in a PostgreSQL database, locked by advisory locks.

The table of states is as Terraform has it: ``states(id, name, data)`` in a schema, a workspace a row. An advisory lock
belongs to a connection, so the server lets go of it when its holder dies. It knows no more of the holder than that, so
who it is stands in ``locks(name, id, info)``, which counts only while the advisory lock is held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, LiteralString

from kvmplan_sdk import hookimpl
from kvmplan_sdk.backend import Backend, ChangedError, HeldError, LockInfo, Storage, Stored
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.schema import BOOL, STRING, Attribute, ObjectSchema
from kvmplan_sdk.values import Object

if TYPE_CHECKING:
    import psycopg


class PgStorage(Storage):
    """``connect``: the connection string; ``schema``: of the tables; ``make``: what of it to make."""

    def __init__(self, connect: str, schema: str, *, make: frozenset[str]) -> None:
        self._connect = connect
        self._schema = schema
        self._make = make
        self._connection: psycopg.Connection[Any] | None = None
        self._held: dict[str, LockInfo] = {}

    def place(self, workspace: str) -> str:
        from psycopg.conninfo import conninfo_to_dict

        parts = conninfo_to_dict(self._connect)
        return f"{parts.get('host') or 'localhost'}/{parts.get('dbname') or ''} {self._schema}.states {workspace}"

    def earlier(self, workspace: str) -> str:
        return "Earlier states are in the backups of the database."

    def read(self, workspace: str) -> Stored | None:
        row = self._run("SELECT data, md5(data) FROM {states} WHERE name = %s", workspace).fetchone()
        return None if row is None or row[0] is None else Stored(row[0].encode(), row[1])

    def write(self, workspace: str, data: bytes, over: Stored | None) -> str:
        text = data.decode()
        if over is None:
            query = (
                "INSERT INTO {states} (name, data) VALUES (%s, %s) "
                "ON CONFLICT (name) DO UPDATE SET data = EXCLUDED.data WHERE {states}.data IS NULL RETURNING md5(data)"
            )
            done = self._run(query, workspace, text)
        else:
            query = "UPDATE {states} SET data = %s WHERE name = %s AND md5(data) = %s RETURNING md5(data)"
            done = self._run(query, text, workspace, over.version)
        row = done.fetchone()
        return str(row[0]) if row is not None else self._ours_after_all(workspace, data)

    def delete(self, workspace: str) -> None:
        self._run("DELETE FROM {states} WHERE name = %s", workspace)

    def workspaces(self) -> Sequence[str]:
        return [name for (name,) in self._run("SELECT name FROM {states} WHERE data IS NOT NULL ORDER BY name")]

    def lock(self, workspace: str, info: LockInfo) -> None:
        if not self._try(workspace):
            raise HeldError(self._note(workspace))
        self._run(
            "INSERT INTO {locks} (name, id, info) VALUES (%s, %s, %s) "
            "ON CONFLICT (name) DO UPDATE SET id = EXCLUDED.id, info = EXCLUDED.info",
            workspace,
            info.id,
            info.to_json().decode(),
        )
        self._held[workspace] = info

    def unlock(self, workspace: str, id: str) -> None:  # noqa: A002
        if workspace in self._held:
            del self._held[workspace]
            self._run("DELETE FROM {locks} WHERE name = %s AND id = %s", workspace, id)
            row = self._run("SELECT pg_advisory_unlock(%s)", self._key(workspace)).fetchone()
            if row is None or not row[0]:
                raise HeldError(self._note(workspace))
            return
        holder = self.holder(workspace)
        if holder is not None and holder.id not in ("", id):
            raise HeldError(holder)
        self._end_holder(workspace)

    def holder(self, workspace: str) -> LockInfo | None:
        if workspace in self._held:
            return self._held[workspace]
        if not self._try(workspace):
            return self._note(workspace) or LockInfo(id="")
        self._run("SELECT pg_advisory_unlock(%s)", self._key(workspace))
        return None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _end_holder(self, workspace: str) -> None:
        """The lock goes with the connection that holds it."""
        self._run(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND objsubid = 1 "
            "AND ((classid::bigint << 32) | objid::bigint) = %s AND pid <> pg_backend_pid()",
            self._key(workspace),
        )
        self._run("DELETE FROM {locks} WHERE name = %s", workspace)

    def _try(self, workspace: str) -> bool:
        row = self._run("SELECT pg_try_advisory_lock(%s)", self._key(workspace)).fetchone()
        return bool(row and row[0])

    def _note(self, workspace: str) -> LockInfo | None:
        row = self._run("SELECT info FROM {locks} WHERE name = %s", workspace).fetchone()
        return LockInfo.from_json(row[0]) if row else None

    def _ours_after_all(self, workspace: str, data: bytes) -> str:
        """The version of what is there, if it is ``data``: the connection broke after it was written."""
        found = self.read(workspace)
        if found is None or found.data != data:
            raise ChangedError
        return found.version

    def _key(self, workspace: str) -> int:
        digest = hashlib.sha256(f"{self._schema}.{workspace}".encode()).digest()
        return int.from_bytes(digest[:8], signed=True)

    def _run(self, query: LiteralString, *values: object) -> psycopg.Cursor[Any]:
        """Asked once more where the connection broke: no query does harm when it is done twice."""
        import psycopg
        from psycopg import sql

        names = {name: sql.Identifier(self._schema, name) for name in ("states", "locks")}
        written = sql.SQL(query).format(**names)
        try:
            try:
                return self._connected().execute(written, values)
            except psycopg.OperationalError:
                self.close()
                return self._connected().execute(written, values)
        except psycopg.OperationalError as problem:
            self.close()
            raise _failed(problem, "Check the server, and run again.") from problem
        except psycopg.Error as problem:
            raise _failed(problem, "Check that the role may use the schema and its tables.") from problem

    def _connected(self) -> psycopg.Connection[Any]:
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._connect, autocommit=True, keepalives_idle=30, keepalives_interval=10, keepalives_count=3
            )
            # So that the server, too, knows within a minute that our machine is gone: then the lock is free.
            self._connection.execute("SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10")
            self._prepare(self._connection)
            self._lock_again(self._connection)
        return self._connection

    def _lock_again(self, connection: psycopg.Connection[Any]) -> None:
        """The locks went with the connection that is gone. What is stored is as it was, or a write finds out."""
        for workspace in self._held:
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (self._key(workspace),)).fetchone()
            if row is None or not row[0]:
                self.close()
                raise DiagnosticError(
                    error(
                        "The lock was lost",
                        "The connection to the database broke, and somebody else holds the lock by now. Plan again.",
                    )
                )

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        from psycopg import sql

        schema = sql.Identifier(self._schema)
        for what, there, statements in _LAYOUT:
            if what in self._make and connection.execute(there, {"schema": self._schema}).fetchone() is None:
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._key(""),))
                    for statement in statements:
                        connection.execute(sql.SQL(statement).format(schema=schema))


_LAYOUT: Sequence[tuple[str, LiteralString, Sequence[LiteralString]]] = (
    (
        "schema",
        "SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s",
        ("CREATE SCHEMA IF NOT EXISTS {schema}",),
    ),
    (
        "tables",
        "SELECT 1 FROM pg_tables WHERE schemaname = %(schema)s AND tablename = 'locks'",
        (
            "CREATE TABLE IF NOT EXISTS {schema}.states (id bigserial PRIMARY KEY, name text UNIQUE, data text)",
            "CREATE TABLE IF NOT EXISTS {schema}.locks (name text PRIMARY KEY, id text NOT NULL, info text NOT NULL)",
        ),
    ),
)
"""What to make, how to see that it is there, and how to make it."""


def _failed(problem: Exception, advice: str) -> DiagnosticError:
    said = " ".join(str(problem).split()).rstrip(".")
    return DiagnosticError(error("The database of the state says no", f"{said}. {advice}"))


class PgBackend(Backend):
    name = "pg"
    schema = ObjectSchema(
        doc="A PostgreSQL database.",
        attributes={
            "conn_str": Attribute(
                type=STRING,
                default="",
                sensitive=True,
                doc="How to connect: postgres://user:password@server/database. What it leaves out, PG* variables say.",
            ),
            "schema_name": Attribute(type=STRING, default="kvmplan_state", doc="The schema of the tables."),
            "skip_schema_creation": Attribute(
                type=BOOL, default=False, doc="The schema is there already: the role may not make one."
            ),
            "skip_table_creation": Attribute(
                type=BOOL, default=False, doc="The tables are there already: the role may not make any."
            ),
        },
    )
    environment = {  # noqa: RUF012 - never changed
        "conn_str": ("KVMPLAN_PG_CONN_STR",),
        "schema_name": ("KVMPLAN_PG_SCHEMA_NAME",),
        "skip_schema_creation": ("KVMPLAN_PG_SKIP_SCHEMA_CREATION",),
        "skip_table_creation": ("KVMPLAN_PG_SKIP_TABLE_CREATION",),
    }

    def open(self, configuration: Object, directory: str) -> PgStorage:
        _check_driver(str(configuration["conn_str"]))
        skipped = {
            "schema": configuration["skip_schema_creation"],
            "tables": configuration["skip_table_creation"],
        }
        make = frozenset(what for what, skip in skipped.items() if not skip)
        return PgStorage(str(configuration["conn_str"]), str(configuration["schema_name"]), make=make)


def _check_driver(connect: str) -> None:
    """Raises `DiagnosticError` when the driver is not there, or cannot read the connection string."""
    try:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict
    except ImportError as problem:
        raise DiagnosticError(
            error(
                "The driver for PostgreSQL is not installed",
                f"The backend \"pg\" needs psycopg ({problem}). Install it beside kvmplan: pip install 'kvmplan[pg]'",
            )
        ) from problem
    try:
        conninfo_to_dict(connect)
    except psycopg.ProgrammingError as problem:
        raise DiagnosticError(
            error(
                "Invalid connection string",
                f"{' '.join(str(problem).split())}. Write postgres://user:password@server/database.",
            )
        ) from None


@hookimpl
def kvmplan_backend() -> Backend:
    return PgBackend()
