"""Asking a web server, again where no answer can be had: connections that fail, and answers that say so themselves."""

from __future__ import annotations

import base64
import http.client
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import IO

from kvmplan_sdk.diagnostics import DiagnosticError, error

_SECONDS = 60
_AGAIN = frozenset({429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Empty where there is none. ``ca``, ``certificate`` and ``key`` in PEM; ``verify``: the server's certificate."""

    username: str = ""
    password: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    reason: str
    body: bytes
    address: str


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would turn a write into a read."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


class Client:
    """``tries``: how often to ask at most; ``pause``: seconds before the second time, and at most, doubling."""

    def __init__(
        self, credentials: Credentials, *, headers: Mapping[str, str], tries: int, pause: tuple[float, float]
    ) -> None:
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=_context(credentials)), _NoRedirects()
        )
        self._headers = dict(headers)
        if credentials.username:
            pair = f"{credentials.username}:{credentials.password}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        self._tries = tries
        self._pause = pause

    def ask(
        self, method: str, address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Whatever the server answers. Raises `DiagnosticError` when there is no answer."""
        pause, most = self._pause
        for left in reversed(range(self._tries)):
            try:
                answer = self._ask(method, address, body, {**self._headers, **(headers or {})})
                if answer.status not in _AGAIN or not left:
                    return answer
            except (OSError, http.client.HTTPException) as problem:
                if not left or _is_certificate(problem):
                    raise _unreachable(address, problem) from problem
            time.sleep(min(pause, most))
            pause *= 2
        raise AssertionError("asked at least once")

    def _ask(self, method: str, address: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        request = urllib.request.Request(address, data=body, headers=dict(headers), method=method)  # noqa: S310
        try:
            with self._opener.open(request, timeout=_SECONDS) as response:
                return Answer(response.status, response.reason, response.read(), address)
        except urllib.error.HTTPError as problem:
            with problem:
                return Answer(problem.code, str(problem.reason), problem.read(), address)


def _context(credentials: Credentials) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=credentials.ca or None)
        if not credentials.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if credentials.certificate:
            _load(context, credentials)
    except (ssl.SSLError, ValueError) as problem:
        raise DiagnosticError(
            error("Certificate or key cannot be read", f"{problem}. They are given in PEM, whole, with their headers.")
        ) from problem
    return context


def _load(context: ssl.SSLContext, credentials: Credentials) -> None:
    with tempfile.TemporaryDirectory() as folder:  # its owner's alone; the library reads from files only
        certificate, key = Path(folder) / "certificate", Path(folder) / "key"
        certificate.write_text(credentials.certificate)
        key.write_text(credentials.key)
        context.load_cert_chain(certificate, key)


def _is_certificate(problem: Exception) -> bool:
    return isinstance(getattr(problem, "reason", problem), ssl.SSLCertVerificationError)


def _unreachable(address: str, problem: Exception) -> DiagnosticError:
    host = urllib.request.Request(address).host.rpartition("@")[2]  # noqa: S310
    why = getattr(problem, "reason", None) or problem
    return DiagnosticError(
        error("The server of the state cannot be reached", f"{host}: {why}. Check the address, and whether it is up.")
    )


__all__ = ["Answer", "Client", "Credentials"]
