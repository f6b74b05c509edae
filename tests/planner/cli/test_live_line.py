"""The line at the bottom of a terminal, on a real pseudo-terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

from .kvmplan_command import environment

ERASE = "\r\x1b[2K"


def shown(project: Path, width: int, **more: str) -> str:
    """Everything that an apply writes to a terminal; the object that is slow goes on when a line says that it is."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "apply", "--auto-approve"],
        cwd=project,
        env=environment(**{"TERM": "xterm", **more}),
        stdin=slave,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    written = b""
    while True:
        try:
            part = os.read(master, 4096)
        except OSError:
            break
        if not part:
            break
        written += part
        if b"of 2 done" in written or (more and b"Creating..." in written):
            (project / "go").touch()
    os.close(master)
    assert process.wait(60) == 0
    return written.decode().replace("\r\n", "\n")


def world(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'resource "toy_thing" "with_a_rather_long_name" {\n  name = "a"\n}\n'
        'resource "toy_thing" "b" {\n  name   = "b"\n  parent = toy_thing.with_a_rather_long_name.id\n}\n'
    )
    slow = [{"address": "toy_thing.with_a_rather_long_name", "when": "slow"}]
    (project / "world.json").write_text(json.dumps({"faults": slow}))


def test_it_says_what_is_done_and_goes(tmp_path: Path) -> None:
    world(tmp_path)
    text = shown(tmp_path, 100)
    assert re.search(r"0 of 2 done, \d+s · toy_thing\.with_a_rather_long_name: creating, \d+s", text)
    left = re.sub(r"[^\n]*\r\x1b\[2K", "", text)
    assert "of 2 done" not in left, "it is erased before anything else is printed"
    assert "Apply complete! Resources: 2 added" in re.sub(r"\x1b\[[0-9;]*m", "", left)


def test_it_keeps_to_the_width(tmp_path: Path) -> None:
    world(tmp_path)
    text = shown(tmp_path, 40)
    drawn = [part.split("\n")[0] for part in text.split(ERASE)[1:]]
    drawn = [line for line in drawn if "of 2 done" in line]
    assert drawn
    assert all(len(line) < 40 for line in drawn)


def test_a_terminal_that_cannot_move_its_cursor_has_none(tmp_path: Path) -> None:
    world(tmp_path)
    text = shown(tmp_path, 100, TERM="dumb", NO_COLOR="1")
    assert "\x1b" not in text
    assert "toy_thing.b: Creation complete" in text
