"""The command line: Typer commands, one thin file per group. No logic: each reads like the list of what it does.

Modules import typer and nothing heavy; what a command needs is imported in its body, so that ``--help`` and completion
stay quick.
"""
