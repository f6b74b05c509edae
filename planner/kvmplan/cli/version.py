"""``kvmplan version``"""

from __future__ import annotations

from typing import Annotated

import typer


def version(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the versions of kvmplan and of the installed providers."""
    from json import dumps

    from kvmplan import __version__
    from kvmplan.cli.terminal import say
    from kvmplan.plugins import Plugins

    platform, providers = _platform(), Plugins().versions
    if json:
        document = {"kvmplan_version": __version__, "platform": platform, "provider_selections": dict(providers)}
        say(dumps(document, indent=2))
        return
    say(
        "\n".join(
            [f"kvmplan v{__version__}", f"on {platform}", *(f"+ provider {n} v{v}" for n, v in providers.items())]
        )
    )


def _platform() -> str:
    """``linux_amd64``, as Terraform's and Go's platforms are named."""
    from os import uname

    system = uname()
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(system.machine, system.machine)
    return f"{system.sysname.lower()}_{machine}"
