"""Arguments that must be plain: literal strings and booleans, keywords, lists of references."""

from __future__ import annotations

from kvmplan.syntax import Attribute, Expression, Literal, Parentheses, Reference, Tuple, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, error

Problems = list[Diagnostic]


def literal_string(attribute: Attribute | None, default: str, problems: Problems) -> str:
    value = _literal(attribute)
    if attribute is None or isinstance(value, str):
        return default if attribute is None else str(value)
    problems.append(_not_plain(attribute, 'a string in quotes, such as "text"'))
    return default


def literal_bool(attribute: Attribute | None, problems: Problems, *, default: bool) -> bool:
    value = _literal(attribute)
    if attribute is None or isinstance(value, bool):
        return default if attribute is None else bool(value)
    if value in ("true", "false"):
        return value == "true"
    problems.append(_not_plain(attribute, "true or false"))
    return default


def is_keyword(attribute: Attribute | None, keyword: str) -> bool:
    """Whether the argument is the bare word ``keyword``."""
    if attribute is None:
        return False
    reference = static_traversal(attribute.expression)
    return reference is not None and reference.root == keyword and not reference.steps


def literal_list(attribute: Attribute | None, of: str, problems: Problems) -> tuple[Expression, ...]:
    """The items of a list that is written out."""
    if attribute is None:
        return ()
    if isinstance(attribute.expression, Tuple):
        return attribute.expression.items
    problems.append(_not_plain(attribute, f"a list of {of}"))
    return ()


def reference_list(attribute: Attribute | None, problems: Problems) -> tuple[Reference, ...]:
    """A list of plain references, as ``depends_on`` and ``ignore_changes`` have it."""
    references: list[Reference] = []
    for item in literal_list(attribute, "references, such as [libvirt_network.lan]", problems):
        reference = static_traversal(item)
        if reference is None:
            problems.append(
                error(
                    "Not a reference",
                    f'Each item of "{attribute.name if attribute else ""}" is a reference, such as libvirt_network.lan '
                    "(in JSON: quoted).",
                    source=item.range,
                )
            )
        else:
            references.append(reference)
    return tuple(references)


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
