"""``kvmplan state list`` and ``kvmplan state show``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.completion import addresses as addresses_there
from kvmplan.cli.completion import instances
from kvmplan.cli.options import HERE, Directory, StatePath


def list_(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ADDRESS]...",
            help="Resources, instances, modules; else everything.",
            show_default=False,
            autocompletion=addresses_there,
        ),
    ] = None,
    identifier: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Only objects whose attribute id is this.")
    ] = None,
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """List the addresses in the state."""
    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import say
    from kvmplan.state.model import new_state
    from kvmplan.state.selection import listed, selected

    found = open_store_in(state, directory).load() or new_state()
    instances = selected(found, addresses) if addresses else listed(found.instances.values())
    for instance in instances:
        if identifier is None or instance.values.get("id") == identifier:
            say(str(instance.address))


def show(
    address: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="An address, as `state list` prints it.", autocompletion=instances)
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Show one instance."""
    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import keep_secret, say
    from kvmplan.plugins import Plugins
    from kvmplan.review.hiding import hidden_instance, secrets_in_state
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.state_json import instance_json
    from kvmplan.review.state_text import instance_text
    from kvmplan.state.selection import find_instance

    found = open_store_in(state, directory).load()
    instance = find_instance(found, address)
    redaction = keep_secret(secrets_in_state(found) if found else ())
    instance = hidden_instance(instance, redaction)
    say(to_text(instance_json(instance)) if json else instance_text(instance, Plugins().schema_of(instance)))
