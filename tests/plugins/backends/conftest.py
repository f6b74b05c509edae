"""Every backend, configured for the server that it needs."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from kvmplan.backends.finding import find_backend
from kvmplan.backends.settings import completed
from kvmplan_sdk.backend import Storage
from kvmplan_sdk.values import Object

from . import servers
from .servers import GitLab


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with servers.postgres() as found:
        yield found


@pytest.fixture(scope="session")
def seaweed() -> Iterator[str]:
    with servers.seaweed() as found:
        yield found


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with servers.gitlab() as found:
        yield found


@dataclass(frozen=True)
class Kind:
    """A backend with settings of its own for every test."""

    name: str
    values: Object
    directory: Path

    @property
    def workspaces(self) -> bool:
        return find_backend(self.name).workspaces

    def open(self) -> Storage:
        backend = find_backend(self.name)
        nothing = dict.fromkeys(backend.schema.attributes)
        return backend.open(completed({**nothing, **self.values}, backend, {}), str(self.directory))


def http_values(gitlab: GitLab) -> Object:
    state = f"{gitlab.address}{uuid.uuid4()}"
    return {
        "address": state,
        "lock_address": f"{state}/lock",
        "unlock_address": f"{state}/lock",
        "username": servers.USER,
        "password": servers.TOKEN,
        "retry_wait_min": Decimal("0.01"),
    }


def s3_values(endpoint: str) -> Object:
    return {
        "bucket": "states",
        "key": f"{uuid.uuid4()}/kvmplan.state.json",
        "endpoint": endpoint,
        "use_path_style": True,
        "access_key": servers.ACCESS,
        "secret_key": servers.SECRET,
    }


MAKE: dict[str, Callable[[pytest.FixtureRequest], Object]] = {
    "local": lambda _request: {},
    "http": lambda request: http_values(request.getfixturevalue("gitlab")),
    "pg": lambda request: {
        "conn_str": request.getfixturevalue("postgres"),
        "schema_name": f"s{uuid.uuid4().hex}",
    },
    "s3": lambda request: s3_values(request.getfixturevalue("seaweed")),
}


@pytest.fixture(params=MAKE)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Kind:
    return Kind(request.param, MAKE[request.param](request), tmp_path)
