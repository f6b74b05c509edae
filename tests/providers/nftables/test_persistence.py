"""What is saved: a file that the real nft takes, whatever is there; and when it is written, kept and removed."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.persistence.boot import UNITS
from kvmplan_nftables.persistence.kept import DROP_IN_FILE, UNIT, own
from kvmplan_nftables.persistence.saved import FILE, document
from kvmplan_nftables.table.pieces import OURS
from kvmplan_sdk import Change, Completed, DiagnosticError, Host, Object, Session, Verb
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.fake_host import FakeHost, RecordingHost

from .test_contract import CASES, Open, apply, known_at, operation

LEARNING = """table inet kvmplan {
	set seen {
		type ipv4_addr
		size 100
		flags dynamic,timeout
		timeout 1m
		elements = { 10.0.0.1 timeout 1m comment "a }",
			10.0.0.2 timeout 1m }
	}

	set fixed {
		type ipv4_addr
		elements = { 10.0.0.3 }
	}
}
"""


def saving(host: Any, *tools: str) -> FakeHost:
    """A host whose nft is the real one, and so are ``tools``, and whose systemd takes everything."""

    def on(argv: tuple[str, ...], data: bytes) -> Completed:
        done: Completed = host.run(argv, input=data)
        return done

    return FakeHost(
        answers={
            **{(tool,): on for tool in ("nft", *tools)},
            ("systemctl",): b"",
            ("systemctl", "show"): b"UnitFileState=enabled\nNeedDaemonReload=no\n\nNeedDaemonReload=no\n",
            **{(tool,): b"" for tool in ("test", "mkdir", "rmdir")},
        }
    )


def opened(fake: Host) -> Open:
    return lambda: NftablesProvider().open(fake, {}, "8d0f5c5e-0000-4000-8000-000000000000")


def is_saved(session: Session) -> Any:
    (found,) = session.read([known_at(8080)])
    return found and found.values["saved"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.create.get("source", "forward"))
def test_a_life_is_saved_all_along_and_leaves_nothing(host: Any, case: Case) -> None:
    fake = saving(host)
    exercise(NftablesProvider(), opened(fake), case)
    assert fake.files == {}
    assert ("systemctl", "-q", "reenable", "kvmplan-nftables.service") in [call.arguments for call in fake.calls]


def test_the_file_makes_the_tables_again_whatever_is_there(host: Any) -> None:
    fake = saving(host)
    apply(opened(fake), operation(Verb.CREATE, "a", 8080))
    before = host.ruleset()
    for damage in ("", "flush ruleset\n", "add rule inet kvmplan output drop\n"):
        host.nft(damage + fake.files[FILE].decode())
        assert host.ruleset() == before


@pytest.mark.parametrize("path", [FILE, UNITS + UNIT, DROP_IN_FILE])
def test_what_is_missing_or_stale_is_seen_and_written_again(host: Any, path: str) -> None:
    fake = saving(host)
    apply(opened(fake), operation(Verb.CREATE, "a", 8080))
    right = dict(fake.files)
    for damage in (lambda: fake.files.pop(path), lambda: fake.files.update({path: b"# mine"})):
        damage()
        assert is_saved(opened(fake)()) is False
        apply(opened(fake), operation(Verb.UPDATE, "a", 8080))
        assert fake.files == right
        assert is_saved(opened(fake)()) is True


def test_who_is_between_changing_a_table_and_saving_it_is_waited_for_and_nobody_else(
    host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake, waited = saving(host), []
    apply(opened(fake), operation(Verb.CREATE, "a", 8080))
    right = dict(fake.files)

    @contextlib.contextmanager
    def lock(name: str, _stopping: Callable[[], bool]) -> Iterator[None]:
        waited.append(name)
        fake.files.update(right)  # who had it has saved by now
        yield

    monkeypatch.setattr(fake, "lock", lock)
    assert is_saved(opened(fake)()) is True
    assert waited == []
    del fake.files[FILE]
    assert is_saved(opened(fake)()) is True
    assert waited == ["nftables"]


def test_killed_at_any_call_the_last_one_to_go_leaves_no_file_behind(host: Any) -> None:
    """The state knows of what is there as long as the file may bring it back."""
    fake = saving(host)
    call = 0
    for call in itertools.count():
        apply(opened(fake), operation(Verb.CREATE, "a", 8080))
        with contextlib.suppress(DiagnosticError):
            apply(opened(RecordingHost(fake, fail_at=call)), operation(Verb.DELETE, "a"))
            break
        assert FILE not in fake.files or "8080" in host.ruleset(), call
    assert call > 10
    assert fake.files == {}


def test_a_batch_that_fails_leaves_what_is_there_saved(host: Any) -> None:
    fake = saving(host)
    apply(opened(fake), operation(Verb.CREATE, "a", 8080))
    right = dict(fake.files)
    apply(opened(fake), operation(Verb.CREATE, "b", 8080))
    assert fake.files == right


def test_what_packets_added_is_not_saved(host: Any) -> None:
    saved = document({OURS: LEARNING})
    assert "10.0.0.1" not in saved
    assert "10.0.0.2" not in saved
    assert "10.0.0.3" in saved
    host.nft(saved)


def test_how_many_elements_newer_nft_counts_is_not_saved() -> None:
    counted = LEARNING.replace("size 100\n", "size 100\t# count 2\n")
    assert document({OURS: counted}) == document({OURS: LEARNING})


def test_without_systemd_the_plan_warns(open_session: Open) -> None:
    session: Any = open_session()
    after: Object = {"source": "192.168.150.0/24", "out_interface": None, "saved": False}
    change = Change(
        verb=Verb.CREATE, address="nftables_masquerade.a", type="nftables_masquerade", before=None, after=after
    )
    (warning,) = session.assess([change], []).diagnostics
    assert not warning.is_error
    assert "systemd does not run this host" in warning.detail


def test_the_units_name_the_hosts_own_nft() -> None:
    files = {path: (text or b"").decode() for path, text in own("/opt/nft", {OURS: LEARNING}).files.items()}
    assert "ExecStart=/opt/nft -f /etc/kvmplan-nftables.nft\n" in files[UNITS + UNIT]
    assert "ExecReload=-/opt/nft -f /etc/kvmplan-nftables.nft\n" in files[DROP_IN_FILE]
