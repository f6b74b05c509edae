"""``kvmplan lab``: disposable KVM hosts on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kvmplan.lab.lifecycle import Progress

app = typer.Typer(help="Disposable KVM hosts on this machine, to try a plan on.", no_args_is_help=True)

_AS_IS = {"ignore_unknown_options": True, "allow_interspersed_args": False}
Name = Annotated[str, typer.Argument(metavar="NAME", help="The lab host.", show_default=False)]
Command = Annotated[
    list[str], typer.Argument(metavar="COMMAND...", help="The command and its arguments, after --.", show_default=False)
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say what is being done, also where no one watches.")]


@app.command()
def up(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="The lab hosts to make.", show_default=False)],
    lan: Annotated[
        str, typer.Option(metavar="NAME", help="The LAN segment; hosts of one segment reach one another.")
    ] = "lan",
    nics: Annotated[
        int, typer.Option(metavar="N", help="NICs on the segment: ens3 with the address, then bare ens4, ...")
    ] = 1,
    address: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="A fixed address in 203.0.113.0/24 (one host only).")
    ] = None,
    bind: Annotated[
        list[str] | None, typer.Option(metavar="DIR", help="A further folder to be seen inside; may be repeated.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Make lab hosts. They are ready when it returns: systemd, the network, libvirt and SSH answer in each."""
    from kvmplan.lab import LabError, LabHost, up_together

    with _said_plainly():
        if address is not None and len(names) > 1:
            raise LabError("--address is for one host")

        def make(name: str, progress: Progress) -> LabHost:
            return LabHost.up(name, segment=lan, nics=nics, address=address, bind=bind or (), progress=progress)

        made = up_together(make, names, _progress(verbose))
        for host in made:
            typer.echo(f"{host.name} {host.address}")


@app.command(name="exec", context_settings=_AS_IS)
def execute(name: Name, command: Command) -> None:
    """Run a command in a lab host. In the current folder where that exists inside; its exit code is passed on."""
    from pathlib import Path

    from kvmplan.lab import LabHost

    with _said_plainly():
        _become(LabHost.find(name).command(_bare(command), cwd=str(Path.cwd())))


@app.command(context_settings=_AS_IS)
def outside(name: Name, command: Command) -> None:
    """Run a command in the network outside a lab host. That is its gateway, neighbour and client, on this machine."""
    from kvmplan.lab import LabHost

    with _said_plainly():
        _become(LabHost.find(name).outside_command(_bare(command)))


@app.command()
def guest(
    name: Name,
    guest: Annotated[str, typer.Argument(metavar="GUEST", help="The guest; also its host name.", show_default=False)],
    network: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A libvirt network to put a NIC on; may be repeated.")
    ] = None,
    bridge: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A bridge to put a NIC on; may be repeated.")
    ] = None,
    lease: Annotated[bool, typer.Option("--lease", help="Wait for a DHCP lease and print the address.")] = False,
    verbose: Verbose = False,
) -> None:
    """Start a small real guest in a lab host. Without --network and --bridge it has no NIC, to hot-plug one."""
    from kvmplan.lab import LabHost

    with _said_plainly():
        host = LabHost.find(name)
        host.guest(guest, networks=network or (), bridges=bridge or (), progress=_progress(verbose))
        typer.echo(f"{guest} {host.guest_address(guest)}" if lease else guest)


@app.command()
def console(
    name: Name, guest: Annotated[str, typer.Argument(metavar="GUEST", help="The guest.", show_default=False)]
) -> None:
    """Print what a guest has written to its serial console."""
    from kvmplan.lab import LabHost

    with _said_plainly():
        typer.echo(LabHost.find(name).console(guest), nl=False)


@app.command(name="list")
def list_hosts(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the lab hosts of this machine, half-made ones too."""
    import json
    from dataclasses import asdict

    from kvmplan.lab import Registry, statuses

    with _said_plainly():
        found = statuses(Registry.default())
        if as_json:
            typer.echo(json.dumps([asdict(host) for host in found], indent=2))
            return
        for host in found:
            guests = f"  guests: {', '.join(host.guests)}" if host.guests else ""
            typer.echo(f"{host.name:<20} {host.state:<8} {host.address:<15} {host.segment}{guests}")


@app.command()
def down(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="The lab hosts to end.", show_default=False)
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="End all of them, and what was left half made.")] = False,
) -> None:
    """End lab hosts and everything of them. A host that is gone already is no error."""
    from kvmplan.lab import LabError, Registry, unmake, unmake_all

    with _said_plainly():
        if bool(names) == everything:
            raise LabError("say which lab hosts to end, or --all")
        if everything:
            unmake_all(Registry.default())
        for name in names or ():
            unmake(Registry.default(), name)


def _bare(command: list[str]) -> list[str]:
    """The command without the ``--`` before it, which is left standing where options end at the first argument."""
    from kvmplan.lab import LabError

    bare = command[1:] if command[0] == "--" else command
    if not bare:
        raise LabError("there is no command after --")
    return bare


def _become(command: list[str]) -> None:
    """Turn this process into ``command``, so that terminal, signals and exit code are its own."""
    import os
    import sys

    from kvmplan.lab import passed_environment

    sys.stdout.flush()
    sys.stderr.flush()
    environment = passed_environment(os.environ)
    os.execvpe(command[0], command, environment)  # noqa: S606  no shell is the point


def _progress(verbose: bool) -> Progress:
    import sys

    from kvmplan.lab import quiet

    if not (verbose or sys.stderr.isatty()):
        return quiet
    return lambda message: typer.echo(message, err=True)


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Turn the lab's errors and signals into one line and an exit code, after everything was cleared up."""
    from kvmplan.cli.signals import ended_by_signals
    from kvmplan.lab import LabError

    try:
        with ended_by_signals():
            yield
    except LabError as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"Error: {error.filename or 'the lab'}: {error.strerror or error}", err=True)
        raise typer.Exit(1) from None
