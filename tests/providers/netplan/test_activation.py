"""An activation that fails is taken back: on a host in memory whose kernel follows the file."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from kvmplan_netplan import NetplanProvider, activation
from kvmplan_netplan.schema import BRIDGE, FILE
from kvmplan_sdk import Completed, DiagnosticError, Known, Object, Operation, Step, Verb
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.fake_host import FakeHost

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
ADDRESS = "netplan_bridge.a"


class Kernel:
    """Has the bridge as long as nobody deletes it, from the activation on; ``failing``: activations yet to fail."""

    def __init__(self, *, failing: int, though_done: bool = False) -> None:
        self.failing = failing
        self.though_done = though_done
        self.links: list[str] = []
        self.host = FakeHost(
            answers={
                ("ip", "-j", "-d", "addr"): lambda *_: json.dumps([shown(name) for name in self.links]).encode(),
                ("ip", "link", "delete"): self.delete,
                ("networkctl", "list"): b"",
                ("netplan", "generate"): b"",
                ("netplan", "apply"): self.activate,
            }
        )

    def delete(self, argv: tuple[str, ...], _: bytes) -> bytes:
        self.links.remove(argv[3])
        return b""

    def activate(self, argv: tuple[str, ...], _: bytes) -> Completed:
        fails, self.failing = self.failing > 0, self.failing - 1
        if FILE in self.host.files and "br-a" not in self.links and (self.though_done or not fails):
            self.links.append("br-a")
        return Completed(argv, int(fails), b"", b"networkd is away" if fails else b"")


def shown(name: str) -> dict[str, Any]:
    info = {"info_kind": "bridge", "info_data": {"stp_state": 0}}
    return {"ifname": name, "mtu": 1500, "flags": ["UP"], "address": "52:54:00:00:00:01", "addr_info": []} | {
        "linkinfo": info
    }


def wanted(**written: Any) -> Object:
    return {**propose(BRIDGE, configure(BRIDGE, {"name": "br-a", **written}), None), "file": FILE}


def apply(kernel: Kernel, before: Object | None, after: Object | None) -> None:
    verb = Verb.DELETE if after is None else Verb.UPDATE if before else Verb.CREATE
    operation = Operation(verb=verb, address=ADDRESS, type="netplan_bridge", before=before, after=after)
    list(NetplanProvider().open(kernel.host, {}, LINEAGE).apply(Step(operations=(operation,), lineage=LINEAGE)))


def read(kernel: Kernel, **private: Any) -> Object | None:
    known = Known(address=ADDRESS, type="netplan_bridge", values=wanted(), private=private)
    (found,) = NetplanProvider().open(kernel.host, {}, LINEAGE).read([known])
    return found.values if found else None


@pytest.mark.parametrize("though_done", [False, True])
def test_nothing_is_left_of_a_bridge_that_failed(though_done: bool) -> None:
    kernel = Kernel(failing=1, though_done=though_done)
    with pytest.raises(DiagnosticError, match="networkd is away"):
        apply(kernel, None, wanted())
    assert (kernel.host.files, kernel.links) == ({}, [])


def test_who_writes_at_the_same_moment_as_a_daemon_reload_writes_again() -> None:
    kernel, lost = Kernel(failing=0), [1, 1]
    said = b"ERROR: cannot create file run/systemd/network/10-netplan-ens3: Failed to rename file: No such file"

    def generate(argv: tuple[str, ...], _: bytes) -> Completed:
        return Completed(argv, lost.pop(), b"", said) if lost else Completed(argv, 0, b"", b"")

    kernel.host.answers["netplan", "generate"] = generate
    apply(kernel, None, wanted())
    assert (kernel.links, lost) == (["br-a"], [])


@pytest.mark.parametrize(
    ("state", "written", "seconds"),
    [
        ("routable configured", {}, 0),
        ("routable configuring", {"dhcp4": True}, 0),
        ("no-carrier configuring", {}, activation.STUCK_AFTER),
        ("routable configuring", {}, activation.SETTLED_AFTER),
    ],
)
def test_how_long_networkd_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, state: str, written: Object, seconds: float
) -> None:
    """What may never be done is not waited for: DHCP, and an IPv6 address without a carrier."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept))
    kernel = Kernel(failing=0)
    kernel.host.answers["networkctl", "list"] = f"7 br-a bridge {state}\n".encode()
    apply(kernel, None, wanted(**written))
    assert seconds <= sum(slept) < seconds + 0.5


def test_an_update_and_a_delete_that_failed_leave_the_bridge_as_it_was() -> None:
    kernel = Kernel(failing=0)
    apply(kernel, None, wanted())
    files, found = dict(kernel.host.files), read(kernel)
    assert found == wanted()
    for after in (wanted(dhcp4=True), None):
        kernel.failing = 1
        with pytest.raises(DiagnosticError):
            apply(kernel, wanted(), after)
        assert (kernel.host.files, kernel.links, read(kernel)) == (files, ["br-a"], found)


def test_what_cannot_be_taken_back_is_said() -> None:
    with pytest.raises(DiagnosticError) as raised:
        apply(Kernel(failing=2), None, wanted())
    assert [one.summary for one in raised.value.diagnostics][1:] == ["The network is not as it was before"]


def test_a_bridge_without_a_file_is_ours_only_if_we_made_it() -> None:
    kernel = Kernel(failing=0)
    kernel.links.append("br-a")
    assert read(kernel) is None
    assert read(kernel, down=[]) == {**wanted(), "file": None}
