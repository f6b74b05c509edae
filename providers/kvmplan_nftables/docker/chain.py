"""The chain as iptables lists it, and what iptables-restore must be told to make of it what is wanted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass

CHAIN = "DOCKER-USER"
Arguments = tuple[str, ...]
_APPENDED = f"-A {CHAIN} "
_OURS = re.compile(r"kvmplan [A-Za-z0-9_-]{1,8} \S.*")
_ENDS = ("ACCEPT", "DROP", "REJECT", "RETURN")


@dataclass(frozen=True, slots=True)
class Found:
    """A rule. ``line``: as it is listed, without the command; ``reached``: no rule before it ends the chain."""

    line: str
    arguments: Arguments
    reached: bool = True

    @property
    def comment(self) -> str:
        """Empty where it has none."""
        at = self.arguments.index("--comment") + 1 if "--comment" in self.arguments else 0
        return self.arguments[at] if 0 < at < len(self.arguments) else ""

    @property
    def ours(self) -> bool:
        """Whether kvmplan made it, of whichever state."""
        return _OURS.fullmatch(self.comment) is not None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a resource shall have in the chain. ``comments``: those of the rules it has, before and after."""

    address: str
    comments: Collection[str]
    rules: Sequence[Arguments]


def parse_chain(listing: str) -> list[Found]:
    """The rules in what ``iptables -S`` prints of the chain."""
    found: list[Found] = []
    reached = True
    for line in listing.splitlines():
        if line.startswith(_APPENDED):
            arguments = arguments_of(line)
            found.append(Found(line.removeprefix(_APPENDED), arguments, reached))
            reached = reached and not _ends(arguments)
    return found


def _ends(arguments: Arguments) -> bool:
    """Whether nothing gets past a rule."""
    match arguments:
        case ("-m", "comment", "--comment", _, *rest):
            return _ends(tuple(rest))
        case ("-j", verdict, *_):
            return verdict in _ENDS
    return False


def arguments_of(line: str) -> Arguments:
    """Those of a rule, after the command and the chain. Between quotes iptables escapes single ones, too."""
    return tuple(part.replace("\\'", "'") for part in shlex.split(line)[2:])


def holds(chain: Sequence[Found], comment: str, rules: Sequence[Arguments]) -> bool:
    """Whether the rules of ``comment`` are just ``rules``, and are of use."""
    mine = [one for one in chain if one.comment == comment]
    return sorted(one.arguments for one in mine) == sorted(rules) and all(one.reached for one in mine)


def batch(chain: Sequence[Found], wishes: Sequence[Wish]) -> dict[str, list[str]]:
    """The commands by the address that they are for: at the top of the chain, before anybody ends it."""
    found: dict[str, list[str]] = {}
    for wish in wishes:
        mine = [one for one in chain if one.comment in wish.comments]
        there = sorted(one.arguments for one in mine)
        if there != sorted(wish.rules) or not all(one.reached for one in mine):
            found[wish.address] = [
                *(f"-D {CHAIN} {one.line}" for one in mine),
                *(f"-I {CHAIN} {quoted(rule)}" for rule in reversed(wish.rules)),
            ]
    return found


def undone(commands: Sequence[str]) -> list[str]:
    """What takes `batch` back."""
    return [f"{'-I' if command.startswith('-D') else '-D'}{command[2:]}" for command in reversed(commands)]


def document(lines: Sequence[str]) -> bytes:
    """For ``iptables-restore --noflush``, which takes it whole or not at all."""
    return "".join(f"{line}\n" for line in ("*filter", *lines, "COMMIT")).encode()


def quoted(rule: Arguments) -> str:
    """Comments alone have spaces; double quotes and backslashes are in none of ours (`table.identity`)."""
    return " ".join(f'"{part}"' if " " in part else part for part in rule)
