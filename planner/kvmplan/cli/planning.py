"""Planning as ``plan``, ``apply`` and ``destroy`` share it: what is printed on the way, and when it ends in errors."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import typer

from kvmplan.backends.opening import open_store
from kvmplan.backends.workspaces import current_workspace
from kvmplan.cli.prompt import ask_for_variable
from kvmplan.cli.reading import told_of_reading
from kvmplan.cli.signals import ended_by_signals
from kvmplan.cli.terminal import complain, for_people, in_order, keep_secret, say, styled, tell
from kvmplan.config.encryption.settings import protections_in
from kvmplan.config.loader import layout
from kvmplan.config.variables import Given, unsaved
from kvmplan.plan.file import (
    KEY_FILE,
    PlanFile,
    digest_of,
    makers_of,
    protection_to_read,
    protection_to_write,
    read_plan,
    write_plan,
)
from kvmplan.plan.model import Drift, Plan
from kvmplan.plan.request import Request
from kvmplan.plugins import Plugins
from kvmplan.preparing import Prepared, prepare
from kvmplan.review.hiding import (
    hidden_plan,
    secrets_in_configurations,
    secrets_in_modules,
    secrets_in_plan,
    secrets_in_state,
)
from kvmplan.review.plan_json import plan_json
from kvmplan.review.plan_text import plan_text
from kvmplan.review.relevant_drift import relevant_drift
from kvmplan.review.stream.plan import plan_lines
from kvmplan.run import Run, started
from kvmplan.state.locking import Locking
from kvmplan.state.sealing import Sealing
from kvmplan.state.store import StateStore
from kvmplan_sdk.diagnostics import DiagnosticError
from kvmplan_sdk.schema import ObjectSchema


def given(assignments: list[str] | None, files: list[str] | None, *, asking: bool = False) -> Given:
    """The values of variables from outside, with the order in which they are on the command line. ``asking``: whether
    to ask for what is missing, where there is a terminal.
    """
    written = (re.fullmatch(r"--?(var|var-file)(=.*)?", argument, re.DOTALL) for argument in sys.argv[1:])
    order = tuple(found[1] for found in written if found)
    ask = ask_for_variable if asking and sys.stdin.isatty() and sys.stdout.isatty() else None
    return Given(os.environ, tuple(files or ()), tuple(assignments or ()), order, ask)


@contextmanager
def planned(
    directory: Path,
    values: Given,
    state: Path | None,
    operation: str,
    request: Request,
    *,
    locking: Locking,
    no_color: bool,
) -> Iterator[tuple[Run, Plan, StateStore]]:
    """A run, its plan and its state, which is locked meanwhile. With errors they are printed, and the command ends
    with 1; warnings are left to the caller.
    """
    with running(
        directory,
        values,
        state,
        lambda store: store.locked(operation, locking),
        no_color=no_color,
        empty=request.destroy,
    ) as (run, store):
        prepared = run.prepared
        with told_of_reading() as reading:
            plan = run.plan(request, reading=reading)
        keep_secret(secrets_in_modules(prepared.modules))
        keep_secret(secrets_in_plan(plan))
        stop_on_errors(prepared, no_color=no_color)
        yield run, plan, store


@contextmanager
def running(
    directory: Path,
    values: Given,
    state: Path | None,
    locked: Callable[[StateStore], AbstractContextManager[object]],
    *,
    no_color: bool,
    empty: bool = False,
) -> Iterator[tuple[Run, StateStore]]:
    """A run on the state of the configuration in ``directory``; ``empty``: it may have none. With errors they are
    printed, and the command ends with 1.
    """
    plugins = Plugins()
    workspace = current_workspace(directory)
    prepared = prepare(directory, values, plugins, workspace=workspace, empty=empty)
    keep_secrets_of(prepared, plugins)
    stop_on_errors(prepared, no_color=no_color)
    store = open_store(state, prepared.configuration, workspace)
    store.seal = Sealing(lambda: prepared.protections.state)
    with ended_by_signals(), locked(store):
        try:
            with started(prepared, store, plugins) as run:
                keep_secret(secrets_in_state(run.state))
                yield run, store
        except DiagnosticError as problem:
            complain(problem.diagnostics, prepared.sources, no_color=no_color)
            raise typer.Exit(1) from None


def keep_secrets_of(prepared: Prepared, plugins: Plugins) -> None:
    keep_secret(secrets_in_modules(prepared.modules))
    keep_secret(secrets_in_configurations(prepared.inputs.configurations, plugins))


def stop_on_errors(prepared: Prepared, *, no_color: bool) -> None:
    if prepared.failed:
        complain(in_order(prepared.diagnostics), prepared.sources, no_color=no_color)
        raise typer.Exit(1)


def review(run: Run, plan: Plan) -> dict[str, Any]:
    """The plan representation, with the blocks of the types that are in the plan; secrets are marked wherever."""
    schemas = {}
    for change in plan.changes.values():
        schema, type_ = run.plugins.provider(change.lane.provider).schema, change.address.type
        if change.address.mode == "data":
            schemas[f"data.{type_}"] = schema.data_sources[type_]
        else:
            schemas[type_] = schema.resources[type_]
    schemas |= drift_schemas(plan.drift, run.plugins)
    relevant = relevant_drift(plan, run.prepared.configuration)
    return plan_json(hidden_plan(plan, keep_secret(()), schemas), schemas, relevant)


def drift_schemas(drift: Iterable[Drift], plugins: Plugins) -> dict[str, ObjectSchema]:
    """Those of the types that have drifted, by type."""
    return {one.address.type: plugins.provider(one.lane.provider).schema.resources[one.address.type] for one in drift}


def show(document: Mapping[str, Any], prepared: Prepared, *, no_color: bool) -> None:
    """Show a plan to whoever listens. ``document``: as `review` made it. Warnings follow it, as in Terraform: above a
    long plan nobody sees them.
    """
    tell(lambda: plan_lines(document))
    if for_people():
        say(plan_text(document, styled(no_color=no_color)))
    complain(prepared.diagnostics, prepared.sources, no_color=no_color)


def save(path: Path, run: Run, plan: Plan, document: Mapping[str, Any]) -> None:
    prepared = run.prepared
    configuration = prepared.configuration
    apart = unsaved(configuration)
    file = PlanFile(
        plan=plan,
        review=document,
        sources=configuration.sources,
        directory=configuration.directory,
        layout=layout(configuration),
        given={name: value for name, value in prepared.given.items() if name not in apart},
        workspace=prepared.modules.setting.workspace,
        makers=makers_of(plan, run.plugins),
        digest=digest_of(plan),
    )
    protection = protection_to_write(prepared.protections.plan, plan, configuration)
    write_plan(path, file, protection)
    say(f"\nSaved the plan to {path} ({file.digest}). To carry out exactly it: kvmplan apply {path}")
    if protection.encrypts and not protection.configured:
        say(
            f"It holds sensitive values, so it is encrypted, with the key in {Path(file.directory) / KEY_FILE}: it can "
            "be applied in this directory only. To apply it elsewhere, say in an `encryption` block how."
        )


def saved_plan(path: Path, values: Given) -> PlanFile:
    """A plan file. ``values``: of variables that keys are made of. Raises `DiagnosticError`."""
    return read_plan(
        path, lambda directory: protection_to_read(protections_in(Path(directory), values).plan, directory)
    )
