"""The LALR machine that runs Lark's tables over tokens, and goes on after a syntax error.

Recovery is HCL's: the broken item of a body is dropped, tokens are skipped to the end of its line at the same nesting,
and parsing goes on with the next item.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kvmplan.syntax.builder import Builder
from kvmplan.syntax.grammar import BUILDS, PASSES, SPLICED, Tables
from kvmplan.syntax.lexer import Token
from kvmplan.syntax.mistakes import Mistake, describe
from kvmplan_sdk.diagnostics import Diagnostic

MAX_NESTING = 3000
"""Height of the parser's stack; a parenthesis takes one place of it, a nested block about five."""
MAX_MISTAKES = 20
_OPENING = frozenset({"LBRACE", "LPAR", "LSQB", "INTERP_START", "DIRECTIVE_START"})
_CLOSING = frozenset({"RBRACE", "RPAR", "RSQB", "SEQUENCE_END"})
_NEWLINE: Token = ("NL_OR_COMMENT", 0, 0)


class Driver:
    def __init__(self, tables: Tables, builder: Builder, problems: list[Diagnostic]) -> None:
        self._tables, self._builder, self._problems = tables, builder, problems
        self._rules = [
            (rule.length, rule.use, builder.rules.get(rule.name, _unbuilt), rule.origin) for rule in tables.rules
        ]
        self._states: list[int] = []
        self._values: list[Any] = []

    def run(self, tokens: list[Token], start: str) -> Any:
        """What the ``start`` rule makes of ``tokens``, or None when nothing could be made of them."""
        self._states, self._values = [self._tables.start_states[start]], []
        recoverable = start == "start"
        at, mistakes, count = 0, 0, len(tokens)
        while at < count:
            at = self._advance(tokens, at)
            if at >= count:
                return self._values[-1]
            mistakes += 1
            too_deep = len(self._states) > MAX_NESTING
            if mistakes == 1 or tokens[at][0] != "$END":
                # That something is not closed is likely a consequence of the mistakes before.
                self._report(tokens, at, too_deep=too_deep)
            if not recoverable or too_deep or mistakes >= MAX_MISTAKES or (at := self._recover(tokens, at)) >= count:
                return self._salvaged()
        return None

    def _advance(self, tokens: list[Token], at: int) -> int:
        """Take tokens until one does not fit; its index, or the number of tokens when all were taken."""
        table, rules, settled = self._tables.states, self._rules, self._tables.settled
        states, values = self._states, self._values
        final = frozenset(self._tables.end_states.values())
        for index in range(at, len(tokens)):
            token = tokens[index]
            kind = token[0]
            while True:
                action = table[states[-1]].get(kind)
                if action is None:
                    return len(tokens) if kind == "$END" and states[-1] in final else index
                if action >= 0:
                    states.append(action)
                    values.append(token)
                    break
                length, use, build, origin = rules[-1 - action]
                if length:
                    children = values[-length:]
                    del values[-length:]
                    del states[-length:]
                else:
                    children = []
                if use == BUILDS:
                    values.append(build(children))
                elif use == PASSES:
                    values.append(children[0])
                elif use == SPLICED:
                    values.append(_spliced(children))
                else:
                    values.append(build(_spliced(children)))
                below = states[-1]
                state = settled.get((below, origin, kind))
                states.append(self._settle(below, origin, kind) if state is None else state)
            if len(states) > MAX_NESTING:
                return index
        return len(tokens)

    def _settle(self, below: int, origin: str, kind: str) -> int:
        """The state after ``origin`` on top of ``below``, and after all reductions that only pass its value on."""
        table, rules = self._tables.states, self._tables.rules
        state = table[below][origin]
        while (action := table[state].get(kind)) is not None and action < 0 and rules[-1 - action].use == PASSES:
            state = table[below][rules[-1 - action].origin]
        self._tables.settled[below, origin, kind] = state
        return state

    def _accepts(self, kind: str) -> bool:
        """Whether a token of ``kind`` would fit here."""
        table, rules, states = self._tables.states, self._tables.rules, list(self._states)
        while (action := table[states[-1]].get(kind)) is not None and action < 0:
            rule = rules[-1 - action]
            if rule.length:
                del states[-rule.length :]
            states.append(table[states[-1]][rule.origin])
        return action is not None or (kind == "$END" and states[-1] in self._tables.end_states.values())

    def _report(self, tokens: list[Token], at: int, *, too_deep: bool) -> None:
        expected = {kind for kind in self._tables.states[self._states[-1]] if kind.isupper() or kind == "$END"}
        accepted = frozenset(kind for kind in expected | {"NL_OR_COMMENT"} if self._accepts(kind))
        open_tokens = [value for value in self._values if type(value) is tuple]
        before = tokens[at - 1] if at else None
        mistake = Mistake(self._builder.source, tokens[at], before, accepted, open_tokens, too_deep)
        self._problems.append(describe(mistake))

    def _recover(self, tokens: list[Token], at: int) -> int:
        """Drop the broken item; the index of the token to go on with."""
        if self._accepts("NL_OR_COMMENT") and not any(_opens(value) for value in self._unfinished()):
            self._advance([_NEWLINE], 0)
            return at if _starts_item(tokens, at) else self._skip(tokens, at, 0)
        depth = sum(_opens(value) for value in self._unfinished())
        while len(self._states) > 1 and not self._in_body(self._states[-1]):
            self._states.pop()
            self._values.pop()
        return self._skip(tokens, at, depth)

    def _unfinished(self) -> Iterable[Any]:
        """The values of the item being parsed."""
        at = len(self._states) - 1
        while at > 0 and not self._in_body(self._states[at]):
            at -= 1
        return self._values[at:]

    def _in_body(self, state: int) -> bool:
        actions = self._tables.states[state]
        return (
            "NAME" in actions
            and not {"LPAR", "NL_OR_COMMENT", "EQ"} & actions.keys()
            and bool({"RBRACE", "$END"} & actions.keys())
        )

    def _skip(self, tokens: list[Token], at: int, depth: int) -> int:
        """Past the end of the line at nesting ``depth``, or to the brace that closes the body."""
        for index in range(at, len(tokens)):
            kind = tokens[index][0]
            if kind in _OPENING:
                depth += 1
            elif kind in _CLOSING:
                if depth == 0 and kind == "RBRACE" and len(self._values) > 1:
                    return index
                depth = max(depth - 1, 0)
            elif kind == "NL_OR_COMMENT" and depth == 0:
                return index + 1
            elif kind == "$END":
                return index if self._accepts("$END") else index + 1
        return len(tokens)

    def _salvaged(self) -> Any:
        """A body of the items that did parse, nested ones left out."""
        items: list[Any] = []
        for value in self._values:
            items.extend(value if type(value) is list else [value])
        return self._builder.rules["body"](items) if self._states[0] == self._tables.start_states["start"] else None


def _unbuilt(children: list[Any]) -> Any:
    raise AssertionError("a rule of the grammar is not built")


def _spliced(children: list[Any]) -> list[Any]:
    """Children with those of inline rules put in their place.

    The first list is taken over, so that lists grow in place.
    """
    if children and type(children[0]) is list:
        made, rest = children[0], children[1:]
    else:
        made, rest = [], children
    for child in rest:
        if type(child) is list:
            made.extend(child)
        else:
            made.append(child)
    return made


def _opens(value: Any) -> bool:
    return type(value) is tuple and len(value) == 3 and value[0] in _OPENING


def _starts_item(tokens: list[Token], at: int) -> bool:
    return tokens[at][0] == "NAME" and tokens[at + 1][0] in ("EQ", "LBRACE", "DBLQUOTE")
