"""Commands in a guest, over a serial line of its own: no network of the guest's is needed, and none is disturbed."""

from __future__ import annotations

import base64
import secrets
import socket
import subprocess
import time

from kvmplan.lab.errors import LabError


def path(name: str) -> str:
    """The socket, in the host, of the guest's line."""
    return f"/var/log/kvmplan-lab/{name}.line"


def run(line: str, script: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """What ``script`` prints, run by the shell of the guest behind the socket ``line``; stderr is in stdout.

    One at a time for each guest. Raises LabError where no answer comes within ``timeout`` seconds.
    """
    token = secrets.token_hex(4)
    ask = f"\n{token} {base64.b64encode(script.encode()).decode()}\n"
    with socket.socket(socket.AF_UNIX) as wire:
        try:
            wire.connect(line)
            wire.sendall(ask.encode())
            status, _, said = _answer(wire, f"{token} ".encode(), time.monotonic() + timeout).partition(" ")
        except OSError as error:
            raise LabError(f"the guest does not answer on its line: {error}") from None
    printed = base64.b64decode(said).decode(errors="replace")
    return subprocess.CompletedProcess([script], int(status), printed, "")


def _answer(wire: socket.socket, begin: bytes, deadline: float) -> str:
    """The line that begins so, without its beginning; what an interrupted run has left unread goes before it."""
    heard = b""
    while True:
        *lines, heard = heard.split(b"\n")
        for line in lines:
            if line.startswith(begin):
                return line.removeprefix(begin).decode().strip()
        wire.settimeout(max(deadline - time.monotonic(), 0.001))
        more = wire.recv(65536)
        if not more:
            raise ConnectionError("it hung up")
        heard += more
