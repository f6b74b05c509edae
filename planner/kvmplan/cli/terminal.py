"""What commands say to the user: text on standard output, diagnostics, without the secrets that are known by then, on
standard error.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kvmplan.review.diagnostic_text import diagnostics_text
from kvmplan.review.redaction import NOTHING, Redaction
from kvmplan.review.style import Style, style_for
from kvmplan_sdk.diagnostics import Diagnostic

_redaction = NOTHING


def keep_secret(secrets: Iterable[str]) -> Redaction:
    """From now on nothing of ``secrets`` is in what `complain` prints. Returns the redaction with all kept so far."""
    global _redaction
    _redaction = _redaction.with_more(secrets)
    return _redaction


def say(text: str) -> None:
    sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
    sys.stdout.flush()


def styled(*, no_color: bool = False) -> Style:
    return style_for(sys.stdout, no_color=no_color)


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """As they stand in the files; those without a place first."""

    def place(diagnostic: Diagnostic) -> tuple[str, int, int]:
        source = diagnostic.source
        return (source.filename, source.start.line, source.start.column) if source else ("", 0, 0)

    return sorted(diagnostics, key=place)


def complain(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str] | None = None, *, no_color: bool = False
) -> None:
    """Print diagnostics. ``sources``: texts by name; the file itself is read where they do not have it."""
    found = list(diagnostics)
    texts = dict(sources or {})
    for diagnostic in found:
        name = diagnostic.source.filename if diagnostic.source else None
        if name and name not in texts and Path(name).is_file():
            texts[name] = Path(name).read_text(errors="replace")
    shown = {name: _redaction.masked(text) for name, text in texts.items()}
    found = _redaction.diagnostics(found)
    sys.stderr.write(diagnostics_text(found, shown, style_for(sys.stderr, no_color=no_color)))
    sys.stderr.flush()


@contextmanager
def telling_when_slow(text: str, *, seconds: float = 2.0) -> Iterator[None]:
    """Print ``text`` to standard error when what is inside takes longer than ``seconds``."""
    timer = threading.Timer(seconds, lambda: sys.stderr.write(f"{text}\n"))
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
