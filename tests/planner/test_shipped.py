"""What the modules that come with kvmplan compute, and which values they refuse; each tried as a root module."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kvmplan.config.modules.locate import SHIPPED
from kvmplan.config.variables import Given
from kvmplan.plugins import Plugins

from .cli.kvmplan_command import kvmplan
from .workspace import PlanningError, Workspace

NAT = {"name": "web", "subnet": "192.168.150.0/24"}
POOL = {"pool": "10.20.0.0/16"}


def options(values: dict[str, Any]) -> list[str]:
    return [f"--var={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in values.items()]


def computed(module: str, expression: str, values: dict[str, Any], directory: Path) -> Any:
    arguments = ("--json", "--chdir", str(SHIPPED / module), *options(values))
    said = kvmplan("console", *arguments, cwd=directory, stdin=f"{expression}\n")
    assert (said.status, said.stderr) == (0, "")
    return json.loads(said.stdout)["value"]


def refused(module: str, values: dict[str, Any]) -> set[str]:
    """The variables that a rule refuses; there is no other error."""
    assignments = tuple(option.removeprefix("--var=") for option in options(values))
    with pytest.raises(PlanningError) as problem:
        Workspace(SHIPPED / module, Given({}, assignments=assignments)).prepare(Plugins())
    assert set(problem.value.summaries) == {"Invalid value for variable"}, problem.value
    places = (found.source for found in problem.value.diagnostics)
    lines = [Path(at.filename).read_text().splitlines()[at.start.line - 1] for at in places if at is not None]
    return set(re.findall(r'^variable "(\w+)"', "\n".join(lines), re.MULTILINE))


def test_guests_of_a_nat_network_have_fixed_addresses(tmp_path: Path) -> None:
    values = {**NAT, "guests": {"a": {"number": 10}, "b": {"number": 11, "mac": "52:54:00:00:00:01"}}}
    assert computed("nat-network", "local.addresses", values, tmp_path) == {
        "a": "192.168.150.10",
        "b": "192.168.150.11",
    }
    assert computed("nat-network", "local.macs", values, tmp_path) == {
        "a": "52:54:00:a8:96:0a",
        "b": "52:54:00:00:00:01",
    }


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"name": "a/b"}, "name"),
        ({"subnet": "192.168.150.1/24"}, "subnet"),
        ({"subnet": "192.168.150.0"}, "subnet"),
        ({"subnet": "192.168.150.0/31", "dhcp": None}, "subnet"),
        ({"subnet": "fd00::/64"}, "subnet"),
        ({"subnet": "192.168.150.0/25"}, "dhcp"),
        ({"dhcp": {"first": 9, "last": 8}}, "dhcp"),
        ({"dhcp": {"first": 1, "last": 8}}, "dhcp"),
        ({"guests": {"a": {"number": 1}}}, "guests"),
        ({"guests": {"a": {"number": 5}, "b": {"number": 5}}}, "guests"),
        ({"isolation": ["192.168.151.0/24", "192.168.150.0/24"]}, "isolation"),
        ({"flowtable": ["an interface"]}, "flowtable"),
        ({"forwards": {"a": {"port": 80, "target": "nobody"}}}, "forwards"),
        ({"forwards": {"a": {"port": 80, "target": "192.168.150.9", "protocol": "sctp"}}}, "forwards"),
    ],
)
def test_what_a_nat_network_refuses(wrong: dict[str, Any], variable: str) -> None:
    assert refused("nat-network", {**NAT, **wrong}) == {variable}


@pytest.mark.parametrize(
    ("wrong", "variable"),
    [
        ({"interfaces": []}, "interfaces"),
        ({"name": "a-name-of-a-network"}, "bridge"),
        ({"bridge": "a-name-of-a-bridge"}, "bridge"),
        ({"addresses": ["192.0.2.10"]}, "addresses"),
        ({"gateway": "192.0.2.1"}, "gateway"),
        ({"guests": {"a": {"firewall": {"tcp": ["http"]}}}}, "guests"),
        ({"guests": {"a": {"firewall": {"addresses": ["web"]}}}}, "guests"),
    ],
)
def test_what_a_bridged_network_refuses(wrong: dict[str, Any], variable: str) -> None:
    assert refused("bridged-network", {"interfaces": ["ens4"], **wrong}) == {variable}


def test_subnets_stay_where_they_are_when_others_come_and_go(tmp_path: Path) -> None:
    def subnets(*networks: dict[str, Any]) -> Any:
        return computed("address-plan", "local.subnets", {**POOL, "networks": list(networks)}, tmp_path)

    web, gone, storage = (
        {"name": "web", "prefix": 24},
        {"name": "gone", "prefix": 20},
        {"name": "storage", "prefix": 26},
    )
    before = subnets(web, gone, storage)
    assert before == {"web": "10.20.0.0/24", "gone": "10.20.16.0/20", "storage": "10.20.32.0/26"}
    after = subnets(web, {**gone, "name": None}, storage, {"name": "new", "prefix": 25})
    assert after == {"web": before["web"], "storage": before["storage"], "new": "10.20.32.128/25"}
    assert subnets() == {}


@pytest.mark.parametrize(
    ("values", "variable"),
    [
        ({"pool": "10.20.0.1/16", "networks": []}, "pool"),
        ({"pool": "10.20.0.0", "networks": []}, "pool"),
        ({**POOL, "networks": [{"name": "a", "prefix": 16}]}, "networks"),
        ({**POOL, "networks": [{"name": "a", "prefix": 24}, {"name": "a", "prefix": 24}]}, "networks"),
        ({**POOL, "networks": [{"name": name, "prefix": 17} for name in "abc"]}, "networks"),
    ],
)
def test_what_an_address_plan_refuses(values: dict[str, Any], variable: str) -> None:
    assert refused("address-plan", values) == {variable}
