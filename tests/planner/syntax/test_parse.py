"""The parser: what it reads, what it refuses and how it goes on, and that it stands on python-hcl2's grammar."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.syntax import (
    Attribute,
    Binary,
    Literal,
    Splat,
    Template,
    Traversal,
    Wrapped,
    calls,
    parse_configuration,
    parse_expression,
    parse_template,
    references,
    static_traversal,
)
from kvmplan.syntax.grammar import grammar_file, patched, tables
from kvmplan_sdk.diagnostics import Position

NETWORK = """\
# The LAN
resource "libvirt_network" "lan" {
  name = "lan-${var.site}"
  ip   = [for h in var.hosts : h.ip if h.up]

  bridge { name = "br0" }
}
"""


def test_a_configuration_and_its_places() -> None:
    body, problems = parse_configuration(NETWORK, "net.kvm.hcl")
    assert not problems
    (block,) = body.blocks
    assert (block.type, block.labels) == ("resource", ("libvirt_network", "lan"))
    assert block.range.start == Position(2, 1, 10)
    assert block.range.end.column == 33
    assert [range_.start.column for range_ in block.label_ranges] == [10, 28]
    assert list(block.body.attributes) == ["name", "ip"]
    name = block.body.attributes["name"]
    assert isinstance(name, Attribute)
    assert isinstance(name.expression, Template)
    assert name.name_range.end.column == 7
    assert name.expression.range.start == Position(3, 10, 54)
    assert block.body.blocks[0].body.attributes["name"].expression.text == '"br0"'


def test_columns_count_characters_and_bytes_count_bytes() -> None:
    body, _ = parse_configuration('a = "\N{FAMILY}e\u0301" # x\nb = "\N{GRINNING FACE}${c}"\n', "x")
    (reference,) = references(body.attributes["b"].expression)
    assert reference.range.start == Position(2, 9, 29)


def test_several_errors_and_what_is_between_them() -> None:
    text = "a = 1 +\nb = 2\nx {\n  c = [1 2]\n  d = 4\n}\ne = 'f'\ng = 7\ng = 8\n"
    body, problems = parse_configuration(text, "x")
    assert [problem.source.start.line for problem in problems if problem.source] == [1, 4, 7, 9]
    assert set(body.attributes) >= {"b", "g"}
    assert set(body.blocks[0].body.attributes) == {"d"}


@pytest.mark.parametrize("text", ["x {\n  a = [1, 2\n}\n", "x {\n  a = (1 +\n}\n", 'x {\n  a = "${b"\n}\n'])
def test_what_is_not_closed_after_a_mistake_is_not_told(text: str) -> None:
    _, problems = parse_configuration(text, "x")
    assert len(problems) == 1
    assert not problems[0].summary.startswith("Unclosed")


@pytest.mark.parametrize(
    "text",
    [
        "a = 1 b = 2\n", "a = 1\na = 2\n", 'a = "x\ny"\n', 'a = "\\q"\n', 'x "${y}" {\n}\n', "x { a = 1\n}\n",
        "x {\n a = 1 }\n",
        "x\n{\n}\n", "a = b ?\n c : d\n", "a = {b = 1 c = 2}\n", "a = [1\n2]\n", "a = <<EOT\nx\n", "a = ${b}\n",
        "a = 1;\n",
        'a = "${b"\n', 'a = "%{ if b }x"\n', 'a = "%{ else }"\n', "a = b.0.1\n", "a = f(b... , c)\n", "/* never closed",
        "a = .5\n", "a = 5.\n", "a = 0x1\n", "a = b c\n", '"a" = 1\n', "a {", "a = (1\n", "= 1\n",
        "a = [for x : y]\n",
        "a = {for = 1}\n", "a = {\n  for = 1\n}\n", "a = b[for x in c : x]\n", "a = b[*\n]\n", "a = b.\n*\n",
        "a = b.*.*\n", "a = b[*].*.c.*\n", 'a = "\\ud800"\n', "a = <<E\u00a0\nx\nE\n", "a = <<E\n\rx\nE\n",
        "a = <<E\nx\n\x1fE\n", "a = b.1.2\n", "a = b::c\n", "a = f(,)\n", "a = {,}\n", "a = [1,,]\n",
    ],
)  # fmt: skip
def test_refused(text: str) -> None:
    _, problems = parse_configuration(text, "x")
    assert problems
    assert all(problem.source is not None and problem.detail.endswith((".", "?")) for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa = 1\n", "a = --1\n", "a = !!b\n", 'a = "${~ b ~}"\n', "a = (\n  1\n  - 2\n)\n",
        "\u65e5\u672c = 1\n", "in {\n}\n",
        "x { a = 1 }\n", "x {}\n", "a = [\n  1,\n]\n", "a = f(\n  b,\n)\n",
        "a = {\n  b = 1\n\n  c = 2,\n  for_each = 3\n}\n",
        "a = {for k, v in b : k => v... if v}\n", "a = b[*].c[*].d\n", "a = b.*.c.0\n", "a = provider::x::y(1)\n",
        "a = <<EOT\nEOT\n", "a = f(<<-E\n  x ${b}\n  E\n)\n", "a = 1 # c", "a = b ? c : d ? e : f\n",
        "a = {\"${b}\" = 1, (c) = 2}\n",
        "", "\n\n# only a comment\n", "a = 1\r\nb = 2\r\n",
        "for {\n  for = for\n  in = 1\n}\n", "null true {}\n", "true = null(1)\n", "a = null::true::f()\n",
        "a = [for in in in : in if in]\n", "a = [for if, true in if : if if if]\n", "a = {b = 1, for = 2}\n",
        'a = "%{ for in in x }%{ endfor }%{ if else }%{ endif }"\n', "a = b[/* c */*/* d */]./* e */*\n",
        "a = (b[ # c\n*\n].\n*)\n", "a = (b . /* c */ d[/* e */*])\n", "a = b.1e2\n", "a = <<E\nx\n\u00a0E \n",
        "a = <<E\nx\n E\u2003\n",
    ],
)  # fmt: skip
def test_accepted(text: str) -> None:
    _, problems = parse_configuration(text, "x")
    assert not problems


def test_precedence_and_association() -> None:
    expression, _ = parse_expression("1 - 2 - 3 * 4 == 5 && a || !b", "x")
    assert isinstance(expression, Binary)
    assert expression.operator == "||"
    assert isinstance(expression.left, Binary)
    assert expression.left.operator == "&&"
    assert isinstance(expression.left.left, Binary)
    assert expression.left.left.left.text == "1 - 2 - 3 * 4"


def test_what_follows_a_splat_belongs_to_each_element() -> None:
    full, _ = parse_expression("a[*].b[0].c", "x")
    assert isinstance(full, Splat)
    legacy, _ = parse_expression("a.*.b[0]", "x")
    assert not isinstance(legacy, Splat)


def test_strings() -> None:
    expression, _ = parse_expression(r'"\u00e9\U0001F600\t\"$${x} %%{y} \\"', "x")
    assert isinstance(expression, Literal)
    assert expression.value == 'é😀\t"${x} %{y} \\'
    alone, _ = parse_expression('"${a}"', "x")
    assert isinstance(alone, Wrapped)
    bare, _ = parse_template("a\\n$${b}${c}", "x")
    assert isinstance(bare, Template)
    assert isinstance(bare.parts[0], Literal)
    assert bare.parts[0].value == "a\\n${b}"


def test_references_leave_out_local_names() -> None:
    expression, _ = parse_expression('[for k, v in var.x : "${k}${v.a}${local.y["b"][0]}" if f(each.key)]', "x")
    assert expression is not None
    assert [found.text for found in references(expression)] == ["var.x", 'local.y["b"][0]', "each.key"]
    assert [call.name for call in calls(expression)] == ["f"]


def test_static_traversals() -> None:
    plain, _ = parse_expression('host.kvm["a"]', "x")
    assert plain is not None
    found = static_traversal(plain)
    assert isinstance(found, Traversal)
    assert [step.key for step in found.steps] == ["kvm", "a"]
    other, _ = parse_expression("f(x)", "x")
    assert other is not None
    assert static_traversal(other) is None


@pytest.mark.parametrize("opening", ["(", "[", "{a=", "f(", "-", "!", "a ? b : ", '"${', "[for x in y : "])
def test_a_thousand_levels_are_a_diagnostic_or_work(opening: str) -> None:
    parse_expression(opening * 1000, "x")
    closing = {"(": ")", "[": "]", "{": "}", '"': '}"'}.get(opening[0], ")" if opening == "f(" else "")
    _, problems = parse_expression(opening * 1000 + "1" + closing * 1000, "x")
    assert all("deep" in problem.summary.lower() for problem in problems)


def test_blocks_nested_a_thousand_times() -> None:
    _, problems = parse_configuration("a {\n" * 1000 + "}\n" * 1000, "x")
    assert len(problems) <= 1


def test_not_utf8() -> None:
    _, problems = parse_configuration(b"a = 1\nb = \xff\n", "x")
    assert problems[0].source is not None
    assert problems[0].source.start == Position(2, 5, 10)


def test_an_expression_inside_of_a_larger_text_keeps_its_place() -> None:
    expression, _ = parse_expression("a +\nb", "x", Position(7, 11, 100))
    assert isinstance(expression, Binary)
    assert expression.left.range.start == Position(7, 11, 100)
    assert expression.right.range.start == Position(8, 1, 104)


def test_the_grammar_is_python_hcl2s() -> None:
    """Fails when python-hcl2 changes its grammar under our patches."""
    text = patched(grammar_file().read_text())
    for rule in ("or_expr", "mul_binary_term", "for_object_expr", "template_if_start", "get_attr", "function_call"):
        assert f"\n{rule} " in text.replace("?", "").replace("!", "") or f"\n{rule}:" in text
    with pytest.raises(ValueError, match="has 0 rules named start"):
        patched("nothing : here")


def test_tables_are_cached_privately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    tables.cache_clear()
    fresh = tables()
    (file,) = (tmp_path / "kvmplan").iterdir()
    assert (tmp_path / "kvmplan").stat().st_mode & 0o777 == 0o700
    tables.cache_clear()
    assert tables() == fresh
    file.write_text("{")
    tables.cache_clear()
    assert len(tables().states) == len(fresh.states)
    assert not parse_configuration(NETWORK, "x")[1]
    tables.cache_clear()
