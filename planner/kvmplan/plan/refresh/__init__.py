"""What is really there, and how it differs from what state remembers.

`reading` asks the hosts, all at once with `threads`, `ignored` leaves out what a user does not want to hear of. What
follows from drift for a plan is for those who plan.
"""

from kvmplan.plan.refresh.ignored import Ignoring, heard_of, parse_rule, unknown_rules
from kvmplan.plan.refresh.reading import Reading, Refreshed, refresh, silently, with_moves

__all__ = [
    "Ignoring",
    "Reading",
    "Refreshed",
    "heard_of",
    "parse_rule",
    "refresh",
    "silently",
    "unknown_rules",
    "with_moves",
]
