"""What holds for every test."""

from __future__ import annotations

import signal

from hypothesis import settings

# A loaded machine is no failure of what is tested.
settings.register_profile("kvmplan", deadline=None)
settings.load_profile("kvmplan")


def pytest_configure() -> None:
    """Where this process ignores a signal, as one in the background or below nohup does, its children do not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)
