"""Arguments that must be plain: literal strings and booleans, keywords, lists of references."""

from __future__ import annotations

from kvmplan.syntax import Attribute, Expression, Literal, Parentheses, Reference, Tuple, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, error

Problems = list[Diagnostic]


def literal_string(attribute: Attribute | None, default: str) -> tuple[str, Problems]:
    value = _literal(attribute)
    if attribute is None or isinstance(value, str):
        return (default if attribute is None else str(value)), []
    return default, [_not_plain(attribute, 'a string in quotes, such as "text"')]


def literal_bool(attribute: Attribute | None, *, default: bool) -> tuple[bool, Problems]:
    value = _literal(attribute)
    if attribute is None or isinstance(value, bool):
        return (default if attribute is None else bool(value)), []
    if value in ("true", "false"):
        return value == "true", []
    return default, [_not_plain(attribute, "true or false")]


def is_keyword(attribute: Attribute | None, keyword: str) -> bool:
    """Whether the argument is the bare word ``keyword``."""
    if attribute is None:
        return False
    reference = static_traversal(attribute.expression)
    return reference is not None and reference.root == keyword and not reference.steps


def reference_list(attribute: Attribute | None) -> tuple[tuple[Reference, ...], Problems]:
    """A list of plain references, as ``depends_on`` and ``ignore_changes`` have it."""
    if attribute is None:
        return (), []
    if not isinstance(attribute.expression, Tuple):
        return (), [_not_plain(attribute, "a list of references, such as [libvirt_network.lan]")]
    references: list[Reference] = []
    problems: Problems = []
    for item in attribute.expression.items:
        reference = static_traversal(item)
        if reference is None:
            problems.append(
                error(
                    "Not a reference",
                    f'Each item of "{attribute.name}" is a reference, such as libvirt_network.lan (in JSON: quoted).',
                    source=item.range,
                )
            )
        else:
            references.append(reference)
    return tuple(references), problems


def _literal(attribute: Attribute | None) -> object:
    expression: Expression | None = attribute.expression if attribute else None
    while isinstance(expression, Parentheses):
        expression = expression.inner
    return expression.value if isinstance(expression, Literal) else None


def _not_plain(attribute: Attribute, wanted: str) -> Diagnostic:
    return error(
        "Not a plain value",
        f'"{attribute.name}" must be {wanted}: it is read before anything is evaluated.',
        source=attribute.expression.range,
    )
