"""What many forwards, rules, firewalls and large sets cost the nftables provider, beside ``nft -f`` of the same table.

``python benchmarks/nftables_scale.py --sizes 1000,10000`` enters a network namespace of its own, as root: nobody else
may send the kernel large batches. Seconds of processor time, nft's included. Plan, rehearsal (``nft -c``), apply and
the look after it are one session, as in ``kvmplan apply``; what follows has a session of its own each. ``of it nft``:
what nft takes of the apply. The floor, ``nft -f``, is told the table as nft lists it; ``list`` is one listing of it.
``change``: of one object among all that are in the step, or of one element of the set. ``beside``: ``assess`` beside a
thousand foreign rules on each hook. The least of ``--times`` runs.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Any

from nat_throughput import Here

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, Known, Object, Operation, Proposal, Step, Verb
from kvmplan_sdk.testing.proposals import proposal

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
PROVIDER = NftablesProvider()
Objects = dict[str, Object]
NETWORK = (
    "ip link set lo up",
    "ip link add virbr9 type bridge",
    "ip address add 10.0.0.1/12 dev virbr9",
    "ip link set virbr9 up",
    "ip link add ens3 type veth peer name outside",
    "ip address add 192.0.2.2/24 dev ens3",
    "ip link set ens3 up",
    "ip link set outside up",
    "ip route add default via 192.0.2.1",
    "sysctl -qw net.ipv4.ip_forward=1",
)
"""Guests behind virbr9, the outside behind ens3: what is assessed has ways to follow."""


def forwards(count: int, port: int = 80) -> Objects:
    return {
        f"nftables_port_forward.f[{n}]": {"port": n + 1, "target": _address(n), "target_port": 443 if n else port}
        for n in range(count)
    }


def masquerades(count: int, port: int = 80) -> Objects:
    return {
        f"nftables_masquerade.m[{n}]": {"source": f"{_address(n)}/32", "random": n == 0 and port != 80}
        for n in range(count)
    }


def firewalls(count: int, port: int = 80) -> Objects:
    return {
        f"nftables_firewall.f[{n}]": {
            "address": [_address(n)],
            "ingress": [{"action": "allow", "protocol": "tcp", "ports": ["443" if n else str(port)]}],
        }
        for n in range(count)
    }


def rules(count: int, port: int = 80) -> Objects:
    """In a table of the user's."""
    chain = {"family": "inet", "table": "edge", "chain": "guests"}
    return {
        "nftables_table.edge": {"family": "inet", "name": "edge"},
        "nftables_chain.guests": {"family": "inet", "table": "edge", "name": "guests"},
        **{
            f"nftables_rule.r[{n}]": {
                **chain,
                "rule": f"ip saddr {_address(n)} tcp dport {443 if n else port} accept",
            }
            for n in range(count)
        },
    }


def addresses(count: int, port: int = 80) -> Objects:
    # Every second address, or nft would be told of a few subnets.
    held = [_address(2 * n + (n == 0 and port != 80)) for n in range(count)]
    values: Object = {
        "interface": "virbr9",
        "ingress": [{"action": "drop", "protocol": "all", "source": ["$bad"]}],
        "address_set": [{"name": "bad", "addresses": held}],
    }
    return {"nftables_firewall.f": values}


SHAPES: Mapping[str, Callable[[int, int], Objects]] = {
    "forwards": forwards,
    "masquerades": masquerades,
    "firewalls": firewalls,
    "rules": rules,
    "addresses in a set": addresses,
}


def foreign(count: int) -> str:
    """A table of somebody else's: as many rules as one walk may meet, a quarter of each kind."""
    rules = "".join(
        f"ip saddr 198.18.{n >> 8}.{n & 255} drop\nip daddr {_address(4 * n)} tcp dport 1 drop\n"
        f'tcp dport {4 * n + 1}-{4 * n + 3} meta mark 7 drop\niifname "veth{n}" accept\n'
        for n in range(count // 4)
    )
    chains = (
        f"chain {name} {{ type {kind} hook {hook} priority -150 ;\n{rules}}}\n"
        for name, kind, hook in (("forward", "filter", "forward"), ("before", "nat", "prerouting"))
    )
    return f"table inet foreign {{\n{''.join(chains)}}}\n"


def _address(number: int) -> str:
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


class Clock:
    """``costs``: seconds of processor time of each call, by name."""

    def __init__(self) -> None:
        self.costs: dict[str, float] = {}

    def timed(self, name: str, call: Callable[[], Any], of_it: str = "") -> Any:
        began, nft_began = _spent(resource.RUSAGE_SELF), _spent(resource.RUSAGE_CHILDREN)
        result = call()
        nft = _spent(resource.RUSAGE_CHILDREN) - nft_began
        self.costs[name] = _spent(resource.RUSAGE_SELF) - began + nft
        if of_it:
            self.costs[of_it] = nft
        return result


def _spent(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _session() -> Any:
    return PROVIDER.open(Here(), {}, LINEAGE)


def _proposals(objects: Objects) -> list[Proposal]:
    found = []
    for address, written in objects.items():
        type_ = address.partition(".")[0]
        found.append(proposal(PROVIDER.schema.resources[type_], address, written))
    return found


def _planned(proposals: list[Proposal], session: Any) -> Objects:
    plans = [session.plan(proposal) for proposal in proposals]
    assert not any(plan.diagnostics for plan in plans)
    return {proposal.address: plan.values for proposal, plan in zip(proposals, plans, strict=True)}


def _step(verb: Verb, before: Objects, after: Objects) -> Step:
    operations = tuple(
        Operation(
            verb=verb,
            address=address,
            type=address.partition(".")[0],
            before=before.get(address),
            after=after.get(address),
        )
        for address in (after or before)
        if before.get(address) != after.get(address)
    )
    return Step(operations=operations, lineage=LINEAGE)


def _apply(step: Step, session: Any) -> None:
    for outcome in session.apply(step):
        assert not outcome.diagnostics, outcome.diagnostics


def _nft(*arguments: str, text: str = "") -> str:
    return subprocess.run(["nft", *arguments], input=text, capture_output=True, text=True, check=True).stdout


def measure(shape: Callable[[int, int], Objects], count: int) -> Mapping[str, float]:
    clock = Clock()
    session, proposals = _session(), _proposals(shape(count, 80))
    values = clock.timed("plan", lambda: _planned(proposals, session))
    create = _step(Verb.CREATE, {}, values)
    problems = clock.timed("dry run", lambda: session.dry_run(create))
    assert not problems, problems
    clock.timed("apply", lambda: _apply(create, session), "of it nft")
    known = [Known(address=name, type=name.partition(".")[0], values=held) for name, held in values.items()]
    found = clock.timed("read", lambda: session.read(known))
    assert all(one is not None and one.values == was.values for one, was in zip(found, known, strict=True))
    changes = [
        Change(address=one.address, type=one.type, verb=None, before=one.values, after=one.values) for one in known
    ]
    clock.timed("assess", lambda: _session().assess(changes, ()))
    _nft("-f", "-", text=foreign(1000))
    clock.timed("beside", lambda: _session().assess(changes, ()))
    _nft("delete", "table", "inet", "foreign")
    changed = _planned(_proposals(shape(count, 81)), _session())
    clock.timed("change", lambda: _apply(_step(Verb.UPDATE, values, changed), _session()))
    table = _nft("list", "ruleset")
    clock.timed("list", lambda: _nft("-j", "list", "ruleset"))
    clock.timed("destroy", lambda: _apply(_step(Verb.DELETE, changed, {}), _session()))
    assert not _nft("list", "ruleset")
    clock.timed("nft -f", lambda: _nft("-f", "-", text=table))
    _nft("flush", "ruleset")
    return clock.costs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gc.set_threshold(100_000)  # as kvmplan itself
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    if "INSIDE" not in os.environ:
        os.execvpe("unshare", ["unshare", "-n", sys.executable, *sys.argv], {**os.environ, "INSIDE": "1"})
    for command in NETWORK:
        subprocess.run(command.split(), check=True)
    head = ("plan", "dry run", "apply", "of it nft", "read", "assess", "beside", "change", "list", "destroy", "nft -f")
    print("| | how many | " + " | ".join(head) + " | apply / nft -f |\n" + "| --- " * (len(head) + 3) + "|")
    for shape in given.shapes.split(","):
        for count in map(int, given.sizes.split(",")):
            runs = [measure(SHAPES[shape], count) for _ in range(given.times)]
            costs = {name: min(run[name] for run in runs) for name in head}
            ratio = f"{costs['apply'] / costs['nft -f']:.1f}"
            cells = [shape, f"{count:,}", *(f"{costs[name]:.2f}" for name in head), ratio]
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
