"""A provider's functions called as the engine calls them, with the contract's rules asserted at every call.

The rules are those in `kvmplan_sdk.functions`: an answer is of the declared type, the same for the same arguments, and
known where the arguments are; arguments are left as they are. A breach is an `AssertionError`.

Not here: conversion. The engine converts arguments to the declared types, here they must be of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal

from kvmplan_sdk.functions import Function, FunctionError, Parameter
from kvmplan_sdk.provider import Provider
from kvmplan_sdk.testing.unknowns import leaves, with_unknown
from kvmplan_sdk.types import (
    NUMBER,
    STRING,
    Dynamic,
    ListType,
    MapType,
    ObjectType,
    Primitive,
    SetType,
    TupleType,
    Type,
)
from kvmplan_sdk.values import UNKNOWN, Path, Typed, Value, differences, format_path, is_known


def call(provider: Provider, name: str, *arguments: Value) -> Value:
    """The answer of ``provider::NAME::name(arguments...)``. Raises what the function raises."""
    function = provider.schema.functions[name]
    parameters = _parameters(name, function, arguments)
    for parameter, argument in zip(parameters, arguments, strict=True):
        assert parameter.null or argument is not None, f"the engine refuses null for {parameter.name}"
        _assert_fits(f"{name}'s argument {parameter.name}", argument, parameter.type)
    if not all(parameter.unknown or is_known(one) for parameter, one in zip(parameters, arguments, strict=True)):
        return UNKNOWN
    answer = _answer(name, function, arguments)
    _try_unknowns(name, function, arguments, answer)
    return answer


def assert_declared_well(provider: Provider) -> None:
    """Every function can be called and is documented: names are identifiers, there is prose for each part."""
    for name, function in provider.schema.functions.items():
        assert name.isidentifier(), f"{name!r} cannot be written after provider::{provider.name}::"
        assert function.summary.strip(), f"{name} has no summary"
        assert "\n" not in function.summary, f"{name}'s summary is not one line"
        parameters = [*function.parameters, *([function.variadic] if function.variadic else [])]
        names = [parameter.name for parameter in parameters]
        assert len(set(names)) == len(names), f"{name} has two parameters of one name: {names}"
        for parameter in parameters:
            assert parameter.name.isidentifier(), f"{name}'s parameter {parameter.name!r} is no identifier"
            assert parameter.doc.strip(), f"{name}'s parameter {parameter.name} is not documented"


def _parameters(name: str, function: Function, arguments: Sequence[Value]) -> list[Parameter]:
    assert len(arguments) >= len(function.parameters), f"{name} needs {len(function.parameters)} arguments"
    found = [function.parameter(position) for position in range(len(arguments))]
    parameters = [parameter for parameter in found if parameter is not None]
    assert len(parameters) == len(arguments), f"{name} takes {len(parameters)} arguments, not {len(arguments)}"
    return parameters


def _answer(name: str, function: Function, arguments: Sequence[Value]) -> Value:
    """The answer to known or permitted arguments, which the function is asked for twice."""
    first, second = _asked(name, function, arguments), _asked(name, function, arguments)
    if isinstance(first, FunctionError):
        assert isinstance(second, FunctionError), f"{name} fails the first time only: it is not pure"
        assert (str(first), first.argument) == (str(second), second.argument), f"{name} is not pure: {first}, {second}"
        assert first.argument is None or 0 <= first.argument < len(arguments), f"{name} blames no argument: {first!r}"
        raise first
    assert not isinstance(second, FunctionError), f"{name} fails the second time: it is not pure"
    assert first == second, f"{name} is not pure: it answers {first!r}, then {second!r}"
    _assert_fits(f"{name}'s answer", first, function.returns)
    assert is_known(first) or not all(map(is_known, arguments)), f"{name} gives an unknown answer to known arguments"
    return first


def _asked(name: str, function: Function, arguments: Sequence[Value]) -> Value | FunctionError:
    handed = deepcopy(list(arguments))
    try:
        answer = function.call(*handed)
    except FunctionError as problem:
        return problem
    assert handed == list(arguments), f"{name} changes its arguments"
    return answer


def _try_unknowns(name: str, function: Function, arguments: Sequence[Value], answer: Value) -> None:
    """With an argument or a part of it not known yet, the function answers nothing else than later."""
    for position, argument in enumerate(arguments):
        parameter = function.parameter(position)
        if parameter is None or not parameter.unknown:
            continue
        for path in {(), *leaves(argument)}:
            partly = [*arguments[:position], with_unknown(argument, path), *arguments[position + 1 :]]
            early = _answer(name, function, partly)
            wrong = list(differences(early, answer))
            assert not wrong, f"{name} answers {early!r} to {partly!r}, and when all is known {answer!r}"


def _assert_fits(what: str, value: Value, type_: Type) -> None:
    told = [f"{format_path(path) or 'it'} is not of type {expected}" for path, expected in _misfits(value, type_, ())]
    assert not told, f"{what}: {'; '.join(told)}: {value!r}"


def _misfits(value: Value, type_: Type, at: Path) -> Iterator[tuple[Path, Type]]:
    """Where ``value`` is not shaped like ``type_``; null and unknown fit everywhere."""
    if value is None or value is UNKNOWN:
        return
    inner = _inside(value, type_)
    if inner is None:
        yield at, type_
        return
    for step, item, expected in inner:
        yield from _misfits(item, expected, (*at, step) if step is not None else at)


def _inside(value: Value, type_: Type) -> list[tuple[str | int | None, Value, Type]] | None:
    """The parts of ``value`` and the type that each must have; None when it is not shaped like ``type_`` itself."""
    match type_, value:
        case Dynamic(), _:
            return [(None, value.value, value.type)] if isinstance(value, Typed) else []
        case Primitive(), _:
            return [] if _is_primitive(value, type_) else None
        case ((ListType(element) | SetType(element)), list() | tuple()):
            return [(index, item, element) for index, item in enumerate(value)]
        case TupleType(elements), list() | tuple() if len(value) == len(elements):
            return [(index, item, elements[index]) for index, item in enumerate(value)]
        case MapType(element), Mapping():
            return [(key, item, element) for key, item in value.items()]
        case ObjectType(attributes), Mapping() if value.keys() == attributes.keys():
            return [(key, item, attributes[key]) for key, item in value.items()]
    return None


def _is_primitive(value: Value, type_: Type) -> bool:
    if type_ == NUMBER:
        return isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    return isinstance(value, str if type_ == STRING else bool)
