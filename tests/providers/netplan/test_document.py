"""kvmplan's file: what is written is read again, by us and by YAML; anything else is seen to be somebody else's."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_netplan import yaml
from kvmplan_netplan.bridges import netdef, values
from kvmplan_netplan.document import Document, parse_document
from kvmplan_netplan.schema import BRIDGE, FILE
from kvmplan_sdk import DiagnosticError, Object
from kvmplan_sdk.proposing import configure, propose

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SCALARS = st.one_of(TEXT, st.integers(), st.booleans())
KEYS = TEXT.filter(lambda key: not key.startswith("#"))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(SCALARS, max_size=3),
        st.lists(st.dictionaries(KEYS, SCALARS, min_size=1, max_size=3), max_size=3),
        st.dictionaries(KEYS, inner, max_size=3),
    ),
    max_leaves=12,
)
BRIDGES = st.fixed_dictionaries(
    {},
    optional={
        "interfaces": st.lists(st.sampled_from(["ens4", "ens5"]), unique=True),
        "addresses": st.lists(st.sampled_from(["10.0.0.1/24", "fd00::1/64"]), unique=True),
        "dhcp4": st.booleans(),
        "dhcp6": st.booleans(),
        "mtu": st.integers(68, 65535),
        "macaddress": st.just("52:54:00:11:22:33"),
        "routes": st.lists(st.just({"to": "default", "via": "10.0.0.254"}), max_size=2),
        "nameservers": st.fixed_dictionaries({"addresses": st.just(["10.0.0.53"]), "search": st.lists(TEXT)}),
        "parameters": st.fixed_dictionaries({"stp": st.booleans(), "forward_delay": st.none() | st.integers(2, 30)}),
    },
)


def written(name: str, **attributes: Any) -> Object:
    return {**propose(BRIDGE, configure(BRIDGE, {"name": name, **attributes}), None), "file": FILE}


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_what_is_rendered_is_parsed(tree: dict[str, Any]) -> None:
    lines = list(yaml.render(tree))
    assert all(len(line.splitlines()) == 1 for line in lines)
    assert yaml.parse(lines) == tree


@given(BRIDGES)
def test_no_attribute_gets_lost_between_a_resource_and_netplan(attributes: dict[str, Any]) -> None:
    wanted = written("br-a", **attributes)
    assert values("br-a", netdef(wanted), FILE) == wanted


@given(st.dictionaries(st.sampled_from(["br-a", "br-b", "br-c"]), st.tuples(TEXT, BRIDGES)))
def test_documents_come_back(bridges: dict[str, tuple[str, dict[str, Any]]]) -> None:
    items = {name: (address, netdef(written(name, **given_))) for name, (address, given_) in bridges.items()}
    document = Document(items, ("ens4",))
    assert parse_document(document.render(LINEAGE), LINEAGE) == document


def test_the_file_reads_well() -> None:
    definition = netdef(written("br-lan", interfaces=["ens4"], addresses=["10.0.0.1/24"], parameters={"stp": True}))
    document = Document({"br-lan": ('netplan_bridge.lan["a"]', definition)}, ("ens4",))
    assert document.render(LINEAGE).decode() == (
        f"# Written by kvmplan, which overwrites changes made here. State: {LINEAGE}\n"
        '"network":\n'
        '  "version": 2\n'
        '  "ethernets":\n'
        '    "ens4": {}\n'
        '  "bridges":\n'
        '    # netplan_bridge.lan["a"]\n'
        '    "br-lan":\n'
        '      "interfaces":\n'
        '        - "ens4"\n'
        '      "addresses":\n'
        '        - "10.0.0.1/24"\n'
        '      "parameters":\n'
        '        "stp": true\n'
    )


def test_yaml_reads_what_we_mean() -> None:
    nasty = [
        "52:54:00:11:22:33",
        "no",
        "1e3",
        "0o17",
        "~",
        "*a",
        "&a",
        "- x",
        "#",
        "a: b",
        "\t",
        "\x85",
        "ü\n",
        '"\\',
        "%",
    ]
    tree = {"list": nasty, "maps": [{text: text, "n": 1} for text in nasty if text != "#"], "bool": False}
    text = "\n".join([*yaml.render(tree), ""])
    program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    done = subprocess.run(["/usr/bin/python3", "-c", program], input=text.encode(), capture_output=True, check=False)
    if b"No module named" in done.stderr:
        pytest.skip("the system has no PyYAML")
    assert json.loads(done.stdout) == tree


DOCUMENT = Document({"br-a": ("netplan_bridge.a", {"mtu": 1400})}).render(LINEAGE).decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("network: {version: 2}\n", "is not kvmplan's"),
        (DOCUMENT.replace(LINEAGE, "other"), "belongs to another state"),
        (DOCUMENT + "\n# mine\n", "has been edited"),
        (DOCUMENT.replace('"mtu"', "mtu"), "has been edited"),
        (DOCUMENT.replace("1400", "0x578"), "has been edited"),
        (DOCUMENT.replace("    # netplan_bridge.a\n", ""), "has been edited"),
        (DOCUMENT + '    "br-mine": {}\n', "has been edited"),
        (DOCUMENT.partition("\n")[0], "has been edited"),
    ],
)
def test_a_file_that_is_not_as_we_wrote_it_is_refused(text: str, said: str) -> None:
    with pytest.raises(DiagnosticError, match=said):
        parse_document(text.encode(), LINEAGE)


def test_a_changed_value_is_drift_not_an_error() -> None:
    found = parse_document(DOCUMENT.replace("1400", "1300").encode(), LINEAGE)
    assert found.bridges["br-a"] == ("netplan_bridge.a", {"mtu": 1300})


def test_no_file_is_no_bridges() -> None:
    assert parse_document(None, LINEAGE) == Document()
