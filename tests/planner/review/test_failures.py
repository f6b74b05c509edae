"""What is said of an apply that failed: everything when it is little, and something readable when it is much."""

from __future__ import annotations

import random

from kvmplan.addresses import Address
from kvmplan.apply.result import Result, Undone
from kvmplan.plan.model import OperationKey
from kvmplan.review.brief import summarised
from kvmplan.review.failures import incomplete_text
from kvmplan_sdk import Verb, error


def key(number: int, name: str = "a", verb: Verb = Verb.CREATE) -> OperationKey:
    return Address("toy_thing", name, number), verb


def result(
    failed: int, waiting: int, *, undone: Undone | None = None, interrupted: bool = False, unsaved: bool = False
) -> Result:
    failures = [key(number) for number in range(failed)]
    skipped = [key(number, "b") for number in range(waiting)]
    random.Random(1).shuffle(failures)
    random.Random(2).shuffle(skipped)
    return Result(
        instances={},
        outputs={},
        done=(key(1, "c"), key(2, "c", Verb.UPDATE)),
        failed=tuple(failures),
        skipped=tuple(skipped),
        because={one: key(one[0].key % failed) for one in skipped if failed and isinstance(one[0].key, int)},
        diagnostics=(),
        undone=undone,
        interrupted=interrupted,
        unsaved=unsaved,
    )


def test_one_failure() -> None:
    assert incomplete_text(result(1, 5)) == (
        "Apply incomplete. Done: 1 added, 1 changed, 0 destroyed. Failed: 1. Not tried: 5.\n"
        "  Failed: create toy_thing.a[0]\n"
        "  Not tried, because create toy_thing.a[0] failed: create toy_thing.b[0], create toy_thing.b[1], "
        "create toy_thing.b[2] and 2 more\n"
        "What was done is saved. Mend the cause and run `kvmplan apply` again: it goes on from here.\n"
    )


def test_two_hundred_failures_fit_on_a_screen() -> None:
    lines = incomplete_text(result(200, 1000)).splitlines()
    assert len(lines) == 24
    assert lines[1] == "  Failed: create toy_thing.a[0]"
    assert lines[2] == "  Failed: create toy_thing.a[1]"
    assert lines[11] == "  Failed: 190 more"
    assert lines[22] == "  Not tried: 950 more, because of 190 other failures"


def test_an_interrupt() -> None:
    lines = incomplete_text(result(0, 2, interrupted=True)).splitlines()
    assert lines[0].startswith("Apply interrupted. Done: 1 added")
    assert lines[1] == "  Not tried: create toy_thing.b[0], create toy_thing.b[1]"


def test_a_rollback() -> None:
    whole = incomplete_text(result(1, 0, undone=Undone(done=(), left=())))
    assert whole.startswith("Apply failed. Failed: 1. Not tried: 0.\n")
    assert whole.endswith(
        "Rolled back: everything is as it was before.\nMend the cause and run `kvmplan apply` again.\n"
    )
    part = incomplete_text(result(1, 0, undone=Undone(done=(), left=("toy_thing.x",))))
    assert "Rollback incomplete. Not as before: toy_thing.x\nWhat was done is saved." in part


def test_a_state_that_could_not_be_saved_is_not_called_saved() -> None:
    assert "The state could not be saved. What was done is in the journal" in incomplete_text(
        result(0, 0, unsaved=True)
    )


def test_what_many_objects_have_alike_is_said_once() -> None:
    diagnostics = [error("No room", "Make some.", address=f"toy_thing.a[{n}]") for n in range(200)]
    random.Random(3).shuffle(diagnostics)
    (one,) = summarised(diagnostics)
    assert one.address == "toy_thing.a[0]"
    assert one.detail == (
        "Make some.\n\nThe same is wrong with toy_thing.a[1], toy_thing.a[2], toy_thing.a[3] and 196 more."
    )


def test_of_many_different_ones_the_first_are_told_whole_and_the_others_by_name() -> None:
    diagnostics = [error("No room", f"Make {n} bytes.", address=f"toy_thing.a[{n}]") for n in range(200)]
    random.Random(4).shuffle(diagnostics)
    found = summarised(diagnostics)
    assert [one.detail for one in found[:10]] == [f"Make {n} bytes." for n in range(10)]
    assert found[10].summary == "190 more"
    assert found[10].detail.splitlines()[0] == "toy_thing.a[10]: No room"
    assert len(found[10].detail.splitlines()) == 190
    assert summarised(diagnostics[:3]) == sorted(diagnostics[:3], key=lambda one: int((one.address or "")[12:-1]))
