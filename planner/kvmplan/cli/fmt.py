"""``kvmplan fmt``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import NoColor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kvmplan_sdk.diagnostics import Diagnostic

_SUFFIXES = (".kvm.hcl", ".kvmvars.hcl")
UNFORMATTED, BROKEN = 3, 2

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[TARGET]...",
        help="Files or folders, or - for standard input; the current folder if left out.",
        show_default=False,
    ),
]


def fmt(
    targets: Targets = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 3 if a file is not canonical.")] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Show what changes.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Descend into folders.")] = False,
    write: Annotated[bool, typer.Option("--write/--no-write", help="Write files back.")] = True,
    listed: Annotated[bool, typer.Option("--list/--no-list", help="Name the files that change.")] = True,
    no_color: NoColor = False,
) -> None:
    """Write configuration files in canonical form. Comments and blank lines stay."""
    from kvmplan.cli.terminal import complain

    names = targets or ["."]
    if names == ["-"]:
        changed, problems, sources = _standard_input(check=check, diff=diff)
    else:
        changed, problems, sources = False, [], {}
        for path in _files(names, problems, recursive=recursive):
            one_changed, found = _file(path, sources, check=check, diff=diff, write=write, listed=listed)
            changed = changed or one_changed
            problems.extend(found)
    complain(problems, sources, no_color=no_color)
    if problems:
        raise typer.Exit(BROKEN)
    if check and changed:
        raise typer.Exit(UNFORMATTED)


def _files(names: list[str], problems: list[Diagnostic], *, recursive: bool) -> Iterator[Path]:
    """The files meant, in order. Folders whose name begins with a dot are left alone."""
    from pathlib import Path

    from kvmplan_sdk.diagnostics import error

    for name in names:
        target = Path(name)
        if target.is_dir():
            yield from _inside(target, recursive=recursive)
        elif not target.exists():
            problems.append(error("No such file", f'There is no file or folder "{name}" to format.'))
        elif not name.endswith(".hcl"):
            problems.append(
                error(
                    "Not a file to format", f'"{name}" is in no form that fmt knows. Name *.kvm.hcl or *.kvmvars.hcl.'
                )
            )
        else:
            yield target


def _inside(folder: Path, *, recursive: bool) -> Iterator[Path]:
    entries = sorted(folder.iterdir())
    yield from (path for path in entries if path.name.endswith(_SUFFIXES) and path.is_file())
    if recursive:
        for path in entries:
            if path.is_dir() and not path.is_symlink() and not path.name.startswith("."):
                yield from _inside(path, recursive=True)


def _file(
    path: Path, sources: dict[str, str], *, check: bool, diff: bool, write: bool, listed: bool
) -> tuple[bool, list[Diagnostic]]:
    """Format one file; whether it changes, and what is wrong with it."""
    name = str(path)
    text, made, problems = _formatted(path.read_bytes(), name)
    sources[name] = text
    if problems or made == text:
        return False, problems
    if listed:
        typer.echo(name)
    if diff:
        typer.echo(_difference(text, made, name), nl=False)
    if write and not check:
        path.write_bytes(made.encode())
    return True, []


def _formatted(data: bytes, name: str) -> tuple[str, str, list[Diagnostic]]:
    """The text in ``data``, what it becomes, and what is wrong with it."""
    from kvmplan.syntax import parse_configuration
    from kvmplan.syntax.format import format_configuration

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("utf-8", errors="replace")
        return text, text, parse_configuration(data, name)[1]
    return text, *format_configuration(text, name)


def _standard_input(*, check: bool, diff: bool) -> tuple[bool, list[Diagnostic], dict[str, str]]:
    import sys

    text, made, problems = _formatted(sys.stdin.buffer.read(), "<stdin>")
    if not problems and not check:
        typer.echo(_difference(text, made, "<stdin>") if diff else made, nl=False)
    return made != text, problems, {"<stdin>": text}


def _difference(before: str, after: str, name: str) -> str:
    import difflib

    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), f"old/{name}", f"new/{name}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)
