"""Scopes: what names and functions an expression sees, and where its diagnostics go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Union

from kvmplan.lang.suggest import did_you_mean
from kvmplan.lang.values import Value
from kvmplan.syntax.nodes import Expression, Traversal
from kvmplan_sdk.diagnostics import Diagnostic, Severity, SourceRange, error

if TYPE_CHECKING:
    from kvmplan.lang.function import Function

Resolver = Callable[[Traversal, "Scope"], tuple[Value, int]]
"""Resolves a reference on demand: its value, and how many of its steps that took. May report to the scope."""

Entry = Union[Value, Resolver, Mapping[str, "Entry"]]  # noqa: UP007 - a string cannot be or-ed
"""What a name stands for. A plain mapping is entered by the next step, which must be a static name."""

Provided = Callable[[str], "Function | Diagnostic"]
"""Finds the function called ``provider::NAME::FUNCTION``, or says why there is none, without a place."""


_NO_PROVIDERS = "This expression is evaluated before any provider is known. Call the function in a local value instead."


class Scope:
    """Immutable but for ``diagnostics``, which all scopes made from one another share.

    ``base_dir`` is what relative paths of file functions start from; ``now`` the moment that ``plantimestamp`` tells;
    ``provided`` finds the functions of providers, where they may be called.
    """

    __slots__ = (
        "_parent",
        "base_dir",
        "depth",
        "diagnostics",
        "explains",
        "functions",
        "item",
        "now",
        "provided",
        "pure",
        "variables",
    )

    def __init__(
        self,
        variables: Mapping[str, Entry] | None = None,
        functions: Mapping[str, Function] | None = None,
        *,
        base_dir: Path | str = ".",
        diagnostics: list[Diagnostic] | None = None,
        now: datetime | None = None,
        pure: bool = False,
        provided: Provided | None = None,
    ) -> None:
        if functions is None:
            from kvmplan.lang.functions import FUNCTIONS

            functions = FUNCTIONS
        self.variables: Mapping[str, Entry] = {} if variables is None else variables
        self.functions = functions
        self.base_dir = base_dir if isinstance(base_dir, Path) else Path(base_dir)
        self.diagnostics: list[Diagnostic] = [] if diagnostics is None else diagnostics
        self.now = now
        self.pure = pure
        self.provided = provided
        self.item: Value = None
        self.depth = 0
        self.explains = True
        self._parent: Scope | None = None

    def child(self, variables: Mapping[str, Entry]) -> Scope:
        """A scope that sees ``variables`` first, then what this one sees."""
        made = self._copy()
        made.variables = variables
        made._parent = self
        return made

    def with_item(self, item: Value) -> Scope:
        """A scope for one element of a splat."""
        made = self._copy()
        made.item = item
        return made

    def apart(self) -> Scope:
        """The same scope with diagnostics of its own, for what is only tried."""
        made = self._copy()
        made.diagnostics = []
        return made

    def quiet(self) -> Scope:
        """The same scope for looking things up, what is wrong being of no interest."""
        made = self.apart()
        made.explains = False
        return made

    def alone(self, variables: Mapping[str, Entry]) -> Scope:
        """A scope of the same functions that sees ``variables`` and nothing else: a template's."""
        made = self._copy()
        made.variables, made._parent, made.depth = variables, None, self.depth + 1
        return made

    def _copy(self) -> Scope:
        made = Scope.__new__(Scope)
        made.variables, made.functions, made._parent = self.variables, self.functions, self._parent
        made.base_dir, made.diagnostics, made.now = self.base_dir, self.diagnostics, self.now
        made.pure, made.provided, made.item, made.depth = self.pure, self.provided, self.item, self.depth
        made.explains = self.explains
        return made

    def find(self, name: str) -> Entry | Missing:
        """What ``name`` stands for, or `MISSING`."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.variables.get(name, MISSING)
            if found is not MISSING:
                return found
            scope = scope._parent
        return MISSING

    def function(self, name: str) -> Function | Diagnostic:
        """A function by the name it is called by; or what is wrong with the name, without a place."""
        if name.startswith("provider::"):
            return self.provided(name) if self.provided else error("No provider functions here", _NO_PROVIDERS)
        found = self.functions.get(name) or self.functions.get(name.removeprefix("core::"))
        if found is not None:
            return found
        hint = did_you_mean(name, self.functions)
        return error("Call to unknown function", f'There is no function named "{name}".{hint}')

    def declares(self, reference: Traversal) -> bool:
        """Whether the names that ``reference`` begins with are there, as far as that is told by names alone."""
        entry = self.find(reference.root)
        for step in reference.steps:
            if not isinstance(entry, Mapping):
                break
            entry = entry.get(step.key, MISSING) if isinstance(step.key, str) else MISSING
        return entry is not MISSING and not isinstance(entry, Mapping)

    def names(self) -> list[str]:
        """Every name in scope, for suggestions."""
        found: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            found.update(scope.variables)
            scope = scope._parent
        return sorted(found)

    def error(
        self, summary: str, detail: str, at: Expression | SourceRange | None, about: Expression | None = None
    ) -> None:
        """``about``: the expression whose values explain the error, where it is not ``at``."""
        source = at.range if isinstance(at, Expression) else at
        about = at if about is None and isinstance(at, Expression) else about
        values = () if about is None or not self.explains else self._explained(about)
        self.diagnostics.append(Diagnostic(Severity.ERROR, summary, detail, source, values=values))

    def _explained(self, node: Expression) -> tuple[tuple[str, str], ...]:
        from kvmplan.lang.explain import values_in

        return values_in(node, self.quiet())


class Missing:
    """The type of `MISSING`: what no name stands for."""

    __slots__ = ()


MISSING = Missing()
