"""Names that the provider's function makes are names that its bridges may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_netplan.provider import NetplanProvider
from kvmplan_netplan.schema import BRIDGE
from kvmplan_sdk import FunctionError
from kvmplan_sdk.interface_names import LONGEST_PREFIX
from kvmplan_sdk.testing.functions import assert_declared_well, call

PROVIDER = NetplanProvider()
(VALID,) = BRIDGE.attributes["name"].validators
NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
PREFIXES = st.from_regex(rf"[A-Za-z][A-Za-z0-9_.-]{{0,{LONGEST_PREFIX - 1}}}", fullmatch=True)


@given(PREFIXES, NAMES)
def test_a_name_made_of_any_other_can_be_used(prefix: str, name: str) -> None:
    made = call(PROVIDER, "interface_name", prefix, name)
    assert VALID(made) is None
    assert isinstance(made, str)
    assert made.startswith(prefix)
    assert made == prefix + name or made[-5] == "-"


@given(PREFIXES, NAMES)
def test_a_name_that_fits_is_kept(prefix: str, name: str) -> None:
    plain = prefix + name
    kept = call(PROVIDER, "interface_name", prefix, name) == plain
    assert kept == (VALID(plain) is None)


@pytest.mark.parametrize(("prefix", "name", "argument"), [("br-custom-", "a", 0), ("br/", "a", 0), ("br-", "", 1)])
def test_what_makes_no_name_is_refused_at_its_argument(prefix: str, name: str, argument: int) -> None:
    with pytest.raises(FunctionError) as problem:
        call(PROVIDER, "interface_name", prefix, name)
    assert problem.value.argument == argument


def test_functions_are_declared_well() -> None:
    assert_declared_well(PROVIDER)
