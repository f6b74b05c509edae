"""What every host does, asked of the local one and of one behind a real sshd."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvmplan.hosts import LocalHost, SshHost
from kvmplan_sdk import HostError

AnyHost = LocalHost | SshHost


def test_input_output_and_status(host: AnyHost) -> None:
    done = host.run(["sh", "-c", "cat; echo oops >&2; exit 3"], input=b"\x00data")
    assert (done.status, done.stdout, done.stderr) == (3, b"\x00data", b"oops\n")
    assert done.argv[0] == "sh"


def test_a_status_of_255_is_the_commands_own(host: AnyHost) -> None:
    assert host.run(["sh", "-c", "exit 255"]).status == 255


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=4))
def test_arguments_arrive_as_they_are(host: AnyHost, arguments: list[str]) -> None:
    done = host.run(["printf", "%s\\0", *arguments])
    assert done.stdout == b"".join(argument.encode() + b"\0" for argument in arguments or [""])


def test_a_missing_command_is_named(host: AnyHost) -> None:
    with pytest.raises(HostError, match=r"kvmplan-no-such-tool: No such file"):
        host.run(["kvmplan-no-such-tool"])


def test_a_command_that_takes_too_long_is_killed_with_its_children(host: AnyHost, tmp_path: Path) -> None:
    child = tmp_path / "child"
    for seconds in (1, 20):
        with pytest.raises(HostError, match=f"within {seconds} seconds"):
            host.run(["sh", "-c", f"sleep 300 & echo $! >{child}; wait"], timeout=seconds)
        if child.exists() and child.read_text():  # or it was too slow to begin
            break
    assert _gone(int(child.read_text()))


def _gone(process: int) -> bool:
    for _ in range(1200):
        status = Path(f"/proc/{process}/stat")
        if not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def test_files(host: AnyHost, tmp_path: Path) -> None:
    path = tmp_path / "it's $HOME.yaml"
    assert host.read_file(str(path)) is None
    for data in (b"one\n", b"\x00\xff" * 100_000, b""):
        host.write_file(str(path), data, 0o640)
        assert host.read_file(str(path)) == data
    assert path.stat().st_mode & 0o7777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
    host.remove_file(str(path))
    host.remove_file(str(path))
    assert not path.exists()


def test_a_failed_write_leaves_nothing(host: AnyHost, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(HostError, match="Cannot write"):
        host.write_file(str(tmp_path / "taken"), b"data")
    with pytest.raises(HostError, match="No such file"):
        host.write_file(str(tmp_path / "no" / "where"), b"data")
    assert list(tmp_path.iterdir()) == [tmp_path / "taken"]


def test_what_cannot_be_read_is_not_missing(host: AnyHost, tmp_path: Path) -> None:
    with pytest.raises(HostError, match=r"Cannot read .* on"):
        host.read_file(str(tmp_path))


def test_facts(host: AnyHost) -> None:
    facts = host.facts()
    assert facts.uid == os.getuid()
    assert facts.kernel == os.uname().release
    assert (facts.tools["ip"] or "").endswith("/ip")
    assert host.facts() is facts


def test_sockets_reach_the_service(host: AnyHost, greeter: str, greeting: Callable[[str], bytes]) -> None:
    assert greeting(host.local_socket(greeter)) == b"hello"
