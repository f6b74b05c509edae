"""What a run that was cut short left behind, read from its journal: what came of it, and what is in doubt.

`kvmplan.apply.journal` writes it and says what is in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from kvmplan.addresses import Address, parse_address
from kvmplan.state.document import instance_entry, read_instance
from kvmplan.state.files import read_bytes
from kvmplan.state.model import Instance, State
from kvmplan.state.sealing import Sealing
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.provider import Verb

OperationKey = tuple[Address, Verb]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOpen:
    """``lineage`` of the state it worked on; ``seen``: the digests of that as it was, and as it was saved on the way;
    ``hosts``: their addresses by name; ``standing``: what came to stand where, None for nothing; ``intents``:
    operations without an outcome, each with what it would have made.
    """

    lineage: str
    seen: frozenset[str] = frozenset()
    hosts: Mapping[str, str] = field(default_factory=dict)
    standing: Mapping[Address, Instance | None] = field(default_factory=dict)
    intents: Mapping[OperationKey, Instance | None] = field(default_factory=dict)

    def in_doubt(self, seal: Sealing, digest: str) -> bytes:
        """A journal that has only the operations without an outcome; nothing where there is none. ``digest``: of the
        state that has the rest.
        """
        lines = [
            {"lineage": self.lineage, "hosts": self.hosts, "over": digest},
            {
                "intent": [
                    {"address": str(address), "verb": verb.value, "instance": one and instance_entry(one)}
                    for (address, verb), one in self.intents.items()
                ]
            },
        ]
        texts = [json.dumps(line, default=encode_value, ensure_ascii=False).encode() for line in lines]
        closed = [seal.close_line(text, number) + b"\n" for number, text in enumerate(texts, start=1)]
        return b"".join(closed) if self.intents else b""

    def beside(self, state: State | None, digest: str) -> LeftOpen:
        """What of it counts beside ``state``, whose digest is given. Where somebody else has changed that since, who
        knew nothing of this journal, nothing of it is certain any more: what the run made is looked for.
        """
        if digest in self.seen:
            return self
        there = state.instances if state else {}
        made = {(address, Verb.CREATE): one for address, one in self.standing.items() if one and address not in there}
        return replace(self, standing={}, intents={**made, **self.intents})

    def replayed_on(self, state: State | None) -> State:
        """``state`` with everything that came of the run, whatever of it was saved already. Raises `DiagnosticError`
        for the state of something else.
        """
        state = state or State(lineage=self.lineage)
        if self.lineage != state.lineage and state.serial > 0:
            raise DiagnosticError(
                error(
                    "Journal of another state",
                    "A run that was cut short left a journal, but the state beside it is a different one (its lineage "
                    "differs). Put the right state back in place; if the journal is of no use any more, remove it.",
                )
            )
        instances = dict(state.instances)
        for address, instance in self.standing.items():
            if instance is not None:
                instances[address] = instance
            else:
                instances.pop(address, None)
        return replace(state, lineage=self.lineage, hosts={**state.hosts, **self.hosts}, instances=instances)


def read_journal(path: Path, seal: Sealing | None = None) -> LeftOpen | None:
    """None without a journal, or with one in which nothing was begun. A torn last line was never acted upon, and is
    ignored. ``seal`` decrypts lines. Raises `DiagnosticError` when another line is broken, or the key is missing.
    """
    data = read_bytes(path)
    lines = data.split(b"\n")[:-1] if data is not None else []
    if not lines:
        return None
    seal = seal or Sealing()
    reading = _Reading()
    for number, line in enumerate(lines, start=1):
        opened = seal.open_line(line, number, str(path))
        try:
            reading.take_in(load_values(opened))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise _broken(path, number) from problem
    if reading.head is None:
        return None
    return replace(reading.head, seen=frozenset(reading.seen), standing=reading.standing, intents=reading.intents)


@dataclass(slots=True)
class _Reading:
    """A journal as far as it was read."""

    head: LeftOpen | None = None
    seen: set[str] = field(default_factory=set)
    standing: dict[Address, Instance | None] = field(default_factory=dict)
    intents: dict[OperationKey, Instance | None] = field(default_factory=dict)

    def take_in(self, entry: Mapping[str, Any]) -> None:
        if self.head is None:
            self.head = LeftOpen(lineage=str(entry["lineage"]), hosts=dict(entry["hosts"]))
            self.seen.add(str(entry["over"]))
            return
        ((kind, content),) = entry.items()
        match kind:
            case "saving":
                self.seen.add(str(content))
            case "moved":
                self.standing.update((_address(one), _instance(one)) for one in content)
            case "intent":
                self.intents.update((_key(one), _instance(one)) for one in content)
            case "outcome":
                for one in content:
                    self.standing[_address(one)] = _instance(one)
                    self.intents.pop(_key(one), None)
            case _:
                raise ValueError(f"no {kind} belongs in a journal")


def _key(entry: Mapping[str, Any]) -> OperationKey:
    return _address(entry), Verb(entry["verb"])


def _address(entry: Mapping[str, Any]) -> Address:
    address = parse_address(entry["address"])
    if address is None:
        raise ValueError(f"{entry['address']!r} is no address")
    return address


def _instance(entry: Mapping[str, Any]) -> Instance | None:
    return None if entry["instance"] is None else read_instance(entry["instance"])


def _broken(path: Path, number: int) -> DiagnosticError:
    return DiagnosticError(
        error(
            f"{path} is broken",
            f"Line {number} cannot be read. It is the journal of a run that was cut short, and names what that run may "
            "have left on the hosts: put the file back as it was. If that cannot be, remove it, and look for what is "
            "missing from the state yourself.",
        )
    )


__all__ = ["LeftOpen", "read_journal"]
