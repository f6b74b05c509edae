from __future__ import annotations

import pytest

from kvmplan_sdk import Completed, HostError
from kvmplan_sdk.testing.fake_host import Call, FakeHost, RecordingHost


def test_the_longest_beginning_of_a_command_answers() -> None:
    host = FakeHost(
        answers={
            ("nft",): b"any",
            ("nft", "list"): Completed(("nft", "list"), 1, b"", b"no"),
            ("cat",): lambda argv, data: data + argv[-1].encode(),
            ("down",): HostError("gone"),
        }
    )
    assert host.run(["nft", "-f", "-"]).stdout == b"any"
    assert host.run(["nft", "list", "ruleset"]).status == 1
    assert host.run(["cat", "-"], input=b"in").stdout == b"in-"
    with pytest.raises(HostError, match="gone"):
        host.run(["down"])
    with pytest.raises(AssertionError, match="no answer to"):
        host.run(["ip"])


def test_files_and_calls_are_kept() -> None:
    host = FakeHost(files={"/a": b"1"})
    host.write_file("/b", b"2", 0o640)
    host.remove_file("/a")
    assert host.read_file("/a") is None
    assert host.files == {"/b": b"2"}
    assert host.calls[0] == Call("write_file", ("/b", "640"), b"2")
    assert [call.method for call in host.calls] == ["write_file", "remove_file", "read_file"]


def test_a_host_dies_at_the_call_it_is_told_and_stays_dead() -> None:
    inner = FakeHost(files={"/a": b"1"})
    host = RecordingHost(inner, fail_at=1)
    assert host.read_file("/a") == b"1"
    for _ in range(2):
        with pytest.raises(HostError, match="cannot be reached"):
            host.write_file("/a", b"2")
    assert inner.files == {"/a": b"1"}
