"""What commands say: text to people on standard output, diagnostics on standard error, lines to programs, nothing of it
with the secrets that are known by then. A reader that goes away, or a disk that is full, ends what is said there, and
nothing else.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from kvmplan.cli.live import Live, is_possible
from kvmplan.cli.streaming import Stream
from kvmplan.review.brief import summarised
from kvmplan.review.diagnostic_text import compact_text, diagnostics_text
from kvmplan.review.redaction import NOTHING, Redaction
from kvmplan.review.stream.diagnostics import diagnostic_lines
from kvmplan.review.stream.line import Line, version_line
from kvmplan.review.style import Style, style_for
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors


@dataclass(slots=True)
class _Audience:
    """``streams``: to programs; ``people``: whether they read, too; ``compact``: warnings in a line each."""

    streams: tuple[Stream, ...] = ()
    people: bool = True
    compact: bool = False
    redaction: Redaction = NOTHING
    live: Live | None = None
    unsaid: OSError | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)


_audience = _Audience()


def speak(*, json: bool = False, into: Path | None = None, compact_warnings: bool = False) -> None:
    """Who is told from now on. ``json``: programs read standard output, as a stream of lines; ``into``: a file gets the
    stream besides. Raises `DiagnosticError` when it cannot be written.
    """
    _audience.people, _audience.compact = not json, compact_warnings
    _audience.streams = (Stream(sys.stdout.fileno()),) if json else ()
    if into is not None:
        try:
            file = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as problem:
            raise DiagnosticError(
                error(f"Cannot write {into}", f"{problem.strerror}. Give --json-into a file that can be written.")
            ) from problem
        _audience.streams += (Stream(file),)
    tell(lambda: [version_line()])


def tell(lines: Callable[[], Iterable[Line]]) -> None:
    """Tell programs; ``lines`` is asked for them only when there is one that listens."""
    if _audience.streams:
        told = list(lines())
        for stream in _audience.streams:
            stream.write(told)


def keep_secret(secrets: Iterable[str]) -> Redaction:
    """From now on nothing of ``secrets`` is in what `complain` prints. Returns the redaction with all kept so far."""
    _audience.redaction = _audience.redaction.with_more(secrets)
    return _audience.redaction


def for_people() -> bool:
    """Whether what is said is read by people."""
    return _audience.people


def say(text: str) -> None:
    """Tell people."""
    if _audience.people:
        _write(sys.stdout, text if text.endswith("\n") else f"{text}\n")


def _write(file: TextIO, text: str) -> None:
    with _audience.lock:
        if _audience.live is not None:
            _audience.live.erase()
        try:
            file.write(text)
            file.flush()
        except OSError as problem:
            if not isinstance(problem, BrokenPipeError):
                _audience.unsaid = problem
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, file.fileno())
            os.close(nowhere)


def is_all_said() -> bool:
    """Whether everything could be written; else it says so on standard error."""
    if _audience.unsaid is None:
        return True
    what = f"{_audience.unsaid.strerror}. Whatever this command did is done; what it had to say of it is lost."
    complain([error("Cannot write the output", what)])
    return False


@contextmanager
def live_line(text: Callable[[int], str]) -> Iterator[bool]:
    """Show the line ``text`` makes for a width at the bottom of the terminal meanwhile; False where there is none."""
    if not (_audience.people and is_possible()):
        yield False
        return
    _audience.live = Live(text, _audience.lock)
    try:
        yield True
    finally:
        _audience.live.close()
        _audience.live = None


def styled(*, no_color: bool = False) -> Style:
    return style_for(sys.stdout, no_color=no_color)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """As they stand in the files; those without a place first."""

    def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
        source = diagnostic.source
        return (source.filename, source.start.line, source.start.column) if source else ("", 0, 0)

    return sorted(diagnostics, key=place)


def complain(
    diagnostics: Iterable[Diagnostic],
    sources: Mapping[str, str] | None = None,
    *,
    brief: bool = False,
    no_color: bool = False,
) -> None:
    """Print diagnostics. ``sources``: texts by name; the file itself is read where they do not have it. ``brief``: of
    very many people are told the first ones whole.
    """
    found = list(diagnostics)
    texts = dict(sources or {})
    for diagnostic in found:
        name = diagnostic.source.filename if diagnostic.source else None
        if name and name not in texts and Path(name).is_file():
            texts[name] = Path(name).read_text(errors="replace")
    shown = {name: _audience.redaction.masked(text) for name, text in texts.items()}
    found = _audience.redaction.diagnostics(found)
    tell(lambda: diagnostic_lines(found, shown))
    found = summarised(found) if brief else found
    if _audience.people and found:
        style = style_for(sys.stderr, no_color=no_color)
        compact = _audience.compact and not has_errors(found)
        _write(sys.stderr, compact_text(found, style) if compact else diagnostics_text(found, shown, style))


@contextmanager
def telling_when_slow(text: str, *, people: bool = True, seconds: float = 2.0) -> Iterator[None]:
    """Print ``text`` to standard error when what is inside takes longer than ``seconds``, where ``people`` read."""
    timer = threading.Timer(seconds, lambda: _write(sys.stderr, f"{text}\n"))
    if not (people and _audience.people):
        yield
        return
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def ask(question: str) -> bool:
    """Whether the user answers ``yes``, that word and no other, as in Terraform."""
    sys.stdout.write(question)
    sys.stdout.flush()
    answer = sys.stdin.readline()
    sys.stdout.write("\n")
    return answer.strip() == "yes"
