"""`examples/nat-module` on a host with a guest: the module that comes with kvmplan does what nat-web does by hand."""

from __future__ import annotations

import pytest

from .conftest import HostFactory
from .operator_desk import Desk, fetch, snapshot

pytestmark = pytest.mark.lab


def test_a_page_through_the_nat_module(lab_host: HostFactory) -> None:
    lab = lab_host("module")
    lab.guest("web1")
    before = snapshot(lab)
    desk = Desk(lab)
    desk.copy_example("nat-module")
    assert "successfully initialized" in desk.run("init")
    assert "4 added, 0 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert "module.web.libvirt_network.this" in desk.run("state", "list")
    assert "hello from web1" in fetch(lab, 8080)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert "1 changed" in desk.run("apply", "--auto-approve", "--var", "port=9090")
    assert "hello from web1" in fetch(lab, 9090)
    desk.run("destroy", "--auto-approve", "--var", "port=9090")
    assert snapshot(lab) == before
