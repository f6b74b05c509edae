"""From options to what is asked of planning, with what is wrong in them, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from kvmplan.addresses import Pointer, parse_address, parse_pointer
from kvmplan.cli.options import PlanOptions
from kvmplan.plan.refresh import Ignoring, parse_rule
from kvmplan.plan.request import Request
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, Position, SourceRange, error, warning

A = TypeVar("A")


def requested(options: PlanOptions, *, destroy: bool = False) -> Request:
    """What the options ask for. Raises `DiagnosticError` when that makes no sense."""
    problems = list(_contradictions(options, destroy=destroy))
    request = Request(
        destroy=destroy,
        replacing=_typed(options.replace, parse_address, "--replace", problems),
        targets=_pointers(options.target, options.target_file, "--target", problems),
        excluding=_pointers(options.exclude, options.exclude_file, "--exclude", problems),
        refreshing=options.refresh,
        destroyable=_typed(options.allow_destroy, parse_pointer, "--allow-destroy", problems),
        refresh_only=options.refresh_only,
    )
    if problems:
        raise DiagnosticError(*problems)
    return request


def importing(text: str, identifier: str) -> Request:
    """What ``kvmplan import`` asks for. Raises `DiagnosticError` when it cannot be."""
    address = parse_address(text)
    if address is None or address.mode == "data" or address.deposed or not identifier:
        raise DiagnosticError(
            error(
                "Invalid import",
                f'An import takes an instance of a resource, such as libvirt_network.lan or x.y["key"], and the '
                f'identifier of an object: not "{text}" and "{identifier}".',
            )
        )
    return Request(targets=(address,), importing={address: identifier})


def ignoring(files: Sequence[Path] | None) -> tuple[Ignoring, ...]:
    """The drift that nobody wants to hear of. Raises `DiagnosticError` for what is no address, or no file."""
    problems: list[Diagnostic] = []
    found = [one for path in files or () for one in _listed(path, parse_rule, "--ignore-file", problems)]
    if problems:
        raise DiagnosticError(*problems)
    return tuple(found)


def names_nothing(pointer: Pointer) -> Diagnostic:
    return warning(
        f"Nothing of the address {pointer}", f"--ignore-file names {pointer}, but the state does not have it."
    )


def _contradictions(options: PlanOptions, *, destroy: bool) -> Iterable[Diagnostic]:
    if (options.target or options.target_file) and (options.exclude or options.exclude_file):
        yield error(
            "Both --target and --exclude",
            "The one says what to plan, the other what not to plan: give one of them.",
        )
    if destroy and options.replace:
        yield error("Replacement of what is destroyed", "--replace makes no sense when everything is to go.")
    against = {
        "--refresh=false": not options.refresh,
        "--replace": options.replace,
        "--allow-destroy": options.allow_destroy,
        "destroying": destroy,
    }
    senseless = [name for name, given in against.items() if given]
    if options.refresh_only and senseless:
        yield error(
            "Refreshing, and something else",
            f"--refresh-only lets the state follow the hosts and does nothing else: {' and '.join(senseless)} cannot "
            "go with it.",
        )


def _pointers(
    typed: Sequence[str] | None, files: Sequence[Path] | None, option: str, problems: list[Diagnostic]
) -> tuple[Pointer, ...]:
    named: tuple[Pointer, ...] = _typed(typed, parse_pointer, option, problems)
    listed: list[Pointer] = []
    for path in files or ():
        listed += _listed(path, parse_pointer, f"{option}-file", problems)
    return (*named, *listed)


def _typed(
    texts: Sequence[str] | None, parse: Callable[[str], A | None], option: str, problems: list[Diagnostic]
) -> tuple[A, ...]:
    found = [(text, parse(text)) for text in texts or ()]
    problems += [_invalid(text, option) for text, address in found if address is None]
    return tuple(address for _, address in found if address is not None)


def _listed(path: Path, parse: Callable[[str], A | None], option: str, problems: list[Diagnostic]) -> Iterable[A]:
    """The addresses in a file: one a line; blank lines and what follows a ``#`` at the start of a line do not count."""
    try:
        lines = path.read_text("utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as problem:
        told = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        problems.append(error(f"Cannot read {path}", f"{option} names it: {told}."))
        return
    offset = 0
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        found = parse(text)
        if found is not None:
            yield found
        elif text and not text.startswith("#"):
            start = Position(number, line.index(text) + 1, offset + len(line[: line.index(text)].encode()))
            end = Position(number, start.column + len(text), start.byte + len(text.encode()))
            problems.append(_invalid(text, option).at(SourceRange(str(path), start, end)))
        offset += len(line.encode())


def _invalid(text: str, option: str) -> Diagnostic:
    return error(
        "Invalid address",
        f'{option} takes an address such as libvirt_network.lan, x.y["key"] or module.site; "{text}" is none.',
    )
