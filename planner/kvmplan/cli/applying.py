"""Applying as ``apply`` and ``destroy`` share it: approval, progress, interrupts, the closing lines."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TextIO

from kvmplan.apply.events import Event, Interrupted, Listener, StepRunning
from kvmplan.apply.result import Result
from kvmplan.apply.stopping import Stop
from kvmplan.backends.opening import open_store
from kvmplan.cli.planning import keep_secrets_of, planned, review, saved_plan, show, stop_on_errors
from kvmplan.cli.signals import ended_by_signals
from kvmplan.cli.terminal import ask, complain, for_people, keep_secret, live_line, say, styled, tell
from kvmplan.config.variables import Given
from kvmplan.plan.file import check_current, check_digest, check_expected, check_makers, digest_of
from kvmplan.plan.model import Plan
from kvmplan.plan.request import Request
from kvmplan.plugins import Plugins
from kvmplan.preparing import prepare_again
from kvmplan.review.hiding import hidden_outputs, secrets_in_plan, secrets_in_state
from kvmplan.review.output_text import outputs_text
from kvmplan.review.progress import Tally, progress_lines, result_text
from kvmplan.review.stream.apply import event_lines, result_lines
from kvmplan.review.stream.plan import plan_lines
from kvmplan.run import Run, started
from kvmplan.state.locking import Locking
from kvmplan.state.sealing import Sealing
from kvmplan.state.store import StateStore
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

PERFORM = "Do you want to perform these actions?\n  kvmplan will perform the actions described above.\n"
DESTROY = "Do you really want to destroy all resources?\n  kvmplan will destroy what is shown above.\n"
REFRESH = (
    "Do you want to update the state with what was found?\n"
    "  kvmplan will write the changes above into the state, and change nothing on any host.\n"
)
RESCUE_SECONDS = 5.0
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ANSWER = "  Only 'yes' will be accepted to approve.\n\n  Enter a value: "


def plan_and_apply(
    directory: Path,
    values: Given,
    state: Path | None,
    request: Request,
    *,
    auto_approve: bool,
    expected: str | None = None,
    parallelism: int,
    rollback: bool = False,
    locking: Locking,
    no_color: bool,
    command: str = "apply",
) -> bool:
    """Plan, ask and apply. ``expected``: the digest that the plan must have. Returns whether everything was done."""
    operation = "destroy" if request.destroy else "apply"
    if expected is not None:
        check_digest(expected)
    if not (auto_approve or for_people()):
        raise DiagnosticError(_nobody_to_ask())
    with planned(directory, values, state, operation, request, locking=locking, no_color=no_color) as (
        run,
        plan,
        store,
    ):
        show(review(run, plan), run.prepared, no_color=no_color)
        if expected is not None:
            check_expected(digest_of(plan), expected)
        if not plan.is_empty and not auto_approve and not ask(f"\n{_question(request)}{ANSWER}"):
            hint = "" if sys.stdin.isatty() else " Where nobody answers, use --auto-approve, or apply a saved plan."
            say(f"{operation.capitalize()} cancelled.{hint}")
            return False
        return carry_out(
            run, plan, store, parallelism=parallelism, rollback=rollback, no_color=no_color, command=command
        )


def _question(request: Request) -> str:
    if request.refresh_only:
        return REFRESH
    return DESTROY if request.destroy else PERFORM


def apply_saved(
    path: Path,
    values: Given,
    state: Path | None,
    *,
    expected: str | None,
    parallelism: int,
    rollback: bool,
    locking: Locking,
    no_color: bool,
) -> bool:
    """Carry out a saved plan without asking: it was reviewed. ``values``: of variables that no file keeps."""
    saved = saved_plan(path, values)
    if expected is not None:
        check_expected(saved.digest, expected)
    plugins = Plugins()
    check_makers(saved.makers, plugins)
    prepared = prepare_again(
        saved.sources,
        saved.directory,
        saved.layout,
        saved.given,
        values,
        plugins,
        saved.plan.moment,
        saved.workspace,
    )
    keep_secrets_of(prepared, plugins)
    stop_on_errors(prepared, no_color=no_color)
    store = open_store(state, prepared.configuration, saved.workspace)
    store.seal = Sealing(lambda: prepared.protections.state)
    with ended_by_signals(), store.locked("apply", locking):
        lineage = saved.plan.prior.lineage
        with started(prepared, store, plugins, lineage=lineage) as run:
            check_current(saved.plan, run.state, run.recovered.unsure)
            run.adopt(saved.plan)
            keep_secret(secrets_in_plan(saved.plan))
            tell(lambda: plan_lines(saved.review))
            say(f"Carrying out the plan {path} ({saved.digest}).")
            return carry_out(run, saved.plan, store, parallelism=parallelism, rollback=rollback, no_color=no_color)


def carry_out(
    run: Run,
    plan: Plan,
    store: StateStore,
    *,
    parallelism: int,
    rollback: bool,
    no_color: bool,
    command: str = "apply",
) -> bool:
    style = styled(no_color=no_color)
    imports = {change.address for change in plan.changes.values() if change.only_takes_in}
    tally = Tally(sum(len(step.operations) for step in plan.steps), imports)

    def listener(event: Event) -> None:
        tell(lambda: event_lines(event, plan, keep_secret(())))
        tally.take(event)
        lines = [] if isinstance(event, StepRunning) and live else list(progress_lines(event, style, imports))
        if lines:
            say("\n".join(lines))

    if plan.steps:
        say("")
    with live_line(lambda width: tally.line(width, time.monotonic())) as live, _interruptible(listener) as stop:
        result: Result = run.apply(
            plan, store, listener=listener, stop=stop, parallelism=parallelism, rollback=rollback
        )
    redaction = keep_secret(secrets_in_state(replace(run.state, instances=result.instances, outputs=result.outputs)))
    complain(result.diagnostics, run.prepared.sources, brief=True, no_color=no_color)
    result = replace(result, outputs=hidden_outputs(result.outputs, redaction))
    tell(lambda: result_lines(result, plan, command))
    say("\n" + result_text(result, plan, style, command=command))
    if result.complete and result.outputs:
        say("\n" + outputs_text(result.outputs))
    return result.complete


def _nobody_to_ask() -> Diagnostic:
    return error(
        "Nobody to ask for approval",
        "With --json there is no question. Add --auto-approve, or save a plan with `kvmplan plan --out FILE`, review "
        "it, and run `kvmplan apply --json FILE`.",
    )


@contextmanager
def _interruptible(listener: Listener) -> Iterator[Stop]:
    """A wish to stop that the first interrupt makes; the second ends the process at once, with what is known saved."""
    stop = Stop()

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            saved = "What is known is saved; " if stop.save_within(RESCUE_SECONDS) else ""
            _write_now(sys.stderr, f"\nStopped at once. {saved}the next kvmplan looks for what was under way.\n")
            os._exit(130)
        stop.set()
        # The main thread may be in the middle of a write that a signal's handler must not wait for.
        threading.Thread(target=listener, args=(Interrupted(),)).start()

    before = {number: signal.getsignal(number) for number in _INTERRUPTS}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, on_interrupt)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _write_now(stream: TextIO, text: str) -> None:
    """Write past the stream's buffer: a signal may have come in the middle of a write to it."""
    with suppress(OSError, ValueError):
        os.write(stream.fileno(), text.encode())
