"""A table that is there, as a whole: asked for once."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan_nftables.blocks.reading import Printed
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundRule, Listing, parse_table, shown
from kvmplan_nftables.table.pieces import TableName, mark_of
from kvmplan_nftables.table.texts import Texts, comment_in, parted
from kvmplan_sdk import Host
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class There:
    name: TableName
    listing: Listing
    texts: Texts

    def rules(self, chain: str) -> Iterator[FoundRule]:
        return (rule for rule in self.listing.rules if rule.chain == chain)

    def text(self, rule: FoundRule) -> tuple[str, str]:
        """A rule without its comment, and that."""
        return parted(self.texts.rules.get(rule.handle, ""))

    def lines(self, kind: str, name: str) -> list[str]:
        """What is said of an object, but its comment."""
        return [line for line in self.texts.named.get((kind, name), ()) if comment_in(line) is None]

    def comment(self, kind: str, name: str) -> str | None:
        found = map(comment_in, self.texts.named.get((kind, name), ()))
        return next((comment for comment in found if comment is not None), None)

    def same(self, rule: FoundRule) -> list[FoundRule]:
        """The rules of its chain that say the same, in order, with itself."""
        text = self.text(rule)[0]
        return [one for one in self.rules(rule.chain) if self.text(one)[0] == text]

    def tag_of(self, kind: str, name: str) -> str:
        """Whose an object with a name is; empty where nobody says."""
        mark = self.listing.marks.get(mark_of(kind, name))
        return mark.tag if mark else ""


def look(host: Host, name: TableName) -> There | None:
    listed = host.run(shown(name))
    if not listed.ok and b"No such file or directory" in listed.stderr:
        return None
    listing = parse_table(check(listed, f"Listing table {' '.join(name)}"))
    return There(name, listing, Printed(host).of(name))


_REFUSAL = re.compile(r"^[^:\n]*:(\d+):[\d-]+: Error: (.*)$", re.MULTILINE)
_TRIES = 50


def refused(host: Host, there: There) -> dict[int, str]:
    """By handle, what nft says against rules as it lists them itself. Those that go over lines are not asked about."""
    lines = {
        rule.handle: f"add rule {' '.join(there.name)} {rule.chain} {text}\n"
        for rule in there.listing.rules
        if (text := there.text(rule)[0]) and " ; " not in text
    }
    found: dict[int, str] = {}
    for _ in range(_TRIES):
        asked = [handle for handle in lines if handle not in found]
        done = host.run(("nft", "-c", "-f", "-"), input="".join(lines[handle] for handle in asked).encode())
        told = {} if done.ok else {int(line): reason for line, reason in _REFUSAL.findall(done.stderr.decode())}
        if not told:
            break
        found |= {asked[line - 1]: reason for line, reason in told.items() if line <= len(asked)}
    return found


def tables(host: Host) -> list[TableName]:
    listed = json.loads(check(host.run(("nft", "-j", "list", "tables")), "Listing tables"))["nftables"]
    return [(item["table"]["family"], item["table"]["name"]) for item in listed if "table" in item]


def whose(tag: str) -> tuple[str, str]:
    """The lineage and the address in a tag; the address is empty where it is only known by a hash."""
    lineage, _, address = tag.partition(" ")
    return lineage, Owner.address_in(address)
