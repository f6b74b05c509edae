"""``kvmplan state replace-provider``"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, AutoApprove, Directory, Lock, LockTimeout, StatePath

if TYPE_CHECKING:
    from kvmplan.state.model import Instance


def replace_provider(
    former: Annotated[str, typer.Argument(metavar="FROM", help="The provider that made the objects.")],
    successor: Annotated[str, typer.Argument(metavar="TO", help="The provider that takes them over.")],
    auto_approve: AutoApprove = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Hand the objects of one provider over to another. It must know their types."""
    from kvmplan.cli.state.editing import editing
    from kvmplan.cli.terminal import ask, say
    from kvmplan.state.model import new_state
    from kvmplan.state.providers import handed_over, made_by

    with editing("state replace-provider", state, directory, lock=lock, lock_timeout=lock_timeout) as (store, stored):
        found = stored or new_state()
        instances = made_by(found, former)
        if not instances:
            used = sorted({one.provider for one in found.instances.values()})
            say(f'Nothing in the state is of the provider "{former}". It has objects of: {", ".join(used) or "none"}.')
            return
        _check_types(instances, successor)
        say(_question(former, successor, instances))
        if not auto_approve and not ask("\nDo you want to make these changes?\nOnly 'yes' will be accepted: "):
            say("Nothing was changed.")
            raise typer.Exit(1)
        store.save(handed_over(found, instances, successor))
    say(f"\nSuccessfully replaced provider for {len(instances)} resources.")


def _question(former: str, successor: str, instances: Sequence[Instance]) -> str:
    head = [
        "kvmplan will perform the following actions:",
        "",
        "  ~ Updating provider:",
        f"    - {former}",
        f"    + {successor}",
        "",
        f"Changing {len(instances)} resources:",
        "",
    ]
    return "\n".join([*head, *(f"  {one.address}" for one in instances)])


def _check_types(instances: Sequence[Instance], provider: str) -> None:
    """Raises `DiagnosticError` when the provider is not there, or does not know a type."""
    from kvmplan.plugins import Plugins
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    known = Plugins().provider(provider).schema.resources
    unknown = sorted({one.address.type for one in instances} - known.keys())
    if unknown:
        raise DiagnosticError(
            *(
                error(
                    "Provider does not know a type",
                    f'"{provider}" has no {name}, so it cannot take such objects over. It has: '
                    f"{', '.join(sorted(known)) or 'none'}.",
                )
                for name in unknown
            )
        )
