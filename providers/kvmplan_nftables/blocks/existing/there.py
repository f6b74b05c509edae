"""A table that is there, as a whole: asked for once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from kvmplan_nftables.blocks.reading import Printed
from kvmplan_nftables.listed import listed
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement, FoundRule, Listing, parse_table
from kvmplan_nftables.table.pieces import TableName, mark_of
from kvmplan_nftables.table.refusals import reasons
from kvmplan_nftables.table.texts import Texts, comment_in, parted
from kvmplan_sdk import Host
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class There:
    name: TableName
    listing: Listing
    texts: Texts
    _saying: dict[tuple[str, str], list[FoundRule]] = field(default_factory=lambda: defaultdict(list))
    _held: dict[str, list[FoundElement]] = field(default_factory=lambda: defaultdict(list))

    def text(self, rule: FoundRule) -> tuple[str, str]:
        """A rule without its comment, and that."""
        return parted(self.texts.rules.get(rule.handle, ""))

    def lines(self, kind: str, name: str) -> list[str]:
        """What is said of an object, but its comment."""
        return [line for line in self.texts.named.get((kind, name), ()) if comment_in(line) is None]

    def comment(self, kind: str, name: str) -> str | None:
        found = map(comment_in, self.texts.named.get((kind, name), ()))
        return next((comment for comment in found if comment is not None), None)

    def saying(self, chain: str, text: str) -> Sequence[FoundRule]:
        """The rules of a chain that say just that, in order."""
        if not self._saying:
            for rule in self.listing.rules:
                self._saying[rule.chain, self.text(rule)[0]].append(rule)
        return self._saying.get((chain, text), ())

    def elements(self, holder: str) -> Sequence[FoundElement]:
        """Those of a set or map."""
        if not self._held:
            for element in self.listing.elements.values():
                self._held[element.holder].append(element)
        return self._held.get(holder, ())

    def tag_of(self, kind: str, name: str) -> str:
        """Whose an object with a name is; empty where nobody says."""
        mark = self.listing.marks.get(mark_of(kind, name))
        return mark.tag if mark else ""


def look(host: Host, name: TableName) -> There | None:
    done = listed(host, "list", "table", *name)
    if not done.ok and b"No such file or directory" in done.stderr:
        return None
    listing = parse_table(check(done, f"Listing table {' '.join(name)}"))
    return There(name, listing, Printed(host).of(name))


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
        told = {} if done.ok else reasons(done.stderr)
        if not told:
            break
        found |= {asked[line - 1]: reason for line, reason in told.items() if line <= len(asked)}
    return found


def tables(host: Host) -> list[TableName]:
    told = check(host.run(("nft", "list", "tables")), "Listing tables").decode(errors="replace")
    return [(family, name) for _, family, name in map(str.split, told.splitlines())]


def whose(tag: str) -> tuple[str, str]:
    """The lineage and the address in a tag; the address is empty where it is only known by a hash."""
    lineage, _, address = tag.partition(" ")
    return lineage, Owner.address_in(address)
