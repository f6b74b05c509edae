"""What a plugin may implement. A plugin is a module named by an entry point: of the group ``kvmplan`` for a provider,
of ``kvmplan.backends`` for a backend.
"""

from __future__ import annotations

import pluggy

from kvmplan_sdk.backend import Backend
from kvmplan_sdk.provider import Provider

NAMESPACE = "kvmplan"
BACKENDS = "kvmplan.backends"
hookspec = pluggy.HookspecMarker(NAMESPACE)
hookimpl = pluggy.HookimplMarker(NAMESPACE)


@hookspec
def kvmplan_provider() -> Provider:  # type: ignore[empty-body]
    """Return the provider this plugin brings; its ``name`` equals the entry point's. Called once, when it is needed."""


@hookspec
def kvmplan_backend() -> Backend:  # type: ignore[empty-body]
    """Return the backend this plugin brings; its ``name`` equals the entry point's. Called when it is needed."""
