"""The cache: what it keeps, what it takes for a miss, and that nothing depends on it."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from kvmplan import cache


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kvmplan"


def entry(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


def test_what_is_stored_is_found_by_its_names_only(folder: Path) -> None:
    name = cache.digest(b"a", b"b")
    assert cache.load("tree", name) is None
    cache.store("tree", name, b"data")
    assert cache.load("tree", name) == b"data"
    assert cache.load("other", name) is None
    assert cache.load("tree", cache.digest(b"ab", b"")) is None
    assert folder.stat().st_mode & 0o777 == 0o700
    assert entry(folder).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"x", b"\0" * 40])
def test_a_damaged_entry_is_a_miss(folder: Path, damage: bytes) -> None:
    cache.store("tree", "n", b"data")
    entry(folder).write_bytes(damage)
    assert cache.load("tree", "n") is None


def test_a_flipped_bit_and_an_entry_under_another_name_are_misses(folder: Path) -> None:
    cache.store("tree", "n", b"data")
    whole = entry(folder).read_bytes()
    (folder / "tree-m").write_bytes(whole)
    assert cache.load("tree", "m") is None
    for at in range(len(whole)):
        (folder / "tree-n").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert cache.load("tree", "n") is None


def test_what_cannot_be_written_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text("not a folder")
    cache.store("tree", "n", b"data")
    assert cache.load("tree", "n") is None
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    cache.store("tree", "n", b"data")
    assert cache.load("tree", "n") is None


def test_a_full_disk_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    cache.store("tree", "n", b"data")
    assert list(folder.iterdir()) == []


def test_a_folder_that_others_can_write_to_is_not_used(folder: Path) -> None:
    cache.store("tree", "n", b"data")
    folder.chmod(0o777)
    assert cache.load("tree", "n") is None


def test_it_can_be_turned_off(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.store("tree", "n", b"data")
    monkeypatch.setenv("KVMPLAN_NO_CACHE", "1")
    assert cache.load("tree", "n") is None
    cache.store("tree", "m", b"data")
    assert [path.name for path in folder.iterdir()] == ["tree-n"]


def test_without_a_home_there_is_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    cache.store("tree", "n", b"data")
    assert cache.load("tree", "n") is None


def test_pruning_removes_the_longest_unused_first(folder: Path) -> None:
    for age, name in enumerate("abcd"):
        cache.store("tree", name, b"x" * 84)
        os.utime(folder / f"tree-{name}", (time.time() - age, time.time() - age))
    cache.prune(folder, most_bytes=200)
    assert {path.name for path in folder.iterdir()} == {"tree-a", "tree-b"}
    cache.prune(folder, most_entries=1)
    assert {path.name for path in folder.iterdir()} == {"tree-a"}
    os.utime(folder / "tree-a", (0, 0))
    cache.prune(folder)
    assert list(folder.iterdir()) == []


def test_the_first_store_of_a_run_prunes(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / ".partial-of-a-killed-run").write_bytes(b"")
    os.utime(folder / ".partial-of-a-killed-run", (0, 0))
    cache.store("tree", "n", b"data")
    assert [path.name for path in folder.iterdir()] == ["tree-n"]


def test_an_entry_that_is_used_counts_as_new(folder: Path) -> None:
    cache.store("tree", "n", b"data")
    old = time.time() - 30 * 86400
    os.utime(folder / "tree-n", (old, old))
    assert cache.load("tree", "n") == b"data"
    assert (folder / "tree-n").stat().st_mtime > old + 86400


def test_runs_at_the_same_time_see_whole_entries(folder: Path) -> None:
    seen: set[bytes | None] = set()

    def work(content: bytes) -> None:
        for _ in range(50):
            cache.store("tree", "n", content * 50_000)
            seen.add(cache.load("tree", "n"))

    threads = [threading.Thread(target=work, args=(content,)) for content in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen <= {content * 50_000 for content in (b"a", b"b", b"c")}
    assert entry(folder).name == "tree-n"


def test_a_digest_of_code_changes_with_it(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.py").write_text("x = 1")
    before = cache.code_digest(tmp_path)
    (tmp_path / "deep" / "a.pyc").write_text("")
    assert cache.code_digest(tmp_path) == before
    (tmp_path / "deep" / "a.py").write_text("x = 2")
    assert cache.code_digest(tmp_path) != before
