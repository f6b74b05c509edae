"""Applies cut short everywhere on a real host, with every kind of resource: the next finishes, or a rollback undoes.

See `cut_short`, which runs in the host.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from .conftest import HostFactory

pytestmark = [pytest.mark.lab, pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
DOMAIN = """
<domain type='qemu'>
  <name>web1</name><uuid>8d4d8b5e-0000-4000-8000-000000000001</uuid><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
</domain>
"""


@pytest.mark.parametrize(("mode", "at_least"), [("kill", 200), ("fault", 40), ("rollback", 40)])
def test_whatever_cuts_an_apply_short(lab_host: HostFactory, mode: str, at_least: int) -> None:
    lab = lab_host(mode)
    lab.put("/root/web1.xml", DOMAIN)
    lab.run(["virsh", "define", "/root/web1.xml"])
    lab.run(["mkdir", "-p", "/root/work"])
    paths = os.pathsep.join(str(ROOT / part) for part in ("planner", "plugins", "providers", "."))
    done = lab.run(
        [sys.executable, "-m", "tests.lab.cut_short", mode, "700"],
        cwd="/root/work",
        env={"PYTHONPATH": paths, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        timeout=880,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert not told["wrong"], "\n".join(told["wrong"])
    assert told["whole"], told
    assert sum(told["places"].values()) >= at_least, told
