"""An ``encryption`` block told apart: which key providers, methods and targets there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan.config.blocks.arguments import Problems, check_name, nested
from kvmplan.config.blocks.literals import literal_bool
from kvmplan.config.encryption.model import Encryption, KeyProvider, Method, Named, Target
from kvmplan.config.shape import Shape, check_shape
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Attribute, Block, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, error

KEY_PROVIDERS: Mapping[str, Shape] = {
    "pbkdf2": Shape(
        required=frozenset({"passphrase"}),
        optional=frozenset({"iterations", "key_length", "salt_length", "hash_function"}),
    ),
    "env": Shape(required=frozenset({"variable"})),
    "file": Shape(required=frozenset({"path"})),
    "command": Shape(required=frozenset({"command"})),
    "external": Shape(required=frozenset({"command"})),
}
METHODS: Mapping[str, Shape] = {"aes_gcm": Shape(required=frozenset({"keys"})), "unencrypted": Shape()}


def encryption(block: Block, problems: Problems) -> Encryption:
    """What the ``encryption`` block ``block``, or the content of one, declares."""
    return Encryption(
        key_providers={
            name: KeyProvider(kind=found.labels[0], arguments=found.body.attributes, range=found.range)
            for name, found in _labelled(block, "key_provider", KEY_PROVIDERS, problems)
        },
        methods={
            name: Method(
                kind=found.labels[0],
                keys=_named(found.body.attributes.get("keys"), "key_provider", problems),
                range=found.range,
            )
            for name, found in _labelled(block, "method", METHODS, problems)
        },
        targets={name: target for name in ("state", "plan") if (target := _target(block, name, problems)) is not None},
        range=block.range,
    )


def _labelled(block: Block, type_: str, kinds: Mapping[str, Shape], problems: Problems) -> Iterator[tuple[str, Block]]:
    """The blocks of a type with two labels, by these, those of a known kind and each once."""
    seen: set[str] = set()
    for found in nested(block, type_):
        kind, name = found.labels
        check_name(name, found.label_ranges[1], problems)
        if kind not in kinds:
            hint = did_you_mean(kind, kinds) or f" There are: {', '.join(sorted(kinds))}."
            problems.append(
                error(f"Unknown {type_}", f'There is no {type_} "{kind}".{hint}', source=found.label_ranges[0])
            )
        elif f"{kind}.{name}" in seen:
            problems.append(
                error(f"Duplicate {type_}", f"There is a {type_}.{kind}.{name} already.", source=found.range)
            )
        else:
            seen.add(f"{kind}.{name}")
            problems += check_shape(f'{type_} "{kind}"', found.body, kinds[kind], found.range)
            yield f"{kind}.{name}", found


def _target(block: Block, name: str, problems: Problems) -> Target | None:
    found = nested(block, name)
    problems += [error(f"Duplicate {name} block", "There can be one.", source=one.type_range) for one in found[1:]]
    if not found:
        return None
    attributes = found[0].body.attributes
    method = _named(attributes.get("method"), "method", problems)
    if method is None and "method" in attributes:
        return None
    return Target(
        method=method,
        fallbacks=tuple(_fallbacks(found[0], problems)),
        enforced=literal_bool(attributes.get("enforced"), problems, default=False),
        range=found[0].range,
    )


def _fallbacks(block: Block, problems: Problems) -> Iterator[Named]:
    """The methods of fallback blocks, one in another or one after the other."""
    for fallback in nested(block, "fallback"):
        method = _named(fallback.body.attributes.get("method"), "method", problems)
        if method is not None:
            yield method
        yield from _fallbacks(fallback, problems)


def _named(attribute: Attribute | None, root: str, problems: list[Diagnostic]) -> Named | None:
    """``method.aes_gcm.main`` without its root."""
    if attribute is None:
        return None
    reference = static_traversal(attribute.expression)
    if reference is None or reference.root != root or len(reference.steps) != 2:
        kind = "aes_gcm" if root == "method" else "pbkdf2"
        problems.append(
            error(
                f"Not a reference to a {root}",
                f'"{attribute.name}" names a {root} block by its two labels: {root}.{kind}.main.',
                source=attribute.expression.range,
            )
        )
        return None
    return Named(".".join(str(step.key) for step in reference.steps), attribute.expression.range)


__all__ = ["KEY_PROVIDERS", "METHODS", "encryption"]
