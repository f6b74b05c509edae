"""Applying and destroying networks with kvmplan, beside the same calls made with libvirt-python, and with virsh.

Run as root: a lab host is made for it. ``python benchmarks/libvirt_networks.py --networks 100 --runs 3``. A run goes
through all three, one after the other. Seconds of processor time, that of libvirtd and of what it starts included, and
in parentheses by the clock; of each the least of all runs, for what else goes on only ever adds.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab import LabHost

ROOT = Path(__file__).resolve().parents[1]
CODE = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("planner", "plugins", "providers"))}
FOLDER = "/root/benchmark"
VERBS = ("apply", "destroy")
SHAPES = {
    "isolated": '  mode  = "isolated"\n',
    "nat with DHCP": (
        '  ip {\n    address = "10.60.${count.index}.1"\n    prefix  = 24\n    dhcp {\n      range {\n'
        '        start = "10.60.${count.index}.100"\n        end   = "10.60.${count.index}.200"\n      }\n    }\n  }\n'
    ),
}
DIRECTLY = """
import glob, libvirt, sys
connection = libvirt.open("qemu:///system")
if sys.argv[1] == "apply":
    for path in sorted(glob.glob("*.xml")):
        network = connection.networkDefineXML(open(path).read())
        network.create()
        network.setAutostart(1)
else:
    for path in sorted(glob.glob("*.xml")):
        network = connection.networkLookupByName(path[:-4])
        network.destroy()
        network.undefine()
"""
WITH_VIRSH = {
    "apply": "for f in *.xml; do virsh -q net-define $f; virsh -q net-start ${f%.xml}; "
    "virsh -q net-autostart ${f%.xml}; done",
    "destroy": "for f in *.xml; do virsh -q net-destroy ${f%.xml}; virsh -q net-undefine ${f%.xml}; done",
}
WAYS: Mapping[str, Callable[[str], Sequence[str]]] = {
    "libvirt-python": lambda verb: [sys.executable, "directly.py", verb],
    "kvmplan": lambda verb: [sys.executable, "-m", "kvmplan", verb, "-auto-approve"],
    "virsh": lambda verb: ["sh", "-ec", WITH_VIRSH[verb]],
}


@dataclass(frozen=True, slots=True)
class Cost:
    """``wall``: seconds by the clock; ``cpu``: seconds of processor time."""

    wall: float
    cpu: float


def prepare(lab: LabHost, shape: str, count: int) -> None:
    """The configuration, and the documents that kvmplan defines for it, which the others are given."""
    block = f'resource "libvirt_network" "n" {{\n  count = {count}\n  name  = "n${{count.index}}"\n{SHAPES[shape]}}}\n'
    lab.run(["rm", "-rf", FOLDER])
    lab.put(f"{FOLDER}/main.kvm.hcl", block)
    lab.put(f"{FOLDER}/directly.py", DIRECTLY)
    run(lab, "kvmplan", "apply")
    dump = "for n in $(virsh -q net-list --name); do virsh net-dumpxml --inactive $n > $n.xml; done"
    lab.run(["sh", "-ec", dump], cwd=FOLDER, timeout=300)
    run(lab, "kvmplan", "destroy")


def run(lab: LabHost, way: str, verb: str) -> Cost:
    began, used = time.perf_counter(), processor(lab)
    lab.run(WAYS[way](verb), cwd=FOLDER, env=CODE, timeout=900)
    return Cost(time.perf_counter() - began, processor(lab) - used)


def processor(lab: LabHost) -> float:
    """Seconds of processor time that commands in the host and libvirtd have taken, with all that they started."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    stat = lab.run(["sh", "-c", "cat /proc/$(cat /run/libvirtd.pid)/stat"]).stdout
    ticks = sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return children.ru_utime + children.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def measure(lab: LabHost, shape: str, count: int, runs: int) -> dict[tuple[str, str], Cost]:
    """By way and verb."""
    prepare(lab, shape, count)
    costs: dict[tuple[str, str], list[Cost]] = {}
    for _ in range(runs):
        for way in WAYS:
            for verb in VERBS:
                costs.setdefault((way, verb), []).append(run(lab, way, verb))
    return {key: Cost(min(one.wall for one in all_), min(one.cpu for one in all_)) for key, all_ in costs.items()}


def report(lab: LabHost, shape: str, count: int, runs: int) -> None:
    found = measure(lab, shape, count, runs)
    for verb in VERBS:
        costs = [found[way, verb] for way in WAYS]
        cells = [f"{cost.cpu:.1f} ({cost.wall:.1f})" for cost in costs]
        ratios = [f"{costs[1].cpu / costs[0].cpu:.2f} ({costs[1].wall / costs[0].wall:.2f})"]
        print("| " + " | ".join([f"{count} {shape}", verb, *cells, *ratios]) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    given = parser.parse_args()
    os.environ.setdefault("KVMPLAN_LAB_DIR", "/run/kvmplan-lab-benchmark")
    print("| networks | | " + " | ".join(WAYS) + " | kvmplan / libvirt-python |\n" + "| --- " * 6 + "|")
    with LabHost.up("benchmark", segment="benchmark") as lab:
        for shape in given.shapes.split(","):
            report(lab, shape, given.networks, given.runs)


if __name__ == "__main__":
    main()
