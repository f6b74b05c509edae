"""Runs the command again and again, each time in a process of its own that is forked with everything imported.

A command of a test takes milliseconds then in place of half a second. One JSON object a line comes in (``arguments``,
``cwd``, ``environment``, and ``files``: the paths for standard input, output and error), its exit status goes out.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import pkgutil
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

DEADLINE = 120
"""Seconds after which a command is killed."""


def serve() -> None:
    import kvmplan

    for module in pkgutil.walk_packages(kvmplan.__path__, "kvmplan."):
        if "__main__" not in module.name and not module.name.startswith("kvmplan.lab"):
            importlib.import_module(module.name)
    for line in sys.stdin.buffer:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(request: dict[str, Any]) -> NoReturn:
    signal.alarm(DEADLINE)
    for number, (path, mode) in enumerate(zip(request["files"], (os.O_RDONLY, os.O_WRONLY, os.O_WRONLY), strict=True)):
        descriptor = os.open(path, mode)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["cwd"])
    sys.argv = ["kvmplan", *request["arguments"]]
    os._exit(_status())


def _status() -> int:
    from kvmplan.__main__ import main

    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter ends
        sys.excepthook(*sys.exc_info())
        status = 1
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    return status


if __name__ == "__main__":
    serve()
