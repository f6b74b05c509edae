"""Providers are other people's code: what they raise by mistake becomes a diagnostic that names them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


@contextmanager
def blamed(provider: str) -> Iterator[None]:
    """Around a call of ``provider``: whatever it raises comes out as a `DiagnosticError`."""
    try:
        yield
    except DiagnosticError:
        raise
    except Exception as raised:
        raise DiagnosticError(fault(provider, raised)) from raised


def fault(provider: str, raised: Exception) -> Diagnostic:
    return breach(provider, f"It raised {type(raised).__name__}: {raised}.")


def breach(provider: str, what: str) -> Diagnostic:
    """``what``: a sentence that says what ``provider`` did that it must not."""
    return error(f"Provider {provider} failed", f"{what} This is a fault of the provider: please report it.")
