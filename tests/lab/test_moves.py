"""What moves into a module keeps its objects on a real host: they are tagged anew, and nothing else happens to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .conftest import HostFactory
from .operator_desk import EXAMPLES, Desk, fetch

pytestmark = pytest.mark.lab


@pytest.fixture
def desk(lab_host: HostFactory) -> Iterator[Desk]:
    lab = lab_host("moves")
    lab.guest("web1")
    desk = Desk(lab)
    desk.copy_example("nat-web")
    yield desk


def test_a_configuration_becomes_a_module(desk: Desk) -> None:
    desk.run("apply", "--auto-approve")
    assert "hello from web1" in fetch(desk.lab, 8080)
    before = desk.lab.run(["sh", "-c", "virsh domiflist web1; virsh net-list --uuid"]).stdout

    addresses = [line for line in desk.run("state", "list").splitlines() if not line.startswith("data.")]
    desk.write("site/main.kvm.hcl", (EXAMPLES / "nat-web" / "main.kvm.hcl").read_text())
    moves = "".join(f"moved {{\n  from = {address}\n  to   = module.site.{address}\n}}\n" for address in addresses)
    desk.write("main.kvm.hcl", f'module "site" {{\n  source = "./site"\n}}\n{moves}')
    plan = desk.run("plan", "--detailed-exitcode", status=2)
    tagged = [address for address in addresses if not address.startswith("netplan_")]
    assert f"0 to add, {len(tagged)} to change, 0 to destroy" in plan
    assert re.search(r"Step \d.*(live|link_flap|guest_disconnect)", plan) is None, "nobody notices"
    desk.run("apply", "--auto-approve")
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert desk.run("state", "list").splitlines() == [f"module.site.{address}" for address in addresses]
    assert desk.lab.run(["sh", "-c", "virsh domiflist web1; virsh net-list --uuid"]).stdout == before
    assert "hello from web1" in fetch(desk.lab, 8080)
    desk.run("destroy", "--auto-approve")
