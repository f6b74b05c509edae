"""How plan files are protected: as the configuration says; where it says nothing, one that holds something sensitive is
encrypted with a key of the directory where it is made, so that the file alone tells nothing.
"""

from __future__ import annotations

from pathlib import Path

from kvmplan.config.model import Configuration
from kvmplan.encryption import AesGcm, Protection, Unencrypted
from kvmplan.encryption.machine_key import MachineKey
from kvmplan.plan.model import Plan
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import error

KEY_FILE = ".kvmplan/plan.key"


def protection_to_write(configured: Protection, plan: Plan, configuration: Configuration) -> Protection:
    if configured.configured or not _holds_secrets(plan, configuration):
        return configured
    return Protection(AesGcm(_key(configuration.directory)))


def protection_to_read(configured: Protection, directory: str) -> Protection:
    """``directory``: of the root module that was planned."""
    if configured.configured:
        return configured
    return Protection(Unencrypted(), (AesGcm(_key(directory)),))


def _key(directory: str) -> MachineKey:
    path = Path(directory) / KEY_FILE
    return MachineKey(
        path,
        error(
            "Plan of another directory",
            f"It holds sensitive values, so it is encrypted with a key that is where it was made, in {path}, and not "
            "here. Apply it there, plan here, or say with an `encryption` block how plans that travel are encrypted.",
        ),
    )


def _holds_secrets(plan: Plan, configuration: Configuration) -> bool:
    return (
        any(variable.sensitive for module in configuration.tree() for variable in module.variables.values())
        or any(change.sensitive or change.before_sensitive for change in plan.changes.values())
        or any(data.sensitive for data in plan.data.values())
        or any(output.sensitive for output in plan.outputs.values())
        or _has_secrets(plan.prior)
        or _has_secrets(plan.refreshed)
    )


def _has_secrets(state: State) -> bool:
    return any(one.sensitive for one in state.instances.values()) or any(
        output.sensitive for output in state.outputs.values()
    )


__all__ = ["KEY_FILE", "protection_to_read", "protection_to_write"]
