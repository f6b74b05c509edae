"""Variables of filters: ``$IP``, ``$PORT[2]`` for one of a variable's values, ``$PORT[@1]`` to go through all of them.

Source: https://libvirt.org/formatnwfilter.html#usage-of-variables-in-filters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ACCESS = re.compile(r"\$([A-Za-z0-9_]+)(?:\[ *(@?)([0-9]{1,4}) *\])?")


@dataclass(frozen=True, slots=True, order=True)
class Access:
    """How a rule uses a variable: all of its values, in step with those that have the same ``iterator``, or the one
    with the index ``element``.
    """

    name: str
    iterator: int = 0
    element: int | None = None

    def __str__(self) -> str:
        if self.element is not None:
            return f"{self.name}[{self.element}]"
        return f"{self.name}[@{self.iterator}]" if self.iterator else self.name


def parse_access(text: str) -> Access | None:
    """None where ``text`` is no variable, well written."""
    found = _ACCESS.fullmatch(text)
    if found is None:
        return None
    name, iterates, number = found.groups()
    if number is None or iterates:
        return Access(name, iterator=int(number or 0))
    return Access(name, element=int(number))
