"""``nftables_flowtable`` as far as every kernel goes; `tests/lab/test_flowtable.py` has one with flowtables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kvmplan_nftables.fastpath.flowtable import PROBE
from kvmplan_nftables.persistence.boot import UNITS
from kvmplan_nftables.persistence.kept import DROP_IN_FILE, JOINER, UNIT, own
from kvmplan_nftables.persistence.saved import FILE
from kvmplan_nftables.table.pieces import OURS
from kvmplan_sdk import Change, Session, Verb

TAG = 'comment "8d0f5c5e nftables_flowtable.a"'
LISTED = f"""table inet kvmplan {{
\tset ft_1_devices {{
\t\ttype ifname
\t\telements = {{ "left" {TAG},
\t\t\t     "br-x@1" {TAG} }}
\t}}

\tflowtable ft_1 {{
\t\thook ingress priority filter
\t\tdevices = {{ left }}
\t\tcounter
\t}}
}}
"""


def change(name: str, *devices: str) -> Change:
    after = {"devices": devices, "subnets": None, "saved": True}
    type_ = "nftables_flowtable"
    return Change(verb=Verb.CREATE, address=f"{type_}.{name}", type=type_, before=None, after=after)


def test_an_interface_in_two_and_a_kernel_without_any(host: Any, open_session: Callable[[], Session]) -> None:
    session: Any = open_session()
    able = host.run(["nft", "-c", "-f", "-"], input=PROBE).ok
    found = session.assess([change("a", "left", "right"), change("b", "right")], []).diagnostics
    lacks = [] if able else ["The kernel has no flowtables"] * 2
    assert [one.summary for one in found] == ["An interface in two flowtables", *lacks]
    assert found[0].address == "nftables_flowtable.b"


def test_what_a_stranger_calls_an_interface_gets_into_no_unit() -> None:
    hostile = LISTED.replace('"left"', """"a'%n; reboot; '", "left\"""")
    told, plain = (own("/sbin/nft", {OURS: text}).files[UNITS + JOINER] for text in (hostile, LISTED))
    assert told == plain


def test_interfaces_join_one_by_one_at_boot_and_as_they_come() -> None:
    files = {path: (text or b"").decode() for path, text in own("/sbin/nft", {OURS: LISTED}).files.items()}
    assert "flowtable ft_1 {\n\t\thook ingress priority filter\n\t\tcounter\n\t}" in files[FILE]
    for device in ("left", "br-x@1"):
        told = f"{{ hook ingress priority filter ; devices = {{ {device} }} ; counter ; }}"
        command = f'/sbin/nft "add flowtable inet kvmplan ft_1 {told}"'
        joins = f"-/bin/sh -c '[ ! -e /sys/class/net/{device} ] || {command}'\n"
        assert f"ExecStartPost={joins}" in files[UNITS + UNIT]
        assert f"ExecStartPost={joins}" in files[DROP_IN_FILE]
        assert f"ExecReload={joins}" in files[DROP_IN_FILE]
        assert f"ExecStopPost={joins}" in files[UNITS + JOINER]
    wanted = "WantedBy=sys-subsystem-net-devices-left.device sys-subsystem-net-devices-br\\x2dx\\x401.device\n"
    assert wanted in files[UNITS + JOINER]


def test_without_flowtables_nothing_waits_for_interfaces() -> None:
    assert own("/sbin/nft", {OURS: "table inet kvmplan {\n}\n"}).files[UNITS + JOINER] is None
