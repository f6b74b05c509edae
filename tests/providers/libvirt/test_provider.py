"""Opening libvirt, and what is told when something is missing, foreign or refused."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from enum import IntEnum, IntFlag
from pathlib import Path

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_libvirt import api, kvmplan_provider
from kvmplan_libvirt.connection import SOCKETS, TIMES
from kvmplan_libvirt.identity import bridge_name, derived_mac
from kvmplan_libvirt.provider import SCHEMA, LibvirtProvider
from kvmplan_sdk import Completed, DiagnosticError, FunctionError, Known, Object, Operation, Step, Verb
from kvmplan_sdk.proposing import configure
from kvmplan_sdk.testing.fake_host import FakeHost
from kvmplan_sdk.testing.functions import assert_declared_well, call
from kvmplan_sdk.validators import interface_name, mac_address

NETWORK: Object = {
    **configure(
        SCHEMA.resources["libvirt_network"], {"name": "lan", "mode": "isolated", "autostart": True, "active": True}
    ),
    "uuid": "2d6b7c1e-0000-4000-8000-000000000001",
    "mac": "52:54:00:00:00:01",
    "bridge": {"name": "virbr-lan", "stp": True, "delay": 0},
}


def operation(verb: Verb, values: Object, address: str = "libvirt_network.lan") -> Step:
    type_ = address.partition(".")[0]
    gone = verb is Verb.DELETE
    one = Operation(
        verb=verb, address=address, type=type_, before=values if gone else None, after=None if gone else values
    )
    return Step(operations=(one,), lineage=LINEAGE)


def test_the_hook_gives_the_provider() -> None:
    assert kvmplan_provider().name == "libvirt"


def test_the_numbers_are_libvirts() -> None:
    libvirt = pytest.importorskip("libvirt")
    named: list[tuple[str, type[IntEnum] | type[IntFlag]]] = [
        ("VIR_NETWORK_SECTION", api.Section),
        ("VIR_NETWORK_UPDATE_COMMAND", api.Command),
        ("VIR_NETWORK_UPDATE_AFFECT", api.Affect),
        ("VIR_DOMAIN_AFFECT", api.Affect),
        ("VIR_DOMAIN_METADATA", api.Label),
        ("VIR_DOMAIN_INTERFACE_ADDRESSES_SRC", api.AddressSource),
        ("VIR_ERR", api.Code),
    ]
    for prefix, kind in named:
        for member in kind:
            assert member == getattr(libvirt, f"{prefix}_{member.name}")
    assert api.FROM_RPC == libvirt.VIR_FROM_RPC
    assert api.XML_INACTIVE == libvirt.VIR_NETWORK_XML_INACTIVE
    assert api.DOMAIN_XML_INACTIVE == libvirt.VIR_DOMAIN_XML_INACTIVE
    assert api.METADATA_ELEMENT == libvirt.VIR_DOMAIN_METADATA_ELEMENT


def test_without_libvirt_python_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libvirt", None)
    with pytest.raises(DiagnosticError, match=r"kvmplan\[libvirt\].*libvirt-dev.*python3-libvirt"):
        LibvirtProvider().open(FakeHost(), {"uri": None}, LINEAGE)


def test_where_libvirt_does_not_run_it_says_what_to_start() -> None:
    pytest.importorskip("libvirt")
    host = FakeHost(answers={("test", "-S"): Completed((), 1, b"", b"")})
    with pytest.raises(DiagnosticError, match=r"libvirt is not running on .*systemctl enable --now libvirtd.socket"):
        LibvirtProvider().open(host, {"uri": None}, LINEAGE)


def test_where_daemons_are_split_the_hypervisors_socket_is_used() -> None:
    """It passes network calls on to virtnetworkd."""

    class Elsewhere(FakeHost):
        def local_socket(self, path: str) -> str:
            return f"/nonexistent{path}"

    libvirtd, virtqemud = SOCKETS
    host = Elsewhere(
        answers={
            ("test", "-S", libvirtd): Completed((), 1, b"", b""),
            ("test", "-S", virtqemud): Completed((), 0, b"", b""),
        }
    )
    pytest.importorskip("libvirt")
    with pytest.raises(DiagnosticError, match=r"socket=/nonexistent/run/libvirt/virtqemud-sock: "):
        LibvirtProvider().open(host, {"uri": None}, LINEAGE)


def test_a_socket_nobody_answers_is_told_with_libvirts_words() -> None:
    pytest.importorskip("libvirt")
    with pytest.raises(DiagnosticError, match=r"No such file or directory.*Start libvirt"):
        LibvirtProvider().open(FakeHost(), {"uri": "qemu+unix:///system?socket=/nonexistent/sock"}, LINEAGE)


def test_a_connection_that_breaks_as_it_is_opened_is_opened_again(tmp_path: Path) -> None:
    """As when libvirtd is restarted at that moment, whose socket systemd keeps."""
    asked = []

    def hang_up(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                asked.append(client.recv(10))
                client.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/sock")
        listener.listen()
        threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
        with pytest.raises(DiagnosticError, match="No connection to libvirt on local"):
            LibvirtProvider().open(FakeHost(), {"uri": f"qemu+unix:///system?socket={tmp_path}/sock"}, LINEAGE)
        listener.shutdown(socket.SHUT_RDWR)
    assert len(asked) == TIMES


def test_somebody_elses_network_is_neither_changed_nor_removed(rig: Rig) -> None:
    rig.connection.networkDefineXML(
        f"<network><name>lan</name><uuid>{NETWORK['uuid']}</uuid><bridge name='virbr-lan'/></network>"
    )
    session = rig.open()
    (observed,) = session.read([Known(address="libvirt_network.lan", type="libvirt_network", values=NETWORK)])
    assert observed is not None
    assert not observed.owned
    for verb in (Verb.CREATE, Verb.DELETE):
        (outcome,) = session.apply(operation(verb, NETWORK))
        assert [diagnostic.summary for diagnostic in outcome.diagnostics] == ["Network lan is not ours"]
        assert outcome.values is None
    assert rig.connection.networkLookupByName("lan").isActive() == 0


def test_a_network_that_cannot_start_leaves_nothing(rig: Rig) -> None:
    """The bridge belongs to the network default, so defining it is refused by libvirt's own rules."""
    broken = {**NETWORK, "name": "default"}
    (outcome,) = rig.open().apply(operation(Verb.CREATE, broken))
    assert outcome.diagnostics[0].summary == "Network default failed"
    assert "already exists" in outcome.diagnostics[0].detail
    assert outcome.diagnostics[0].address == "libvirt_network.lan"
    assert outcome.values is None


def test_applying_again_what_is_there_goes_on_where_it_stopped(rig: Rig) -> None:
    for _ in range(2):
        (outcome,) = rig.open().apply(operation(Verb.CREATE, NETWORK))
        assert outcome.diagnostics == ()
    for _ in range(2):
        (outcome,) = rig.open().apply(operation(Verb.DELETE, NETWORK))
        assert outcome.diagnostics == ()


def test_after_a_failure_nothing_more_is_tried(rig: Rig) -> None:
    bad, good = operation(Verb.CREATE, {**NETWORK, "name": "default"}), operation(Verb.CREATE, NETWORK)
    outcomes = list(rig.open().apply(Step(operations=(*bad.operations, *good.operations), lineage=LINEAGE)))
    assert len(outcomes) == 1


def test_a_nic_that_cannot_be_plugged_in_leaves_no_tag(rig: Rig) -> None:
    """libvirt's test driver plugs nothing in."""
    values = {"domain": "test", "network": "default", "bridge": None, "mac": "52:54:00:00:00:09", "model": "virtio"}
    (outcome,) = rig.open().apply(operation(Verb.CREATE, values, "libvirt_interface.nic"))
    assert outcome.diagnostics[0].summary == "NIC 52:54:00:00:00:09 of domain test failed"
    assert outcome.values is None
    assert "kvmplan" not in rig.connection.lookupByName("test").XMLDesc(0)


@pytest.mark.parametrize("name", ["lan", "a-very-long-network-name", "with blank", "x" * 15, "Größe", "a/b"])
def test_derived_names_are_names_and_differ(name: str) -> None:
    assert interface_name(bridge_name(name)) is None
    assert bridge_name(name) != bridge_name(name + "2")
    assert call(LibvirtProvider(), "bridge_name", name) == bridge_name(name)


def test_functions_are_declared_well() -> None:
    assert_declared_well(LibvirtProvider())
    with pytest.raises(FunctionError, match="at least one character"):
        call(LibvirtProvider(), "bridge_name", "")


def test_derived_mac_addresses_are_unicast_and_stable() -> None:
    assert mac_address(derived_mac("a", "b")) is None
    assert derived_mac("a", "b") == derived_mac("a", "b") != derived_mac("a", "c")
