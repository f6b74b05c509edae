from __future__ import annotations

import pytest

from kvmplan.hosts import LocalHost, SshHost, open_host
from kvmplan.hosts.address import SshAddress, parse_address
from kvmplan_sdk import DiagnosticError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("local", None),
        ("ssh://kvm1", SshAddress("kvm1")),
        ("ssh://root@kvm1/", SshAddress("kvm1", "root")),
        ("ssh://root@kvm_1.example:2222", SshAddress("kvm_1.example", "root", 2222)),
        ("ssh://[fe80::1%eth0]:22", SshAddress("fe80::1%eth0", None, 22)),
    ],
)
def test_addresses(text: str, expected: SshAddress | None) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "kvm1",
        "http://kvm1",
        "ssh://",
        "ssh://-oProxyCommand=touch",
        "ssh://-root@kvm1",
        "ssh://root:secret@kvm1",
        "ssh://kvm1:0",
        "ssh://kvm1:70000",
        "ssh://kvm1/path",
        "ssh://kvm 1",
        "ssh://kvm1\n",
    ],
)
def test_what_is_no_address_says_what_is(text: str) -> None:
    with pytest.raises(DiagnosticError, match="ssh://user@host:port"):
        open_host("kvm1", text)


def test_the_kind_of_host_follows_the_address() -> None:
    assert isinstance(open_host("local", "local"), LocalHost)
    remote = open_host("a", "ssh://root@[fd00::1]:2222")
    assert isinstance(remote, SshHost)
    assert remote.address == "ssh://root@[fd00::1]:2222"
