"""What only the backend ``s3`` does: keys, credentials from outside, and servers that do not protect anything."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from kvmplan.state.locking import our_information
from kvmplan_sdk import DiagnosticError

from . import servers
from .conftest import Kind, s3_values


def made(server: str, **more: object) -> Kind:
    return Kind("s3", {**s3_values(server), **more}, Path())  # type: ignore[dict-item]


def test_where_objects_are(seaweed: str) -> None:
    storage = made(seaweed, key="/lan/state.json/", workspace_key_prefix="sites").open()
    assert storage.place("default") == "s3://states/lan/state.json"
    assert storage.place("dev") == "s3://states/sites/dev/lan/state.json"


def test_credentials_come_from_the_environment_or_a_profile(
    seaweed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = tmp_path / "credentials"
    shared.write_text(f"[lan]\naws_access_key_id = {servers.ACCESS}\naws_secret_access_key = {servers.SECRET}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(shared))
    nothing: dict[str, object] = {"access_key": None, "secret_key": None}
    assert made(seaweed, **nothing, profile="lan").open().read("default") is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", servers.ACCESS)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", servers.SECRET)
    assert made(seaweed, **nothing).open().read("default") is None
    with pytest.raises(DiagnosticError) as refused:
        made(seaweed, **nothing, profile="nobody").open()
    assert refused.value.diagnostics[0].summary == "The S3 client cannot be set up"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"secret_key": "wrong"}, "The secret key is another one."),
        ({"access_key": "nobody"}, "The server does not know these credentials."),
        ({"endpoint": "http://127.0.0.1:1", "max_retries": 1}, "Check endpoint, region and credentials."),
    ],
)
def test_what_is_wrong_is_said(seaweed: str, wrong: dict[str, object], says: str) -> None:
    with pytest.raises(DiagnosticError) as refused:
        made(seaweed, **wrong).open().read("default")
    (problem,) = refused.value.diagnostics
    assert problem.summary.startswith("Cannot read s3://states/")
    assert says in problem.detail


class _Careless(BaseHTTPRequestHandler):
    """A stand-in for a server that takes no notice of conditions: it answers yes to everything."""

    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(200)

    def do_DELETE(self) -> None:
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("ETag", '"c4ca4238a0b923820dcc509a6f75849b"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.fixture
def careless() -> Iterator[str]:
    with servers.Server(("127.0.0.1", 0), _Careless) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_without_conditional_writes_is_refused(careless: str) -> None:
    storage = made(careless).open()
    for use in (
        lambda: storage.write("default", b"1", None),
        lambda: storage.lock("default", our_information("apply", "")),
    ):
        with pytest.raises(DiagnosticError) as refused:
            use()
        assert refused.value.diagnostics[0].summary == "The server knows no conditional writes"
