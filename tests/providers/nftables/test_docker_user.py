"""``nftables_docker_user_accept`` with the real iptables, in a chain made as Docker makes it."""

from __future__ import annotations

import contextlib
import itertools
import re
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.docker.accept import SCHEMA, check, marked, rules
from kvmplan_nftables.docker.chain import document, parse_chain, quoted
from kvmplan_nftables.docker.script import DROP_IN_FILE, FILE
from kvmplan_sdk import (
    Change,
    Completed,
    Diagnostic,
    DiagnosticError,
    Known,
    Object,
    Operation,
    Session,
    Severity,
    Step,
    Verb,
)
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.fake_host import FakeHost, RecordingHost

from .namespace_host import NamespaceHost
from .test_assessment import bridged, load_iptables
from .test_persistence import saving

__all__ = ["bridged"]
Open = Callable[[], Session]
TYPE = "nftables_docker_user_accept"
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
DOCKER = (Path(__file__).parent / "rulesets" / "docker.iptables").read_text()
THEIRS = "-A DOCKER-USER -s 10.9.0.0/16 -i ens3 -j DROP\n-A DOCKER-USER -j RETURN\n"
CHAINS = DOCKER.replace("COMMIT\n", f"{THEIRS}COMMIT\n")


@pytest.fixture
def docker(bridged: Any) -> NamespaceHost:
    load_iptables(bridged, CHAINS)
    assert bridged.run(["ip6tables-restore"], input=CHAINS.replace("10.9.0.0/16", "fd09::/16").encode()).ok
    host: NamespaceHost = bridged
    return host


@pytest.fixture
def fake(docker: NamespaceHost) -> FakeHost:
    """The same, under a systemd that takes everything."""
    return saving(
        docker, *(f"{name}{what}" for name in ("iptables", "ip6tables") for what in ("", "-restore", "-save"))
    )


def listed(host: NamespaceHost) -> str:
    told = [host.run([tool, option]).stdout.decode() for tool in ("iptables", "ip6tables") for option in ("-S",)]
    return "".join(told) + host.nft("list ruleset\n")


def ours(host: NamespaceHost, tool: str = "iptables") -> list[str]:
    lines = host.run([tool, "-S", "DOCKER-USER"]).stdout.decode().splitlines()
    return [re.sub(r"-m comment --comment .* -j", "-j", line) for line in lines if "kvmplan" in line]


def values(**written: Any) -> Object:
    found = propose(SCHEMA, configure(SCHEMA, {"interface": "virbr1", **written}), None)
    return {**found, "saved": True}


def change(verb: Verb, after: Object | None, before: Object | None = None, name: str = "x") -> Change:
    return Change(verb=verb, address=f"{TYPE}.{name}", type=TYPE, before=before, after=after)


def apply(session: Session, *changes: Change, lineage: str = LINEAGE) -> list[Diagnostic]:
    operations = tuple(
        Operation(verb=one.verb, address=one.address, type=one.type, before=one.before, after=one.after)
        for one in changes
        if one.verb is not None
    )
    return [found for one in session.apply(Step(operations=operations, lineage=lineage)) for found in one.diagnostics]


def there(session: Session, held: Object, name: str = "x") -> bool:
    (found,) = session.read([Known(address=f"{TYPE}.{name}", type=TYPE, values=held)])
    return found is not None


CASES = [
    Case(
        type=TYPE,
        create={"interface": "virbr1"},
        updates=[
            {"interface": "virbr1", "families": ["ip", "ip6"], "out_interface": "ens3"},
            {"interface": "virbr1", "families": ["ip6"], "incoming": True, "bridged": True},
            {"interface": "virbr2", "outgoing": False},
        ],
        address='module.lan["x"].nftables_docker_user_accept.web["a \\"b\\" ü"]',
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_a_life(docker: NamespaceHost, open_session: Open, case: Case) -> None:
    before = listed(docker)
    exercise(NftablesProvider(), open_session, case)
    assert listed(docker) == before


def test_what_is_replaced_in_one_step_comes_again(docker: NamespaceHost, open_session: Open) -> None:
    assert not apply(open_session(), change(Verb.CREATE, values()))
    before = ours(docker)
    assert not apply(open_session(), change(Verb.DELETE, None, values()), change(Verb.CREATE, values()))
    assert ours(docker) == before
    assert there(open_session(), values())


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ["-i virbr1", "-o virbr1 -m conntrack --ctstate RELATED,ESTABLISHED,DNAT"]),
        (
            {"out_interface": "ens3"},
            [
                "-i virbr1 -o ens3",
                "-i virbr1 -m conntrack --ctstate RELATED,ESTABLISHED",
                "-o virbr1 -m conntrack --ctstate RELATED,ESTABLISHED,DNAT",
            ],
        ),
        ({"forwards": False}, ["-i virbr1", "-o virbr1 -m conntrack --ctstate RELATED,ESTABLISHED"]),
        ({"incoming": True}, ["-i virbr1", "-o virbr1"]),
        (
            {"bridged": True, "outgoing": False, "forwards": False},
            ["-i virbr1 -o virbr1 -m physdev --physdev-is-bridged"],
        ),
    ],
)
def test_the_rules_are_listed_as_they_are_meant(
    docker: NamespaceHost, open_session: Open, written: Object, expected: Sequence[str]
) -> None:
    held = values(**written)
    assert not apply(open_session(), change(Verb.CREATE, held))
    assert ours(docker) == [f"-A DOCKER-USER {match} -j ACCEPT" for match in expected]
    assert there(open_session(), held)


def test_they_come_before_what_ends_the_chain_and_beside_other_states(docker: NamespaceHost) -> None:
    before = listed(docker)
    sessions = {lineage: NftablesProvider().open(docker, {}, lineage) for lineage in (LINEAGE, "0" * 36)}
    for lineage, session in sessions.items():
        held = values(interface=f"virbr{lineage[0]}")
        assert not apply(session, change(Verb.CREATE, held), lineage=lineage)
    lines = docker.run(["iptables", "-S", "DOCKER-USER"]).stdout.decode().splitlines()
    assert [("kvmplan" in line) for line in lines[1:]] == [True] * 4 + [False] * 2
    for lineage, session in sessions.items():
        held = values(interface=f"virbr{lineage[0]}")
        assert there(session, held)
        assert not apply(session, change(Verb.DELETE, None, held), lineage=lineage)
        assert not there(session, held)
    assert listed(docker) == before


@pytest.mark.parametrize(
    "damage",
    [
        "-F DOCKER-USER",
        "-D DOCKER-USER 1",
        f"-R DOCKER-USER 1 -i virbr7 -m comment --comment 'kvmplan 8d0f5c5e {TYPE}.x' -j ACCEPT",
        "-I DOCKER-USER -j RETURN",
        "-I DOCKER-USER 2 -j DROP",
        "-I DOCKER-USER 2 -m comment --comment 'no more' -j REJECT",
    ],
)
def test_damage_is_drift_and_repaired(docker: NamespaceHost, open_session: Open, damage: str) -> None:
    held = values()
    apply(open_session(), change(Verb.CREATE, held))
    whole = ours(docker)
    assert docker.run(["iptables", *shlex.split(damage)]).ok
    assert not there(open_session(), held)
    apply(open_session(), change(Verb.CREATE, held))
    assert there(open_session(), held)
    assert ours(docker) == whole


def test_without_the_chain_the_plan_says_so_and_destroying_goes(bridged: Any, open_session: Open) -> None:
    session: Any = open_session()
    load_iptables(bridged, CHAINS)
    held = values(families=["ip", "ip6"])
    (found,) = session.assess([change(Verb.CREATE, held)], []).diagnostics
    assert (found.severity, found.path) == (Severity.ERROR, ("families",))
    assert "`ip6tables -S DOCKER-USER` finds none in ip6 filter" in found.detail
    (found,) = apply(session, change(Verb.CREATE, held))
    assert "There is no chain" in found.summary
    assert not ours(bridged)
    assert not there(session, held)
    assert not apply(session, change(Verb.DELETE, None, held))


def test_a_chain_that_nft_wrote_into(docker: NamespaceHost, open_session: Open) -> None:
    docker.nft("add rule ip filter DOCKER-USER ct status dnat counter accept\n")
    with pytest.raises(DiagnosticError, match="Somebody wrote into ip filter DOCKER-USER with nft"):
        there(open_session(), values())


FORWARD = Change(
    verb=Verb.CREATE,
    address="nftables_port_forward.web",
    type="nftables_port_forward",
    before=None,
    after={"protocol": "tcp", "port": 8080, "address": None, "target": "192.168.150.10", "target_port": 80},
)
MASQUERADE = Change(
    verb=Verb.CREATE,
    address="nftables_masquerade.out",
    type="nftables_masquerade",
    before=None,
    after={"source": "192.168.150.0/24", "out_interface": None},
)


def test_the_plan_that_accepts_warns_no_more(docker: NamespaceHost, open_session: Open) -> None:
    session: Any = open_session()
    said = session.assess([FORWARD, MASQUERADE], []).diagnostics
    assert len(said) == 2
    blocks = {one.detail.partition("\n\n")[2] for one in said}
    assert blocks == {
        f'resource "{TYPE}" "virbr1" {{\n  interface     = "virbr1"\n  families      = ["ip", "ip6"]\n'
        '  out_interface = "ens3"\n}'
    }
    held = values(families=["ip", "ip6"], out_interface="ens3")
    assert not session.assess([FORWARD, MASQUERADE, change(Verb.CREATE, held)], []).diagnostics
    name = 'x["a b"]'
    apply(session, change(Verb.CREATE, held, name=name))
    assert not session.assess([FORWARD, MASQUERADE], []).diagnostics, "it is there"
    (goes,) = {len(session.assess([FORWARD, MASQUERADE, change(Verb.DELETE, None, held, name)], []).diagnostics)}
    assert goes == 2
    less = values(families=["ip", "ip6"], out_interface="ens3", forwards=False)
    (left,) = session.assess([FORWARD, MASQUERADE, change(Verb.UPDATE, less, held, name)], []).diagnostics
    assert left.address == FORWARD.address


def test_docker_that_does_not_ask_its_own_chain(docker: NamespaceHost, open_session: Open) -> None:
    docker.run(["iptables", "-F", "FORWARD"])
    session: Any = open_session()
    for found in session.assess([FORWARD, MASQUERADE, change(Verb.CREATE, values())], []).diagnostics:
        assert "FORWARD does not ask DOCKER-USER any more: `systemctl restart docker`" in found.detail


RULES = [
    ('iifname "virbr1" accept', "DOCKER-USER", False),
    ("ct status dnat accept", "DOCKER-USER", True),
    ("ct state established accept", "DOCKER-USER", True),
    ("ct status dnat accept", "own", False),
    ("ip saddr @guests accept", "DOCKER-USER", False),
]


@pytest.mark.parametrize(("text", "chain", "told"), RULES)
def test_a_rule_of_nft_that_breaks_iptables(
    docker: NamespaceHost, open_session: Open, text: str, chain: str, told: bool
) -> None:
    docker.nft("add table ip mine\nadd chain ip mine own\n")
    table = "mine" if chain == "own" else "filter"
    schema = NftablesProvider.schema.resources["nftables_rule"]
    written = configure(schema, {"family": "ip", "table": table, "chain": chain, "rule": text})
    after = {**propose(schema, written, None), "saved": True}
    rule = Change(verb=Verb.CREATE, address="nftables_rule.x", type="nftables_rule", before=None, after=after)
    session: Any = open_session()
    before = listed(docker)
    found = session.assess([rule], []).diagnostics
    assert [one.path for one in found] == ([("rule",)] if told else [])
    assert all("write a nftables_docker_user_accept" in one.detail for one in found)
    assert listed(docker) == before
    if told:
        docker.nft(f"add rule ip filter DOCKER-USER {text}\n")
        assert not docker.run(["iptables", "-S", "DOCKER-USER"]).ok, "it is as was told"


@pytest.mark.parametrize(
    ("written", "summary"),
    [
        ({"outgoing": False, "forwards": False}, "Nothing to accept"),
        ({"outgoing": False, "out_interface": "ens3"}, "out_interface without outgoing"),
        ({"out_interface": "virbr1"}, "out_interface is the guests' bridge"),
    ],
)
def test_what_does_not_go_together(written: Object, summary: str) -> None:
    assert [one.summary for one in check(values(**written))] == [summary]


@given(interface=st.text(max_size=17), address=st.text(min_size=1, max_size=200), out=st.text(max_size=17))
def test_text_is_data(interface: str, address: str, out: str) -> None:
    comment = marked(LINEAGE, address)
    try:
        (wanted,) = rules(values(interface=interface, out_interface=out or None), comment).values()
    except ValueError:
        return
    lines = [f"-A DOCKER-USER {quoted(rule)}" for rule in wanted]
    assert document(lines).count(b"\n") == len(lines) + 2
    assert [one.arguments for one in parse_chain("\n".join(lines))] == list(wanted)
    assert all(one.ours for one in parse_chain("\n".join(lines)))


@pytest.mark.parametrize("before", [None, {"interface": "virbr2", "families": ["ip"]}])
def test_one_family_that_fails_undoes_the_other(docker: NamespaceHost, open_session: Open, before: Any) -> None:
    held = None if before is None else values(**before)
    if held is not None:
        apply(open_session(), change(Verb.CREATE, held))
    whole = listed(docker)
    failing = FailingIp6(docker)
    after = values(families=["ip", "ip6"], out_interface="ens3")
    verb = Verb.CREATE if held is None else Verb.UPDATE
    (problem,) = apply(open_fake(failing)(), change(verb, after, held))
    assert "resource temporarily unavailable" in problem.detail
    assert failing.refused
    assert listed(docker) == whole


class FailingIp6(RecordingHost):
    """Takes what is tried, and nothing in earnest."""

    refused = False

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        if argv[0] == "ip6tables-restore" and "--test" not in argv:
            self.refused = True
            return Completed(
                tuple(argv), 4, b"", b"ip6tables-restore: line 3 failed: resource temporarily unavailable."
            )
        return super().run(argv, input=input, timeout=timeout)


def open_fake(host: Any) -> Open:
    return lambda: NftablesProvider().open(host, {}, LINEAGE)


def test_a_life_is_saved_all_along_and_leaves_nothing(docker: NamespaceHost, fake: FakeHost) -> None:
    exercise(NftablesProvider(), open_fake(fake), CASES[0])
    assert fake.files == {}


def test_the_script_brings_back_what_a_boot_loses_and_nothing_twice(docker: NamespaceHost, fake: FakeHost) -> None:
    held = values(families=["ip", "ip6"], out_interface="ens3")
    apply(open_fake(fake)(), change(Verb.CREATE, held))
    whole = listed(docker)
    script = ["sh", "-c", fake.files[FILE].decode()]
    assert docker.run(script).ok
    assert listed(docker) == whole
    docker.run(["iptables", "-D", "DOCKER-USER", "1"])
    docker.nft("flush chain ip6 filter DOCKER-USER\n")
    docker.run(script)
    assert len(ours(docker)) == len(ours(docker, "ip6tables")) == 3
    assert there(open_fake(fake)(), held)


@pytest.mark.parametrize("path", [FILE, DROP_IN_FILE])
def test_what_is_missing_or_stale_is_seen_and_written_again(docker: NamespaceHost, fake: FakeHost, path: str) -> None:
    held = values()
    apply(open_fake(fake)(), change(Verb.CREATE, held))
    right = dict(fake.files)
    for damage in (lambda: fake.files.pop(path), lambda: fake.files.update({path: b"# mine"})):
        damage()
        (found,) = open_fake(fake)().read([Known(address=f"{TYPE}.x", type=TYPE, values=held)])
        assert found is not None
        assert found.values["saved"] is False
        apply(open_fake(fake)(), change(Verb.UPDATE, held, found.values))
        assert fake.files == right


def test_killed_at_any_call_the_last_one_to_go_leaves_no_script(docker: NamespaceHost, fake: FakeHost) -> None:
    held = values()
    call = 0
    for call in itertools.count():
        apply(open_fake(fake)(), change(Verb.CREATE, held))
        with contextlib.suppress(DiagnosticError):
            apply(open_fake(RecordingHost(fake, fail_at=call))(), change(Verb.DELETE, None, held))
            break
        assert FILE not in fake.files or ours(docker), call
    assert call > 5
    assert fake.files == {}
