"""From productions to nodes: what each rule of the grammar makes of its children.

Children are tokens ``(kind, start, end)``, nodes, or what other rules made; ``_``-rules are spliced in already.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from kvmplan.syntax.lexer import Token
from kvmplan.syntax.nodes import (
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    ObjectItem,
    Parentheses,
    Relative,
    Splat,
    SplatItem,
    Step,
    Traversal,
    Tuple,
    Unary,
)
from kvmplan.syntax.number import parse_number
from kvmplan.syntax.source import Source
from kvmplan.syntax.templates import Insertion, Part, Text, assemble, normalized, plain, unescape
from kvmplan_sdk.diagnostics import Diagnostic, error

Children = list[Any]
MAX_SPLATS = 100
_KEYWORDS = {"TRUE": True, "FALSE": False, "NULL": None}


class Builder:
    """Builds the tree of one source; what only the tree shows to be wrong goes to ``problems``."""

    def __init__(self, source: Source, problems: list[Diagnostic]) -> None:
        self.source = source
        self.text = source.text
        self.problems = problems
        self.rules: dict[str, Callable[[Children], Any]] = {
            name.removeprefix("on_"): getattr(self, name) for name in dir(self) if name.startswith("on_")
        }

    def _word(self, token: Token) -> str:
        return self.text[token[1] : token[2]]

    def _problem(self, summary: str, detail: str, start: int, end: int) -> None:
        self.problems.append(error(summary, detail, source=self.source.range(start, end)))

    # Bodies

    def on_body(self, children: Children) -> Body:
        return self._body(children, 0, len(self.text))

    def on_single_line(self, children: Children) -> Body:
        return self._body(children, children[0][1], children[-1][2])

    on_lines = on_single_line

    def _body(self, children: Children, start: int, end: int) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        for child in children:
            if isinstance(child, Block):
                blocks.append(child)
            elif isinstance(child, Attribute):
                first = attributes.setdefault(child.name, child)
                if first is not child:
                    self._problem(
                        "Attribute redefined",
                        f'The argument "{child.name}" was already set at {first.name_range}. Remove one of them.',
                        child.start,
                        child.name_end,
                    )
        return Body(self.source, start, end, attributes, tuple(blocks))

    def on_attribute(self, children: Children) -> Attribute:
        name, _, expression = children
        return Attribute(self.source, name[1], expression.end, self._name(name), name[2], expression)

    def _name(self, token: Token) -> str:
        return normalized(self.text[token[1] : token[2]])

    def on_label(self, children: Children) -> Token:
        return ("LABEL", children[0][1], children[-1][2])

    def on_block(self, children: Children) -> Block:
        head, *labels, body = children
        words = []
        for kind, start, end in labels:
            raw = self.text[start:end]
            read = unescape(raw[1:-1], start + 1, self.source, self.problems) if kind == "LABEL" else raw
            words.append(normalized(read))
        spans = tuple((label[1], label[2]) for label in labels)
        end = labels[-1][2] if labels else head[2]
        return Block(self.source, head[1], end, self._name(head), head[2], tuple(words), spans, body)

    # Terms

    def on_expr_term(self, children: Children) -> Expression:
        kind, start, end = children[0]
        if kind in _KEYWORDS:
            return Literal(self.source, start, end, _KEYWORDS[kind])
        return Traversal(self.source, start, end, self._name(children[0]), end, ())

    def on_int_lit(self, children: Children) -> Literal:
        _, start, end = children[0]
        word = self.text[start:end]
        if len(word) < 100:
            return Literal(self.source, start, end, int(word))
        return self.on_float_lit(children)

    def on_float_lit(self, children: Children) -> Literal:
        _, start, end = children[0]
        return Literal(self.source, start, end, self._number(children[0]))

    def _number(self, token: Token) -> int | Fraction:
        try:
            return parse_number(self._word(token))
        except ValueError as problem:
            self._problem("Invalid number literal", f"{problem}.", token[1], token[2])
            return 0

    def on_parenthesized(self, children: Children) -> Parentheses:
        return Parentheses(self.source, children[0][1], children[2][2], children[1])

    def on_tuple(self, children: Children) -> Tuple:
        items = tuple(child for child in children if type(child) is not tuple)
        return Tuple(self.source, children[0][1], children[-1][2], items)

    def on_object(self, children: Children) -> Object:
        items = tuple(child for child in children if type(child) is ObjectItem)
        return Object(self.source, children[0][1], children[-1][2], items)

    def on_object_elem(self, children: Children) -> ObjectItem:
        key, _, value = children
        if type(key) is Traversal and not key.steps:
            key = Literal(self.source, key.start, key.end, key.root)
        elif type(key) is Literal and (key.value is None or type(key.value) is bool):
            key = Literal(self.source, key.start, key.end, key.text)
        return ObjectItem(key, value)

    def on_function_call(self, children: Children) -> Call:
        at = next(at for at, child in enumerate(children) if child[0] == "LPAR")
        name = "".join(self._word(part) for part in children[:at])
        arguments, expand = children[at + 1] if len(children) > at + 2 else ((), False)
        return Call(self.source, children[0][1], children[-1][2], name, children[at - 1][2], arguments, expand)

    def on_arguments(self, children: Children) -> tuple[tuple[Expression, ...], bool]:
        last = children[-1]
        expand = type(last) is tuple and last[0] == "ELLIPSIS"
        return tuple(child for child in children if type(child) is not tuple), expand

    # Operators

    def on_unary_op(self, children: Children) -> Unary:
        operator, operand = children
        return Unary(self.source, operator[1], operand.end, self._word(operator), operand)

    def on_binary_operator(self, children: Children) -> Token:
        token: Token = children[0]
        return token

    def on_binary_term(self, children: Children) -> tuple[Any, ...]:
        return tuple(children)

    def on_binary_op(self, children: Children) -> Binary:
        left, (operator, right) = children
        return Binary(self.source, left.start, right.end, self._word(operator), left, right)

    def on_conditional(self, children: Children) -> Conditional:
        condition, _, yes, _, no = children
        return Conditional(self.source, condition.start, no.end, condition, yes, no)

    # Steps

    def on_get_attr(self, children: Children) -> Step:
        dot, name = children
        return Step(self._name(name), True, dot[1], name[2])

    def on_short_index(self, children: Children) -> Step:
        dot, number = children
        return Step(self._number(number), False, dot[1], number[2])

    def on_braces_index(self, children: Children) -> Step | Index:
        opener, key, closer = children
        if type(key) is Literal and type(key.value) in (int, str):
            return Step(key.value, False, opener[1], closer[2])  # type: ignore[arg-type]
        return Index(self.source, opener[1], closer[2], key, key)

    def on_get_attr_expr_term(self, children: Children) -> Expression:
        return self._append(children[0], children[1])

    def on_index_expr_term(self, children: Children) -> Expression:
        return self._append(children[0], children[1])

    def on_attr_splat(self, children: Children) -> Token:
        token: Token = children[0]
        return token

    on_full_splat = on_attr_splat

    def on_attr_splat_expr_term(self, children: Children) -> Expression:
        return self._append(children[0], children[1])

    on_full_splat_expr_term = on_attr_splat_expr_term

    def _append(self, base: Expression, step: Step | Index | Token) -> Expression:
        """``base`` followed by ``step``. What follows ``[*]`` is for each element; so are attributes after ``.*``."""
        if isinstance(step, tuple) and self.text[step[1]] == "." and _ends_in_attribute_splat(base):
            problem = "After .* only attributes and legacy indices can follow. Write [*] for nested lists."
            self._problem("Invalid attribute splat", problem, step[1], step[2])
        outer: list[Splat] = []
        while type(base) is Splat and (base.full or self._inside_attribute_splat(step)):
            outer.append(base)
            base = base.each
        if len(outer) > MAX_SPLATS:
            self._problem(
                "Nested too deeply", f"More than {MAX_SPLATS} splats follow one another.", base.start, base.end
            )
            return outer[0]
        made = self._extended(base, step)
        for splat in reversed(outer):
            made = Splat(self.source, splat.start, made.end, splat.base, made, splat.full)
        return made

    def _inside_attribute_splat(self, step: Step | Index | Token) -> bool:
        return type(step) is Step and (step.attribute or self.text[step.start] == ".")

    def _extended(self, base: Expression, step: Step | Index | Token) -> Expression:
        source = self.source
        if isinstance(step, tuple):
            item = SplatItem(source, step[1], step[2])
            return Splat(source, base.start, step[2], base, item, self.text[step[1]] == "[")
        if isinstance(step, Index):
            return Index(source, base.start, step.end, base, step.key)
        if type(base) is Traversal:
            return Traversal(source, base.start, step.end, base.root, base.root_end, (*base.steps, step))
        if type(base) is Relative:
            return Relative(source, base.start, step.end, base.base, (*base.steps, step))
        return Relative(source, base.start, step.end, base, (step,))

    # For expressions

    def on_for_intro(self, children: Children) -> tuple[list[str], Expression]:
        at = next(at for at, child in enumerate(children) if type(child) is tuple and child[0] == "IN")
        return [self._name(child) for child in children[1:at] if child[0] == "NAME"], children[at + 1]

    def on_for_cond(self, children: Children) -> tuple[str, Expression]:
        return ("condition", children[1])

    def on_for_tuple_expr(self, children: Children) -> For:
        opener, intro, value, *rest, closer = children
        return self._for(opener, intro, None, value, rest, closer)

    def on_for_object_expr(self, children: Children) -> For:
        opener, intro, key, _, value, *rest, closer = children
        return self._for(opener, intro, key, value, rest, closer)

    def _for(
        self, opener: Token, intro: Any, key: Expression | None, value: Expression, rest: Children, closer: Token
    ) -> For:
        names, collection = intro
        key_name, value_name = names if len(names) == 2 else (None, names[0])
        group = any(child[0] == "ELLIPSIS" for child in rest)
        condition = next((child[1] for child in rest if child[0] == "condition"), None)
        source, start, end = self.source, opener[1], closer[2]
        return For(source, start, end, key_name, value_name, collection, key, value, condition, group)

    # Templates

    def on_string_part(self, children: Children) -> Any:
        return children[0]

    def on_string(self, children: Children) -> Expression:
        start, end = children[0][1], children[-1][2]
        if len(children) == 3 and type(chars := children[1]) is tuple:
            value = normalized(unescape(self._word(chars), chars[1], self.source, self.problems))
            return Literal(self.source, start, end, value)
        parts = [self._part(child, quoted=True) for child in children[1:-1]]
        return assemble(parts, self.source, start, end, self.problems)

    def on_heredoc_template(self, children: Children) -> Expression:
        opener, closer = children[0], children[-1]
        parts = [self._part(child, quoted=False) for child in children[1:-1]]
        flush = self.text[opener[1] + 2] == "-"
        return assemble(parts, self.source, opener[1], closer[2], self.problems, flush=flush)

    def on_lone_template(self, children: Children) -> Expression:
        parts = [self._part(child, quoted=False) for child in children]
        return assemble(parts, self.source, 0, len(self.text), self.problems)

    def _part(self, child: Token | Insertion, *, quoted: bool) -> Part:
        if isinstance(child, Insertion):
            return child
        _, start, end = child
        raw = self.text[start:end]
        return Text(unescape(raw, start, self.source, self.problems) if quoted else plain(raw), start, end)

    def on_interpolation(self, children: Children) -> Insertion:
        return self._sequence("", children, children[1])

    def on_template_if_start(self, children: Children) -> Insertion:
        return self._sequence("if", children, children[2])

    def on_template_else(self, children: Children) -> Insertion:
        return self._sequence("else", children)

    def on_template_endif(self, children: Children) -> Insertion:
        return self._sequence("endif", children)

    def on_template_endfor(self, children: Children) -> Insertion:
        return self._sequence("endfor", children)

    def on_template_for_start(self, children: Children) -> Insertion:
        names = tuple(self._name(child) for child in children[2:-2] if type(child) is tuple and child[0] == "NAME")
        return self._sequence("for", children, children[-2], names)

    def _sequence(
        self, word: str, children: Children, expression: Expression | None = None, names: tuple[str, ...] = ()
    ) -> Insertion:
        opener, closer = children[0], children[-1]
        left, right = self.text[opener[2] - 1] == "~", self.text[closer[1]] == "~"
        return Insertion(word, opener[1], closer[2], left, right, expression, names)


def _ends_in_attribute_splat(node: Expression) -> bool:
    while type(node) is Splat:
        if not node.full:
            return True
        node = node.each
    return False
