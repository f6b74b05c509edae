"""Functions that a provider offers to expressions, which call them as ``provider::NAME::FUNCTION(...)``.

A function is pure: the same arguments have the same answer, on every machine and in every run, for a plan and the apply
after it call it anew. It takes and returns plain values (`kvmplan_sdk.values`). The engine counts and converts the
arguments, refuses nulls, and takes sensitive and ephemeral marks off and puts them on the answer.

Not here: the session of a provider. A function is called without a host and without the provider's configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kvmplan_sdk.types import Type
from kvmplan_sdk.values import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a function; ``doc`` is a sentence.

    ``null``: it may be null, which is an error otherwise. ``unknown``: the function takes arguments with ``UNKNOWN``
    in them, and may answer with ``UNKNOWN`` then; otherwise it is not called with one, and the whole answer is unknown.
    """

    name: str
    type: Type
    doc: str
    null: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """``call`` takes an argument for each of ``parameters``, then any number for ``variadic``, and answers with a value
    of the type ``returns``, or null. What it cannot answer it raises as a `FunctionError`.

    ``summary`` is one line; ``doc`` says the rest.
    """

    summary: str
    returns: Type
    call: Callable[..., Value]
    parameters: tuple[Parameter, ...] = ()
    variadic: Parameter | None = None
    doc: str = ""

    def parameter(self, position: int) -> Parameter | None:
        """What the argument at ``position``, counted from 0, is for; None when there are not so many."""
        return self.parameters[position] if position < len(self.parameters) else self.variadic


class FunctionError(Exception):
    """Raised by a function that cannot answer. ``message`` says what is wrong and what to write instead; ``argument``
    is the position, counted from 0, of the argument whose fault it is.
    """

    def __init__(self, message: str, argument: int | None = None) -> None:
        super().__init__(message)
        self.argument = argument


__all__ = ["Function", "FunctionError", "Parameter"]
