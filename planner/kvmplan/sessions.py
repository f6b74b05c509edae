"""The sessions of a run: one per lane, hosts opened once and shared, everything closed at the end."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

from kvmplan.blame import blamed
from kvmplan.config.providers import ProviderUse
from kvmplan.hosts import LocalHost, SshHost, open_host
from kvmplan.lane import Lane
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.proposing import canonical
from kvmplan_sdk.provider import Known, Observed, Provider, Session
from kvmplan_sdk.values import Object

INTERRUPTED_SECONDS = 2.0
"""How long closing may take after an interrupt: a host may be in the middle of an answer that does not come."""


class Sessions:
    """Opens what a lane needs when it is first asked for. Safe to use from several threads, one per lane.

    ``hosts``: addresses by name; ``configurations``: the evaluated configurations of providers.
    """

    def __init__(
        self, plugins: Plugins, hosts: Mapping[str, str], configurations: Mapping[ProviderUse, Object], lineage: str
    ) -> None:
        self._plugins = plugins
        self._addresses = hosts
        self._configurations = configurations
        self._lineage = lineage
        self._hosts: dict[str, LocalHost | SshHost] = {}
        self._sessions: dict[Lane, Session] = {}
        self._failed: dict[Lane, tuple[Diagnostic, ...]] = {}
        self._locks: dict[Lane | str, threading.Lock] = {}
        self._guard = threading.Lock()

    def provider(self, name: str) -> Provider:
        with self._guard:
            return self._plugins.provider(name)

    def get(self, lane: Lane) -> Session:
        """The session of a lane. Raises `DiagnosticError`, the same again for a lane that failed before."""
        with self._lock(lane):
            if lane in self._failed:
                raise DiagnosticError(*self._failed[lane])
            if lane not in self._sessions:
                try:
                    self._sessions[lane] = self._open(lane)
                except DiagnosticError as problem:
                    self._failed[lane] = problem.diagnostics
                    raise
            return self._sessions[lane]

    def read(self, lane: Lane, objects: Sequence[Known]) -> Sequence[Observed | None]:
        """The objects of a lane as they are, sets in canonical order. Raises `DiagnosticError`."""
        schemas = self.provider(lane.provider).schema.resources
        gone = [known for known in objects if known.type not in schemas]
        if gone:
            raise DiagnosticError(*(_no_type(known, lane.provider) for known in gone))
        session = self.get(lane)
        with blamed(lane.provider):
            observed = session.read(objects)
            return [
                now if now is None else replace(now, values=canonical(schemas[known.type], now.values))
                for known, now in zip(objects, observed, strict=True)
            ]

    def _open(self, lane: Lane) -> Session:
        provider = self.provider(lane.provider)
        with self._lock(lane.host):
            if lane.host not in self._hosts:
                self._hosts[lane.host] = open_host(lane.host, self._addresses.get(lane.host, "local"))
            host = self._hosts[lane.host]
        configuration = self._configurations.get(ProviderUse(lane.provider, lane.configuration))
        if configuration is None and lane.configuration:
            raise DiagnosticError(_no_configuration(lane))
        with blamed(lane.provider):
            return provider.open(host, configuration or {}, self._lineage)

    def _lock(self, key: Lane | str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def __enter__(self) -> Sessions:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        closing = threading.Thread(target=self._close, daemon=True)
        closing.start()
        interrupted = kind is not None and issubclass(kind, KeyboardInterrupt)
        closing.join(INTERRUPTED_SECONDS if interrupted else None)

    def _close(self) -> None:
        for session in list(self._sessions.values()):
            with suppress(Exception):  # what a provider does wrong now changes nothing that was done
                session.close()
        for host in list(self._hosts.values()):
            host.close()


def _no_configuration(lane: Lane) -> Diagnostic:
    return error(
        "Provider configuration is gone",
        f"Objects in the state were made with {lane.provider}.{lane.configuration}, which the configuration does not "
        "have any more. Put its provider block back until they are destroyed or moved to another one.",
    )


def _no_type(known: Known, provider: str) -> Diagnostic:
    return error(
        f"Provider {provider} does not know {known.type}",
        f"The state has {known.address}, made by a version of the provider that knew its type. Install that version.",
        address=known.address,
    )
