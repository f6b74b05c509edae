"""Whom nft's errors are about, in batches too large for a user namespace, where nft may not raise its buffers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import DiagnosticError, Object, Operation, Session, Step, Verb

from .namespace_host import NamespaceHost

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


@pytest.fixture
def session(host: NamespaceHost) -> Iterator[Session]:
    if os.geteuid() != 0:
        pytest.skip("only root may raise buffers")
    with subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "echo ready; exec sleep 600"], stdout=subprocess.PIPE
    ) as sleeper:
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        host.enter = ["nsenter", "-n", "-t", str(sleeper.pid)]
        yield NftablesProvider().open(host, {}, LINEAGE)
        sleeper.kill()


def operation(name: str, port: int | str) -> Operation:
    asked = {"port": port} if isinstance(port, int) else {"ports": [port]}
    values: Object = {"protocol": "tcp", **asked, "target": "192.168.150.10", "target_port": 80}
    address, type_ = f"nftables_port_forward.{name}", "nftables_port_forward"
    return Operation(verb=Verb.CREATE, address=address, type=type_, before=None, after=values)


def test_the_right_one_of_thousands_is_named(session: Session) -> None:
    list(session.apply(Step(operations=(operation("there", 8080),), lineage=LINEAGE)))
    for clash in (5, 900, 1400, 2999):
        ports = [8080 if number == clash else 10_000 + number for number in range(3_000)]
        step = Step(operations=tuple(operation(f"n{n}", port) for n, port in enumerate(ports)), lineage=LINEAGE)
        assert [outcome.address for outcome in session.apply(step)] == [f"nftables_port_forward.n{clash}"]


@pytest.mark.parametrize("many", (3, 500))
def test_ranges_that_overlap_in_a_map_that_comes_with_them_are_named(session: Session, many: int) -> None:
    ranges = [operation(f"n{n}", f"{20 * n + 1}-{20 * n + 9}") for n in range(many)]
    clash = operation("clash", f"{20 * many - 15}-{20 * many - 5}")
    (failed,) = session.apply(Step(operations=(*ranges, clash), lineage=LINEAGE))
    assert failed.address == "nftables_port_forward.clash"
    assert list(session.apply(Step(operations=tuple(ranges), lineage=LINEAGE)))[-1].diagnostics == ()


def test_a_batch_that_is_too_large_for_a_user_namespace_says_what_to_do(
    host: NamespaceHost, open_session: Callable[[], Session]
) -> None:
    before = host.ruleset()
    step = Step(operations=tuple(operation(f"n{n}", 1 + n) for n in range(4_000)), lineage=LINEAGE)
    with pytest.raises(DiagnosticError) as failed:
        list(open_session().apply(step))
    (told,) = failed.value.diagnostics
    assert told.summary == "Too many changes at once for this host"
    assert host.ruleset() == before
