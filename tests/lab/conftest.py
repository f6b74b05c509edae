"""Fixtures for tests that need a real KVM host: made in the lab, always ended.

The session has a runtime folder and a LAN segment of its own, so that it neither sees nor ends labs of anyone else.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from kvmplan.lab import LabHost, Registry, explain, missing, unmake_all


class HostFactory(Protocol):
    """Makes a lab host whose name ends in ``stem``; options as for `LabHost.up`."""

    def __call__(
        self, stem: str = "host", *, nics: int = 1, address: str | None = None, bind: tuple[str, ...] = ()
    ) -> LabHost: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A lab test has a quarter of an hour, unless it says otherwise: only one that hangs needs it."""
    for item in items:
        if item.get_closest_marker("lab") is not None and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(900))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a lab test where the machine cannot carry it; in CI that is an error."""
    if item.get_closest_marker("lab") is None:
        return
    lacks = explain(missing())
    if not lacks:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run the lab tests, but {lacks}", pytrace=False)
    pytest.skip(lacks)


@pytest.fixture(scope="session")
def lab_token() -> Iterator[str]:
    """A word of this session alone; every host name of it begins so, and ``KVMPLAN_LAB_DIR`` is a folder of its own."""
    token = f"t{secrets.token_hex(2)}"
    before = os.environ.get("KVMPLAN_LAB_DIR")
    os.environ["KVMPLAN_LAB_DIR"] = f"/run/kvmplan-lab-{token}"
    try:
        yield token
    finally:
        if Path(os.environ["KVMPLAN_LAB_DIR"]).exists():
            unmake_all(Registry.default())
        if before is None:
            del os.environ["KVMPLAN_LAB_DIR"]
        else:
            os.environ["KVMPLAN_LAB_DIR"] = before


@pytest.fixture
def lab_host(lab_token: str) -> Iterator[HostFactory]:
    """A factory of lab hosts that end with the test."""
    made: list[LabHost] = []

    def make(stem: str = "host", *, nics: int = 1, address: str | None = None, bind: tuple[str, ...] = ()) -> LabHost:
        host = LabHost.up(f"{lab_token}-{stem}", segment=lab_token, nics=nics, address=address, bind=bind)
        made.append(host)
        return host

    yield make
    for host in reversed(made):
        host.down()


@pytest.fixture(scope="session")
def shared_host(lab_token: str) -> Iterator[LabHost]:
    """One lab host for the tests that leave it as they found it."""
    with LabHost.up(f"{lab_token}-shared", segment=lab_token) as host:
        yield host
