"""Applies cut short everywhere on a real host, with every kind of resource: the next finishes, or a rollback undoes.

See `cut_short`, which runs in the host.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory

pytestmark = pytest.mark.lab
ROOT = Path(__file__).resolve().parents[2]
DOMAIN = """
<domain type='qemu'>
  <name>web1</name><uuid>8d4d8b5e-0000-4000-8000-000000000001</uuid><memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os><features><acpi/><apic/></features>
</domain>
"""


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("mode", "every", "at_least"), [("kill", 13, 30), ("fault", 37, 4), ("rollback", 37, 4)])
def test_a_sample_of_the_places_where_an_apply_is_cut_short(
    lab_host: HostFactory, mode: str, every: int, at_least: int
) -> None:
    assert _places(_cut_short(_ready(lab_host(mode)), mode, every)) >= at_least


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("mode", "at_least"), [("kill", 400), ("fault", 200), ("rollback", 200)])
def test_whatever_cuts_an_apply_short(lab_host: HostFactory, mode: str, at_least: int) -> None:
    assert _places(_cut_short(_ready(lab_host(mode)), mode, 1)) >= at_least


def _ready(lab: LabHost) -> LabHost:
    lab.put("/root/web1.xml", DOMAIN)
    lab.run(["virsh", "define", "/root/web1.xml"])
    lab.run(["mkdir", "-p", "/root/work"])
    return lab


def _cut_short(lab: LabHost, mode: str, stride: int) -> dict[str, Any]:
    """What was told of a round without errors, to its end."""
    paths = os.pathsep.join(str(ROOT / part) for part in ("planner", "plugins", "providers", "."))
    limit = 1300 if stride > 1 else 1700
    done = lab.run(
        [sys.executable, "-m", "tests.lab.cut_short", mode, str(limit), str(stride)],
        cwd="/root/work",
        env={"PYTHONPATH": paths, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        timeout=limit + 80,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert not told["wrong"], "\n".join(told["wrong"])
    assert told["whole"], told
    return told


def _places(told: dict[str, Any]) -> int:
    return sum(told["places"].values())
