"""What many libvirt networks, and many reservations in one, cost kvmplan itself: on libvirt's test driver, in-process.

``python benchmarks/libvirt_scale.py --sizes 100,1000``, multiples of 100. Seconds of processor time; linear is ten
times as much for ten times as many, or less, for beginning counts too.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import libvirt

from kvmplan.__main__ import main as kvmplan

NETWORKS = """
provider "libvirt" {{
  uri = "test:///default"
}}
resource "libvirt_network" "n" {{
  count = {count}
  name  = "n${{count.index}}"
  mtu   = var.mtu
  ip {{
    address = "10.${{floor(count.index / 200)}}.${{count.index % 200}}.1"
    prefix  = 24
  }}
}}
variable "mtu" {{
  default = 1500
}}
"""
RESERVATIONS = """
provider "libvirt" {{
  uri = "test:///default"
}}
resource "libvirt_network" "n" {{
  name  = "n"
  mtu   = var.mtu
  ip {{
    address = "10.0.0.1"
    prefix  = 8
    dhcp {{
      dynamic "host" {{
        for_each = [for n in setproduct(range({count} / 100), range(100)) : 100 * n[0] + n[1]]
        content {{
          mac = format("52:54:00:00:%02x:%02x", floor(host.value / 256), host.value % 256)
          ip  = cidrhost("10.0.0.0/8", host.value + 10)
        }}
      }}
    }}
  }}
}}
variable "mtu" {{
  default = 1500
}}
"""
SHAPES: Mapping[str, str] = {"networks": NETWORKS, "reservations": RESERVATIONS}
COMMANDS = {
    "plan": ("plan",),
    "apply": ("apply", "-auto-approve"),
    "plan again": ("plan",),
    "change": ("apply", "-auto-approve", "-var", "mtu=9000"),
    "destroy": ("destroy", "-auto-approve"),
}


def seconds(*arguments: str) -> float:
    """Of one command. Raises `RuntimeError` with its output when it fails."""
    output = io.StringIO()
    sys.argv = ["kvmplan", *arguments]
    began = time.process_time()
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            kvmplan()
    except SystemExit as ended:
        if ended.code:
            raise RuntimeError(output.getvalue()[-2000:]) from ended
    return time.process_time() - began


def measure(text: str, count: int) -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("main.kvm.hcl").write_text(text.format(count=count))
        found = [seconds(*arguments) for arguments in COMMANDS.values()]
        os.chdir("/")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000")
    given = parser.parse_args()
    world = libvirt.open("test:///default")  # what is made there lasts as long as somebody has it open
    measure(NETWORKS, 100)
    print("| | how many | " + " | ".join(COMMANDS) + " |\n" + "| --- " * (len(COMMANDS) + 2) + "|")
    for shape, text in SHAPES.items():
        for count in map(int, given.sizes.split(",")):
            costs = [f"{cost:.2f}" for cost in measure(text, count)]
            print("| " + " | ".join([shape, f"{count:,}", *costs]) + " |", flush=True)
    world.close()


if __name__ == "__main__":
    main()
