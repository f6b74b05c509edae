"""What a function is, and how one is called: conversion of arguments, nulls, unknowns and marks, by cty's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    NOT_NULL,
    SENSITIVE,
    Marks,
    Refinement,
    Value,
    is_known,
    is_null,
    is_wholly_known,
    mark,
    type_of_value,
    unknown,
    unmark,
    unmark_deep,
)
from kvmplan_sdk.diagnostics import DiagnosticError
from kvmplan_sdk.types import ANY, Type

if TYPE_CHECKING:
    from kvmplan.lang.scope import Scope
    from kvmplan.syntax.nodes import Call


class FunctionError(Exception):
    """A call that cannot be carried out. ``argument`` counts from 0, when it is one argument's fault."""

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Param:
    """``null``, ``unknown``, ``marked``: the function deals with these itself; ``dynamic``: with values without a type
    too. ``whole``: with anything unknown inside of the argument, the result is unknown.
    """

    name: str
    type: Type = ANY
    null: bool = False
    unknown: bool = False
    marked: bool = False
    dynamic: bool = False
    whole: bool = False


Returns = Type | Callable[..., Type]


@dataclass(frozen=True, slots=True)
class Function:
    """``implementation`` takes the converted arguments (and the scope first, if ``scoped``) and returns a value.

    ``returns`` is the type of the result, or finds it from the arguments, which may be unknown. ``special`` takes the
    call unevaluated instead. ``refine`` is what is known of an unknown result.
    """

    name: str
    params: tuple[Param, ...]
    variadic: Param | None
    returns: Returns
    implementation: Callable[..., Value]
    doc: str
    scoped: bool = False
    special: Callable[[Call, Scope], Value] | None = None
    refine: Refinement = NOT_NULL
    family: str = ""

    @property
    def signature(self) -> str:
        """As one would write the call: ``join(separator, lists...)``."""
        names = [param.name for param in self.params] + ([f"{self.variadic.name}..."] if self.variadic else [])
        return f"{self.name}({', '.join(names)})"

    def param(self, at: int) -> Param | None:
        return self.params[at] if at < len(self.params) else self.variadic

    def takes(self, count: int) -> bool:
        """Whether it can be called with so many arguments."""
        return len(self.params) <= count and (self.variadic is not None or count == len(self.params))

    def call(self, arguments: Sequence[Value], scope: Scope) -> Value:
        """The result for evaluated ``arguments``. Raises `FunctionError`."""
        self._check_count(len(arguments))
        marks: Marks = NO_MARKS
        known, typed = True, True
        made: list[Value] = []
        for at, argument in enumerate(arguments):
            param = self.param(at)
            assert param is not None
            if not param.marked:
                argument, found = unmark_deep(argument)
                marks |= found
            argument = _converted(argument, param, at)
            # As in Terraform, an argument without a type hides nulls that come after it.
            if typed and not param.null and is_null(argument):
                raise FunctionError("argument must not be null", at)
            if not param.dynamic and type_of_value(argument) == ANY:
                typed = False
            elif (not param.unknown and not is_known(argument)) or (param.whole and not is_wholly_known(argument)):
                known, marks = False, marks | unmark(argument)[1]
            made.append(argument)
        if not typed:
            return mark(DYNAMIC, marks)
        if not known:
            return mark(unknown(self._result_type(made), self.refine), marks)
        result = self.implementation(scope, *made) if self.scoped else self.implementation(*made)
        return mark(result, marks) if marks else result

    def _result_type(self, arguments: Sequence[Value]) -> Type:
        return self.returns(*arguments) if callable(self.returns) else self.returns

    def _check_count(self, count: int) -> None:
        least = len(self.params)
        if count < least:
            raise FunctionError(
                f"not enough arguments: {self.signature} needs {least}{'+' if self.variadic else ''}, not {count}; "
                f'missing is "{self.params[count].name}"'
            )
        if count > least and self.variadic is None:
            raise FunctionError(f"too many arguments: {self.signature} takes {least}, not {count}")


Problem = FunctionError | DiagnosticError
_HUSHED = "what is wrong is not shown, as it may tell a sensitive value"


def hushed(problem: Problem, marks: Marks) -> Problem:
    """What is wrong with a call whose arguments have ``marks``: without its words where these may tell a secret."""
    if SENSITIVE not in marks:
        return problem
    if isinstance(problem, FunctionError):
        return FunctionError(_HUSHED, problem.argument)
    said = f"{_HUSHED[0].upper()}{_HUSHED[1:]}."
    return DiagnosticError(*(replace(diagnostic, detail=said) for diagnostic in problem.diagnostics))


def _converted(argument: Value, param: Param, at: int) -> Value:
    if param.type == ANY:
        return argument
    try:
        return convert(argument, param.type)
    except ConversionError as problem:
        raise FunctionError(str(problem), at) from None


Registry = dict[str, Function]


def define(
    registry: Registry,
    name: str,
    *params: Param,
    returns: Returns,
    variadic: Param | None = None,
    **options: Any,
) -> Callable[[Callable[..., Value]], Callable[..., Value]]:
    """Registers the function it decorates; its docstring is the documentation."""

    def register(implementation: Callable[..., Value]) -> Callable[..., Value]:
        doc = (implementation.__doc__ or "").strip()
        registry[name] = Function(name, params, variadic, returns, implementation, doc, **options)
        return implementation

    return register
