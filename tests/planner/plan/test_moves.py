"""Moves: nothing is lost, nothing is there twice, whatever the statements are; and how far statements lead."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kvmplan.addresses import Address, ModuleAddress
from kvmplan.config.loader import parse_sources
from kvmplan.plan.moves import Statements, relocate
from kvmplan.state.model import Instance, State

from ..workspace import address

PLACES = [
    f"{module}x_y.{name}{key}"
    for module in ("", "module.m.", 'module.m["k"].', "module.n.", "module.m.module.n.")
    for name in ("a", "b")
    for key in ("", "[0]", '["k"]')
]
MODULES = ["module.m", 'module.m["k"]', "module.n", "module.m.module.n"]
blocks = st.lists(
    st.one_of(*(st.tuples(st.sampled_from(ends), st.sampled_from(ends)) for ends in (PLACES, MODULES))), max_size=6
)
repeated = st.sampled_from(["", "count = 1", 'for_each = toset(["k"])'])


def moved(*statements: tuple[str, str]) -> str:
    return "".join(f"moved {{\n  from = {source}\n  to = {target}\n}}\n" for source, target in statements)


@given(st.lists(st.sampled_from(PLACES), unique=True), blocks, repeated)
def test_no_instance_is_lost_and_none_is_there_twice(
    there: list[str], statements: list[tuple[str, str]], repetition: str
) -> None:
    text = f'resource "x_y" "a" {{\n  {repetition}\n}}\n' + moved(*statements)
    configuration, _ = parse_sources({"main.kvm.hcl": text}, "")
    instances = {at: Instance(address=at, host="h", values={"was": str(at)}) for at in map(address, there)}
    found = relocate(State(lineage="l", instances=instances), configuration)
    after = found.state.instances
    assert sorted(str(one.values["was"]) for one in after.values()) == sorted(there)
    assert all(one.address == at for at, one in after.items())
    for at, one in after.items():
        assert str(found.former.get(at, at)) == one.values["was"]
    assert not any(at == former for at, former in found.former.items())


def ends_at(text: str, start: str) -> str:
    configuration, problems = parse_sources({"main.kvm.hcl": text}, "")
    assert not problems
    return str(Statements(configuration).follow(address(start))[0])


def test_statements_are_followed_from_the_inside_out() -> None:
    text = moved(
        ("module.m", 'module.n["k"]'),
        ("x_y.a", "x_y.b"),
        ("x_y.b", "module.m.x_y.c"),
        ("x_y.a[1]", "x_y.one"),
        ("module.m.x_y.d", "x_y.out"),
    )
    assert ends_at(text, "x_y.a") == 'module.n["k"].x_y.c'
    assert ends_at(text, "x_y.a[0]") == 'module.n["k"].x_y.c[0]'
    assert ends_at(text, "x_y.a[1]") == "x_y.one"
    assert ends_at(text, "module.m.x_y.d") == "x_y.out"
    assert ends_at(text, "module.m.module.deep[0].x_y.e[3]") == 'module.n["k"].module.deep[0].x_y.e[3]'
    assert ends_at(text, "other.x") == "other.x"


def test_a_taken_place_stops_the_way_to_it() -> None:
    configuration, _ = parse_sources({"main.kvm.hcl": moved(("x_y.a", "x_y.b"), ("x_y.b", "x_y.c"))}, "")
    instances = {at: Instance(address=at, host="h", values={}) for at in (Address("x_y", "a"), Address("x_y", "b"))}
    found = relocate(State(lineage="l", instances=instances), configuration)
    assert {str(new): str(old) for new, old in found.former.items()} == {"x_y.c": "x_y.b"}
    assert set(map(str, found.state.instances)) == {"x_y.a", "x_y.c"}
    assert "x_y.a could not move to x_y.b" in found.diagnostics[0].detail


def test_what_a_statement_names_does_not_move_by_itself() -> None:
    text = 'resource "x_y" "a" {\n  count = 3\n}\n'
    at = Address("x_y", "a")
    state = State(lineage="l", instances={at: Instance(address=at, host="h", values={})})
    for statement, ends in (("", "x_y.a[0]"), (moved(("x_y.z", "x_y.a[2]")), "x_y.a")):
        configuration, _ = parse_sources({"main.kvm.hcl": text + statement}, "")
        assert list(map(str, relocate(state, configuration).state.instances)) == [ends]


def test_modules_are_members_of_circles() -> None:
    configuration, _ = parse_sources({"main.kvm.hcl": moved(("module.a", "module.b"), ("module.b", "module.a"))}, "")
    inside = Address("x_y", "any", module=ModuleAddress((("a", None),)).module)
    assert Statements(configuration).lead_back(inside, Address("x_y", "any", module=(("b", None),)))
