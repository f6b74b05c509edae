"""Two who apply to one host at the same moment, from here and over SSH, lose nothing of one another's.

See `two_at_once`, which runs in the host.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory
from .operator_desk import ROOT

pytestmark = pytest.mark.lab
ROUNDS = 3
OFFICE = (
    "<network><name>office</name><forward mode='open'/><bridge name='virbr-office' stp='off'/>"
    "<mac address='52:54:00:0f:f1:ce'/>"
    "<ip address='10.77.0.1' prefix='16'><dhcp><range start='10.77.0.100' end='10.77.0.110'/></dhcp></ip></network>"
)
DOMAIN = (
    "<domain type='qemu'><name>web1</name><memory unit='MiB'>64</memory>"
    "<os><type arch='x86_64'>hvm</type></os></domain>"
)


def test_two_states_on_one_host(lab_host: HostFactory) -> None:
    lab = lab_host("shared")
    lab.put("/root/office.xml", OFFICE)
    lab.put("/root/web1.xml", DOMAIN)
    for command in ("net-define /root/office.xml", "net-start office", "define /root/web1.xml"):
        lab.run(["virsh", *command.split()])
    before = everything(lab)
    lab.run(["mkdir", "-p", "/root/work"])
    with ThreadPoolExecutor(2) as both:
        told = list(both.map(partial(lead, lab), ("local", f"ssh://root@{lab.name}"), ("10", "11")))
    assert told == [[], []]
    assert everything(lab) == before


def everything(lab: LabHost) -> list[str]:
    commands = ("net-dumpxml office", "net-dumpxml office --inactive", "dumpxml web1")
    shown = [lab.run(["virsh", *command.split()]).stdout.replace("  <metadata/>\n", "") for command in commands]
    return [*shown, lab.run(["nft", "list", "tables"]).stdout, lab.run(["ls", "/etc"]).stdout]


def lead(lab: LabHost, address: str, who: str) -> list[str]:
    paths = os.pathsep.join(str(ROOT / part) for part in ("planner", "plugins", "providers", "."))
    done = lab.run(
        [sys.executable, "-m", "tests.lab.two_at_once", address, who, str(ROUNDS)],
        cwd="/root/work",
        env={"PYTHONPATH": paths, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    wrong: list[str] = json.loads(done.stdout)
    return wrong
