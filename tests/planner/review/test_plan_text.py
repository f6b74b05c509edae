"""Plans as text: golden texts, and the lines that tools around pull requests match.

``cases/NAME.json`` is a plan of the toy world as ``show --json`` prints it, ``NAME.txt`` what people read of it;
``KVMPLAN_WRITE_EXPECTED=1`` writes the texts anew.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kvmplan.addresses import Address
from kvmplan.apply.result import Result
from kvmplan.plan.model import Plan
from kvmplan.review.plan_text import counts, output_lines, plan_text
from kvmplan.review.progress import result_text
from kvmplan.review.style import PLAIN, Style
from kvmplan.state.model import new_state
from kvmplan_sdk.provider import Verb

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))
SHARED = Path(__file__).parents[4] / "shared" / "conformance"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="no conformance data")


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / f"{name}.json").read_text())
    return found


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_plans_read_as_they_should(path: Path) -> None:
    text = plan_text(json.loads(path.read_text()))
    expected = path.with_suffix(".txt")
    if os.environ.get("KVMPLAN_WRITE_EXPECTED"):
        expected.write_text(text)
    assert text == expected.read_text()


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_colours_change_nothing_but_colours(path: Path) -> None:
    document = json.loads(path.read_text())
    coloured = plan_text(document, Style(colour=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plan_text(document)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_secret_is_shown(path: Path) -> None:
    shown = plan_text(json.loads(path.read_text()))
    assert "k1" not in shown and "k2" not in shown
    if path.stem != "unsensitive":
        assert "s3cret" not in shown


def matches(pattern: str, text: str) -> list[Any]:
    return re.compile(pattern, re.MULTILINE).findall(text)


@needs_shared
def test_the_lines_that_tfcmt_matches() -> None:
    tfcmt = json.loads((SHARED / "pr_tool_contract.json").read_text())["tfcmt_plan"]
    text = {path.stem: plan_text(json.loads(path.read_text())) for path in CASES}
    for name, one in text.items():
        assert not matches(tfcmt["fail"], one), name
        assert not matches(tfcmt["warning"], one), name
        changed = re.search(r"will be (created|updated|destroyed)|must be replaced", one)
        if name != "output_only":
            assert matches(tfcmt["pass"], one), name
            assert bool(matches(tfcmt["has_no_changes"], one)) is (changed is None), name
        assert bool(matches(tfcmt["has_destroy"], one)) is bool(re.search("will be destroyed|must be rep", one)), name
        assert bool(matches(tfcmt["outputs_changes"], one)) is ("Changes to Outputs:" in one), name
    assert matches(tfcmt["create"], text["create"]) == [
        change["address"] for change in read("create")["resource_changes"]
    ]
    assert matches(tfcmt["update"], text["update"]) == ["toy_thing.base", "toy_thing.full"]
    assert matches(tfcmt["delete"], text["update"]) == ["toy_thing.counted[1]", 'toy_thing.many["a"]']
    assert matches(tfcmt["replace"], text["replace"]) == ["toy_thing.base", "toy_thing.full"]


@needs_shared
def test_the_lines_that_atlantis_matches() -> None:
    atlantis = json.loads((SHARED / "pr_tool_contract.json").read_text())["atlantis"]
    text = plan_text(read("update"))
    assert matches(atlantis["plan_changes"], text) == [("", "1", "2", "2", "")]
    assert matches(atlantis["no_changes"], plan_text(read("nothing")))
    assert [line for _, _, line in matches(atlantis["diff_resource"], text)] == [
        line.strip()[2:] for line in text.splitlines() if re.match(r"\s+[-+~] resource ", line)
    ]
    assigned = [line for line in text.splitlines() if re.match(r"\s+[-+~] \w+ +=", line)]
    assert len(matches(atlantis["diff_keyword"], text)) >= len(assigned)


def empty_plan() -> Plan:
    state = new_state()
    return Plan(prior=state, refreshed=state, changes={}, drift=(), outputs={}, steps=(), needs={}, hosts={}, checks=())


@needs_shared
def test_the_closing_lines_that_tfcmt_matches() -> None:
    tfcmt = json.loads((SHARED / "pr_tool_contract.json").read_text())["tfcmt_apply"]
    key = (Address("toy_thing", "a"), Verb.CREATE)
    plan = empty_plan()

    def result(**parts: Any) -> str:
        nothing: dict[str, Any] = {"instances": {}, "outputs": {}, "diagnostics": ()}
        return result_text(Result(**{"done": (), "failed": (), "skipped": (), **nothing, **parts}), plan)

    assert matches(tfcmt["pass"], result(done=(key,)))
    assert not matches(tfcmt["pass"], result(failed=(key,)))


def test_counts_say_forget_only_where_there_is_something_to_forget() -> None:
    def change(*actions: str) -> dict[str, Any]:
        return {"change": {"actions": list(actions)}}

    assert counts([change("create"), change("delete", "create"), change("no-op")]) == (
        "2 to add, 0 to change, 1 to destroy."
    )
    assert counts([change("forget")]) == "0 to add, 0 to change, 0 to destroy, 1 to forget."


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the order of sets and dicts in this process."""
    code = (
        "import json, pathlib, sys; from kvmplan.review.plan_text import plan_text\n"
        "for name in sys.argv[1:]: print(plan_text(json.loads(pathlib.Path(name).read_text())))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code, *map(str, CASES)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            cwd=tmp_path,
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_an_output_that_only_becomes_sensitive_is_seen_to_change() -> None:
    change = {"before": 1, "after": 1, "after_unknown": False, "before_sensitive": True, "after_sensitive": True}
    assert list(output_lines({"o": change}, PLAIN)) == ["  ~ o = (sensitive value)"]
