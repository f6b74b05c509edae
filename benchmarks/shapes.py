"""Configurations of a given number of resources, `terraform_data` all of them: Terraform's `main.tf` and ours alike.

Files by path inside the directory, ``main`` being the configuration's one file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shape:
    """``write``: the configuration of that many resources; ``change``: what takes its place once it is applied."""

    write: Callable[[int], str]
    doc: str
    module: str = ""
    change: Callable[[int], str] | None = field(default=None)


def _resource(name: str, value: str, more: str = "") -> str:
    return f'resource "terraform_data" "{name}" {{\n  input = {value}\n{more}}}\n'


def _for_each(name: str, keys: str, value: str = "each.key") -> str:
    return _resource(name, value, f"  for_each = {keys}\n")


def _keys(count: int) -> str:
    written = ", ".join(f'"k{i}"' for i in range(count))
    return f"toset([{written}])"


def blocks(count: int) -> str:
    return "".join(_resource(f"r{i}", f'"r{i}"') for i in range(count))


def foreach(count: int) -> str:
    return _for_each("r", _keys(count))


def chain(count: int) -> str:
    return _resource("r0", '"r0"') + "".join(
        _resource(f"r{i}", f"terraform_data.r{i - 1}.output") for i in range(1, count)
    )


def layers(count: int) -> str:
    """Rows of ten."""
    text = []
    for i in range(count):
        row, place = divmod(i, 10)
        above = [f"terraform_data.r{(row - 1) * 10 + (place + step) % 10}.output" for step in (0, 1)] if row else []
        text.append(_resource(f"r{i}", f'"r{i}:{":".join(f"${{{one}}}" for one in _lengths(above))}"'))
    return "".join(text)


def _lengths(references: Iterable[str]) -> list[str]:
    """The values themselves would double with every row."""
    return [f"length({reference})" for reference in references]


def fan(count: int) -> str:
    return _resource("hub", '"hub"') + "".join(_resource(f"r{i}", "terraform_data.hub.id") for i in range(1, count))


def modules(count: int) -> str:
    return "".join(f'module "m{i}" {{\n  source = "./inner"\n  name = "m{i}"\n}}\n' for i in range(count // 10))


def module_foreach(count: int) -> str:
    return f'module "m" {{\n  source = "./inner"\n  for_each = {_keys(count // 10)}\n  name = each.key\n}}\n'


INNER = (
    'variable "name" {}\n'
    + "".join(_resource(f"r{i}", f'"${{var.name}}-{i}"') for i in range(10))
    + 'output "ids" {\n  value = terraform_data.r0.id\n}\n'
)


def following(count: int) -> str:
    """`for_each` over the instances of another resource."""
    return _for_each("a", _keys(count // 2)) + _for_each("b", "terraform_data.a", "each.value.id")


def table(count: int) -> str:
    """Each instance looks itself up in one large local value."""
    local = f'locals {{\n  all = {{ for k in {_keys(count)} : k => {{ name = "n-${{k}}", size = 1 }} }}\n}}\n'
    return local + _for_each("r", "local.all", "local.all[each.key].name")


def variable(count: int) -> str:
    """A map written out as the default of a variable."""
    entries = "".join(f'    k{i} = {{ name = "n{i}" }}\n' for i in range(count))
    return (
        f'variable "all" {{\n  type = map(object({{ name = string }}))\n  default = {{\n{entries}  }}\n}}\n'
        + _for_each("r", "var.all", "each.value.name")
    )


def secrets(count: int) -> str:
    return _for_each("r", _keys(count), 'sensitive("secret of ${each.key}")')


def outputs(count: int) -> str:
    return (
        _resource("r", "count.index", f"  count = {count}\n")
        + 'output "ids" {\n  value = terraform_data.r[*].id\n}\n'
        + 'output "by_id" {\n  value = { for one in terraform_data.r : one.id => one.output }\n}\n'
    )


def renamed(count: int) -> str:
    """What `foreach` was, each instance with a `moved` block of its own."""
    return "".join(
        f'moved {{\n  from = terraform_data.r["k{i}"]\n  to   = terraform_data.n["k{i}"]\n}}\n' for i in range(count)
    ) + _for_each("n", _keys(count))


def fewer(count: int) -> str:
    return _for_each("r", _keys(1))


def changed(count: int) -> str:
    return _for_each("r", _keys(count), '"${each.key} anew"')


def replaced(count: int) -> str:
    return _resource("r", "each.key", f'  for_each = {_keys(count)}\n  triggers_replace = "anew"\n')


SHAPES: Mapping[str, Shape] = {
    "blocks": Shape(blocks, "independent blocks"),
    "foreach": Shape(foreach, "one block with `for_each`"),
    "chain": Shape(chain, "each refers to the one before"),
    "layers": Shape(layers, "rows of ten, each refers to two of the row above"),
    "fan": Shape(fan, "all refer to one"),
    "modules": Shape(modules, "a module call for every ten", INNER),
    "module_foreach": Shape(module_foreach, "one module call with `for_each`, ten resources in it", INNER),
    "following": Shape(following, "`for_each` over the instances of another resource"),
    "table": Shape(table, "each looks itself up in one large local value"),
    "variable": Shape(variable, "`for_each` over a variable's map, written out"),
    "outputs": Shape(outputs, "`count`, and outputs of all of them"),
    "secrets": Shape(secrets, "a secret in each"),
    "moved": Shape(foreach, "then each renamed by a `moved` block", change=renamed),
    "removed": Shape(foreach, "then all but one gone", change=fewer),
    "changed": Shape(foreach, "then all changed", change=changed),
    "replaced": Shape(foreach, "then all replaced", change=replaced),
}
