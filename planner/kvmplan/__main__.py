"""The command line's way in: answers ``--version`` before anything heavy is imported."""

from __future__ import annotations

import gc
import sys

from kvmplan import __version__

_ALLOCATIONS = 100_000
"""Between two runs of the cyclic collector. A configuration is large, and hardly anything in it is ever in a cycle:
with Python's own 700, looking for cycles takes as long as reading it."""


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-version"], ["-v"]):
        sys.stdout.write(f"kvmplan {__version__}\n")
        return
    gc.set_threshold(_ALLOCATIONS)
    from kvmplan.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
