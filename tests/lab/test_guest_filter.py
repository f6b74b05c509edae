"""`examples/guest-filter` on a host with a second NIC: the LAN reaches the web server of the guest, and nothing else of
it; and a filter in use gets another name meanwhile.
"""

from __future__ import annotations

import pytest

from kvmplan.lab import LabHost

from .clients import page, reached
from .conftest import HostFactory
from .operator_desk import EXAMPLES, Desk

pytestmark = pytest.mark.lab
RENAMED = (
    ('name = "server"', 'name = "web-server"\n  lifecycle {\n    create_before_destroy = true\n  }'),
    ('name = "dhcp-answers"', 'name = "dhcp-answers"\n  lifecycle {\n    create_before_destroy = true\n  }'),
)


def filters(lab: LabHost) -> set[str]:
    return {line.split()[1] for line in lab.run(["virsh", "-q", "nwfilter-list"]).stdout.splitlines() if line}


def test_a_guest_that_is_reached_only_where_it_serves(lab_host: HostFactory) -> None:
    lab = lab_host("filtered", nics=2)
    lab.guest("web1")
    shipped = filters(lab)
    desk = Desk(lab)
    desk.copy_example("guest-filter")
    assert "4 added" in desk.run("apply", "--auto-approve")
    address = lab.guest_address("web1")
    assert address.startswith("203.0.113."), "the LAN's own DHCP gave it"
    assert "hello from web1" in page(lab, address)
    assert not reached(lab, address, 7777, expected=False)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")

    text = (EXAMPLES / "guest-filter" / "main.kvm.hcl").read_text()
    desk.write("main.kvm.hcl", text.replace('name = "server"', 'name = "web-server"'))
    assert "Filter server is in use, so it cannot go before its successor is there" in desk.run("plan", status=1)
    for old, new in RENAMED:
        text = text.replace(old, new)
    desk.write("main.kvm.hcl", text)
    desk.run("apply", "--auto-approve")
    assert filters(lab) - shipped == {"web-server", "dhcp-answers"}
    assert reached(lab, address, 8080, expected=True)
    assert not reached(lab, address, 7777, expected=False)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")

    text = text.replace('tcp { dstportstart = "$PORT" }', "tcp { dstportstart = 9 }")
    desk.write("main.kvm.hcl", text)
    told = desk.run("apply", "--auto-approve")
    assert "web1" in told
    assert not reached(lab, address, 8080, expected=False)

    desk.run("destroy", "--auto-approve")
    assert filters(lab) == shipped
