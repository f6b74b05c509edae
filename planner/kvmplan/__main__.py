"""The command line's way in: answers ``--version`` before anything heavy is imported."""

from __future__ import annotations

import sys

from kvmplan import __version__


def main() -> None:
    if sys.argv[1:] in (["--version"], ["-version"], ["-v"]):
        sys.stdout.write(f"kvmplan {__version__}\n")
        return
    from kvmplan.cli.app import run

    run(sys.argv[1:])


if __name__ == "__main__":
    main()
