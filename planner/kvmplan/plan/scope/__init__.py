"""What a plan covers: all, or what ``--target`` and ``--exclude`` leave of it.

`pointers` knows which addresses a user's covers, `graph` what follows from that for a configuration and `state` for
what is to be destroyed; `problems` what to say of it. Who plans asks a `Scope` and nothing else.
"""

from kvmplan.plan.scope.problems import (
    applied_in_part,
    cut_moves,
    planned_in_part,
    unknown_pointers,
    wrong_replacements,
)
from kvmplan.plan.scope.scope import Scope, scope_of

__all__ = [
    "Scope",
    "applied_in_part",
    "cut_moves",
    "planned_in_part",
    "scope_of",
    "unknown_pointers",
    "wrong_replacements",
]
