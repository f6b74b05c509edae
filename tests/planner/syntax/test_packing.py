"""Packed trees: the same when read back, and nothing but a refusal for bytes that are no packed tree."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.syntax import Body, Expression, nodes, parse_configuration, parse_json_configuration
from kvmplan.syntax.packing import _FORMS, BINARY_OPERATORS, pack, unpack
from kvmplan.syntax.source import Source

from .test_fuzz import TEXTS
from .trees import flat

CORPUS = Path(__file__).parents[4] / "shared" / "conformance" / "parse_corpus" / "files"
OWN = Path(__file__).parents[2]
EVERYTHING = """\
a = [1, -2, 1.5, 1e400, 123456789012345678901234567890, true, false, null, "", "é${x}${"y"}", "${z}", (x)]
b = { c = 1, (d) = 2, "e${f}" = 3, null = 4 }
g = [for k, v in h : v if k != "x"]
i = { for j in l : j.id => j... }
m = n.o["p"][0].q[r].5.s[99999999999] || !core::t(u, v...) && w[*].x[0].y != z.*.a.b
c = x ? f().y : [f][0]["z"].a
d = <<-EOT
    %{ if a ~} b %{ else } c %{ endif }
      %{ for k, v in e }${k}$${v}%{ endfor ~}
  EOT

e "f" g {
  h {}
  dynamic "i" { for_each = [] }
}
"""


def files() -> list[Any]:
    found = [*CORPUS.glob("*.hcl"), *OWN.rglob("*.hcl")]
    return [pytest.param(path, id=path.name) for path in sorted(found)]


@pytest.mark.parametrize("path", files())
def test_files_are_the_same_when_read_back(path: Path) -> None:
    body, problems = parse_configuration(path.read_bytes(), "x")
    if problems:
        return
    text = body.source.text
    assert flat(unpack(pack(body), Source(text, "x"))) == flat(body)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_the_same_when_read_back(text: str) -> None:
    body, problems = parse_configuration(text, "x")
    if not problems:
        assert flat(unpack(pack(body), Source(body.source.text, "x"))) == flat(body)


def test_every_kind_of_node_can_be_packed() -> None:
    body, problems = parse_configuration(EVERYTHING, "x")
    assert not problems
    seen = {kind for kind in flat(body) if isinstance(kind, type)}
    assert seen - {nodes.ObjectItem, nodes.Step} == _FORMS.keys()
    kinds = {kind for kind in vars(nodes).values() if isinstance(kind, type) and issubclass(kind, nodes.Node)}
    assert kinds - {nodes.Node, Expression} == _FORMS.keys()
    assert flat(unpack(pack(body), Source(EVERYTHING, "x"))) == flat(body)


@pytest.mark.parametrize("operator", sorted(BINARY_OPERATORS))
def test_every_operator_can_be_read_back(operator: str) -> None:
    text = f"a = b {operator} c\n"
    body, problems = parse_configuration(text, "x")
    assert not problems
    assert flat(unpack(pack(body), Source(text, "x"))) == flat(body)


def test_what_has_no_packed_form_is_refused() -> None:
    body, _ = parse_json_configuration('{"a": 1}', "x")
    with pytest.raises(ValueError, match="JsonBody cannot be packed"):
        pack(body)


def test_deep_trees_are_refused_or_the_same() -> None:
    for depth in (100, 900):
        text = f"a = {'(' * depth}1{')' * depth}\n"
        body, problems = parse_configuration(text, "x")
        assert not problems
        try:
            data = pack(body)
        except RecursionError:
            continue
        assert flat(unpack(data, Source(text, "x"))) == flat(body)


DATA = pack(parse_configuration(EVERYTHING, "x")[0])


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False))
def test_damaged_bytes_give_a_tree_of_known_nodes_or_a_refusal(chance: random.Random) -> None:
    damaged = bytearray(DATA)
    for _ in range(chance.randint(1, 4)):
        damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 2, 5, 255, chance.randrange(256)))
    try:
        body = unpack(bytes(damaged), Source(EVERYTHING, "x"))
    except ValueError:
        return
    found = flat(body)
    assert all(kind in {*_FORMS, nodes.ObjectItem, nodes.Step} for kind in found if isinstance(kind, type))
    list(body.expressions([]))


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"[]", b"null\n", b'[["a"],1,0]\n', b"[[1],0,0]\n", b"[[],-1,0]\n", b"[" * 100_000, b"\xff\n"]
)
def test_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(data, Source("a = 1\n", "x"))


def test_a_tree_of_another_text_is_refused_where_it_does_not_fit() -> None:
    with pytest.raises(ValueError, match="inside of the text"):
        unpack(DATA, Source("a = 1\n", "x"))


def test_blocks_nested_more_deeply_than_the_parser_lets_are_refused() -> None:
    source = Source("", "x")
    body = Body(source, 0, 0, {}, ())
    for _ in range(300):
        body = Body(source, 0, 0, {}, (nodes.Block(source, 0, 0, "a", 0, (), (), body),))
    shallow = pack(body)
    unpack(shallow, source)
    head, _, rest = shallow.partition(b"\n")
    strings, count, _ = json.loads(head)
    kinds = rest[:count]
    deep_kinds = kinds + kinds[1:] * 3
    numbers = rest[count + 8 * count :]
    leaf, layer = numbers[:8], numbers[8 : 8 + (len(numbers) - 8) // 300]
    made = json.dumps([strings, len(deep_kinds), (len(leaf) + 1200 * len(layer)) // 4]).encode()
    with pytest.raises(ValueError, match="too deeply"):
        unpack(b"".join((made, b"\n", deep_kinds, bytes(8 * len(deep_kinds)), leaf, layer * 1200)), source)
