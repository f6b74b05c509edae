"""A step as one batch for ``nft -f -``: one object a line, so that nft's errors lead back to the resource.

nft takes a batch whole or not at all, so the order inside it is free: everything goes before anything comes, and
forwards may swap their ports. What is there as it is wanted stays: a change of one element touches one element.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from kvmplan_nftables.table.again import back_in_chains, coming, looking_into
from kvmplan_nftables.table.difference import Difference, Line
from kvmplan_nftables.table.intruders import intruders, stowaways
from kvmplan_nftables.table.listing import FoundElement, FoundRule, Json, Listing, Listings
from kvmplan_nftables.table.pieces import MARKS, Element, Named, Piece, Rule, TableName, mark_in
from kvmplan_nftables.table.places import Coming, marked_text
from kvmplan_nftables.table.skeleton import SECTIONS, SKELETON
from kvmplan_nftables.table.skeleton import TAG as SKELETON_TAG
from kvmplan_nftables.table.texts import parted
from kvmplan_nftables.table.wish import NOTHING, Wish, by_table

_NOTHING = Listing()


def compile_batch(listings: Listings, wishes: Sequence[Wish]) -> tuple[Line, ...]:
    """What nft must do so that the tables in ``listings`` become as ``wishes`` say. A table of ours goes with the last
    that is in it.
    """
    tables = {table for wish in wishes for table in wish.tables}
    lines: list[Line] = []
    for name in sorted(tables | (listings.keys() & SKELETON.keys())):
        lines += _table(name, listings.get(name), wishes)
    return tuple(lines)


def ours(listings: Listings) -> frozenset[TableName]:
    return frozenset(listings.keys() & SKELETON.keys())


def remaining(listings: Listings, batch: Sequence[Line]) -> frozenset[TableName]:
    """Those of our tables that are there after ``batch``."""
    done = {line.text for line in batch if not line.address}
    there = ours(listings) | {name for name in SKELETON if f"add table {' '.join(name)}" in done}
    return frozenset(name for name in there if f"delete table {' '.join(name)}" not in done)


def _table(name: TableName, listing: Listing | None, wishes: Sequence[Wish]) -> Iterator[Line]:
    comes = any(name in wish.pieces for wish in wishes)
    if name in SKELETON:
        if not comes and (listing is None or not _stays(name, listing, wishes)):
            if listing is not None:
                yield Line(f"delete table {' '.join(name)}")
            return
        needed = by_table(_needed(name, listing or _NOTHING, wishes))
        wishes = (Wish("", SKELETON_TAG, needed, before=by_table(SKELETON[name])), *wishes)
    found, difference = listing or _NOTHING, Difference()
    for wish in wishes:
        compare_named(name, found, wish, difference)
    if (table := _leaving(name, found, difference)) is not None:
        yield table
        return
    for wish in wishes:
        (_take_rule if wish.handle else _compare_rules)(name, found, wish, difference)
        _compare_elements(name, found, wish, difference)
    _again(name, found, wishes, difference)
    if name in SKELETON and listing is None and comes:
        yield Line(f"add table {' '.join(name)}")
    yield from difference.lines(name, found)
    if name in SKELETON and listing is not None and sleeps(name, listing):
        yield Line(f"add table {' '.join(name)}")


def sleeps(name: TableName, listing: Listing) -> bool:
    """Whether somebody made the table dormant: nothing in it does anything. Adding it once more wakes it,
    after all else: the kernel takes no base chain after a change of the flag."""
    return bool(listing.named.get(("table", name[1]), {}).get("dormant"))


def _again(name: TableName, listing: Listing, wishes: Sequence[Wish], into: Difference) -> None:
    """What stays, and must go and come again."""
    wanted = coming(name, wishes) if into.gone else {}
    again = {key: wanted[key] for key in into.gone if key in wanted}
    if not again:
        return
    table, chains = " ".join(name), {item for kind, item in into.gone if kind == "chain"}
    marked = {handle: one.text for handle, one in into.marked.items()}
    back = back_in_chains(listing, wishes, {item for kind, item in again if kind == "chain"}, marked)
    into.rules_again += [
        Line(f"add rule {table} {rule.chain} {text}", again["chain", rule.chain]) for rule, text in back
    ]
    for rule, address in looking_into(listing, again):
        if rule.handle in into.handles_gone or rule.chain in chains:
            continue
        text = marked.get(rule.handle) or listing.texts[rule.handle]
        into.handles_gone.add(rule.handle)
        into.rules_gone.append(Line(f"delete rule {table} {rule.chain} handle {rule.handle}", address))
        same = Rule(rule.chain, "", name, placed=True)
        into.rules_come.append(Coming(same, address, rule.tag, rule.handle, again=text))


def _leaving(name: TableName, listing: Listing, difference: Difference) -> Line | None:
    """The end of a table of the user's, with all that is in it."""
    if ("table", name[1]) not in difference.gone:
        return None
    return next(line for kind, line in difference.named_gone if kind == "table")


def _needed(name: TableName, listing: Listing, wishes: Sequence[Wish]) -> Iterator[Piece]:
    """The sections that something comes into, or that hold what ``wishes`` leave."""
    tags = {SKELETON_TAG, *(tag for wish in wishes for tag in wish.tags)}
    used = set[str]().union(*(wish.pieces[name].holders for wish in wishes if name in wish.pieces))
    used |= {rule.chain for rule in listing.rules if rule.tag not in tags}
    used |= {element.holder for element in listing.elements.values() if element.tag not in tags}
    for section in SECTIONS.get(name, ()):
        if used & section.names:
            yield from section.pieces


def _stays(name: TableName, listing: Listing, wishes: Sequence[Wish]) -> bool:
    """Whether a table of ours holds anything that ``wishes`` leave: of other resources, or of other people."""
    tags = {SKELETON_TAG, *(tag for wish in wishes for tag in wish.tags)}
    before = (piece for wish in wishes for parts in wish.before.values() for piece in parts.named)
    named = {(piece.kind, piece.name) for piece in (*by_table(SKELETON[name])[name].named, *before)}
    return (
        any(key not in named for key in listing.named if key[0] != "table")
        or any(rule.tag not in tags for rule in listing.rules)
        or any(element.tag not in tags for element in listing.elements.values())
    )


def compare_named(name: TableName, listing: Listing, wish: Wish, into: Difference) -> None:
    """What goes, goes with all that is in it."""
    wanted, before = wish.pieces.get(name, NOTHING).named, wish.before.get(name, NOTHING).named
    if not wanted and not before:
        return
    wished = {(piece.kind, piece.name): piece for piece in wanted}
    ours = {(piece.kind, piece.name): piece for piece in (*before, *wanted)}
    said = wish.before.get(name, NOTHING).rules if wish.takes else _tagged(listing, wish)
    marks = {rule.digest for rule in said if rule.chain == MARKS}
    gone = {
        key
        for key, piece in ours.items()
        if key in listing.named
        and (marks or not piece.marked)
        and (key not in wished or not _lasts(wished[key], listing.named[key], marks, wish))
    }
    into.gone |= gone
    for kind, item in sorted(gone):
        if kind == "chain":
            into.flushed.append(Line(f"flush chain {' '.join(name)} {item}", wish.address))
        into.named_gone.append((kind, Line(f"delete {_called(kind, name, item)}", wish.address)))
    for key, piece in wished.items():
        there = key in listing.named and key not in gone
        if not there or (piece.marked and not marks) or not fits(piece, listing.named[key]):
            verb = "create" if piece.marked and (not there or not marks) else "add"
            line = Line(f"{verb} {_called(piece.kind, name, piece.name)}{_body(piece)}", wish.address)
            if piece.kind == "table" and verb == "add":
                into.flagged.append(line)
                continue
            if "interval" in piece.body and key not in listing.named:
                # nft 1.0.6 forgets the elements that are said with `create`.
                into.fresh[piece.name] = replace(line, text=f"add{line.text.removeprefix(verb)}")
                continue
            if "interval" in piece.body:
                into.again.add(piece.name)
            into.named_come.append((piece.kind, line))


def _body(piece: Named) -> str:
    if not piece.body:
        return ""
    return f" {piece.body}" if piece.kind in ("limit", "quota") else f" {{ {piece.body} }}"


def _called(kind: str, table: TableName, item: str) -> str:
    return " ".join((kind, *table) if kind == "table" else (kind, *table, item))


def _lasts(wanted: Named, found: Json, marks: Collection[str], wish: Wish) -> bool:
    """Whether what is there can become what is wanted."""
    rules = (rule for parts in wish.pieces.values() for rule in parts.rules)
    marker = next((rule.digest for rule in rules if rule.chain == MARKS), None)
    if wanted.marked and marker not in marks and wanted.kind != "table":
        return False
    shape = {key: value for key, value in wanted.shape.items() if key not in wanted.live}
    return fits(replace(wanted, shape=shape), found)


def fits(wanted: Named, found: Json) -> bool:
    """Whether what nft lists is what is wanted. Types of several parts it lists as text or as a list."""
    return all(_flat(found.get(key)) == _flat(value) for key, value in wanted.shape.items())


def _flat(value: object) -> object:
    return " . ".join(map(str, value)) if isinstance(value, list) else value


def _compare_rules(name: TableName, listing: Listing, wish: Wish, into: Difference) -> None:
    """The rules of one chain stay if they are all there, in order; else all are made anew."""
    parts = wish.pieces.get(name, NOTHING)
    ours = _marks_of(name, listing, wish) if wish.takes else _tagged(listing, wish)
    found = [
        rule for rule in (*ours, *intruders(name, listing, parts, wish.tags)) if ("chain", rule.chain) not in into.gone
    ]
    wanted = parts.rules
    if not found:
        into.rules_come += [Coming(piece, wish.address, wish.tag) for piece in wanted]
        return
    table = " ".join(name)
    there: dict[str, list[FoundRule]] = defaultdict(list)
    for rule in found:
        there[rule.chain].append(rule)
    wished: dict[str, list[Rule]] = defaultdict(list)
    for piece in wanted:
        wished[piece.chain].append(piece)
    for chain in dict.fromkeys((*there, *wished)):
        rules, pieces = there.get(chain, []), wished.get(chain, [])
        if rules:
            as_wished = [(wish.tag, piece.digest, piece.order) for piece in pieces]
            # The kernel keeps a flowtable that a rule still names.
            loose = any(("flowtable", piece.text.rpartition("@")[2]) in into.gone for piece in pieces)
            anew = not wish.before and chain != MARKS
            stays = not anew and [(rule.tag, rule.digest, rule.order) for rule in rules] == as_wished
            if stays and not loose and not _rewritten(wish, pieces) and _marked(listing, pieces):
                continue
        into.handles_gone.update(rule.handle for rule in rules)
        into.rules_gone += [Line(f"delete rule {table} {chain} handle {rule.handle}", wish.address) for rule in rules]
        handle = rules[0].handle if rules else None
        into.rules_come += [Coming(piece, wish.address, wish.tag, handle) for piece in pieces]


def _take_rule(name: TableName, listing: Listing, wish: Wish, into: Difference) -> None:
    """It stays where it is, with what it has counted, if it is to be in that chain and to say the same."""
    wanted, before = wish.pieces.get(name, NOTHING).rules, wish.before.get(name, NOTHING).rules
    found = listing.with_handle(wish.handle) if before else None
    for piece in wanted:
        if found is None or piece.chain != found.chain:
            into.rules_come.append(Coming(piece, wish.address, wish.tag))
            continue
        text = parted(listing.texts.get(found.handle, ""))[0] if piece.text == before[0].text else ""
        again = marked_text(piece, wish.tag, text)
        into.marked[found.handle] = Coming(piece, wish.address, wish.tag, found.handle, again)
    if found is not None and found.handle not in into.marked and ("chain", found.chain) not in into.gone:
        gone = f"delete rule {' '.join(name)} {found.chain} handle {found.handle}"
        into.handles_gone.add(found.handle)
        into.rules_gone.append(Line(gone, wish.address))


def _rewritten(wish: Wish, wanted: Sequence[Rule]) -> bool:
    """Whether a rule was read as another one than its comment says: somebody changed its text, but not its comment."""
    before = {rule.text for parts in wish.before.values() for rule in parts.rules if rule.placed}
    return bool(before) and any(piece.placed and piece.text not in before for piece in wanted)


def _marked(listing: Listing, wanted: Sequence[Rule]) -> bool:
    """Whether those that stand for an object say of which: the first of kvmplan's said `return` alone."""
    return all(mark is None or mark in listing.marks for mark in map(mark_in, wanted))


def _tagged(listing: Listing, wish: Wish) -> list[FoundRule]:
    return [rule for tag in wish.tags for rule in listing.rules_of(tag)]


def _marks_of(name: TableName, listing: Listing, wish: Wish) -> list[FoundRule]:
    """What says whose it was of an object that is taken over."""
    marks = map(mark_in, wish.before.get(name, NOTHING).rules)
    return [listing.marks[mark] for mark in marks if mark in listing.marks]


def _compare_elements(name: TableName, listing: Listing, wish: Wish, into: Difference) -> None:
    parts = wish.pieces.get(name, NOTHING)
    wanted = parts.elements
    there = {(element.holder, element.key): element for tag in wish.tags for element in listing.elements_of(tag)}
    there |= {(element.holder, element.key): element for element in stowaways(name, listing, parts, wish.tags)}
    if wish.takes:
        before = ((piece.holder, piece.key) for piece in wish.before.get(name, NOTHING).elements)
        there |= {place: listing.elements[place] for place in before if place in listing.elements}
    if not there and not wanted:
        return
    stays = set(_staying(there, wish, wanted, into)) if there else ()
    for place, element in there.items():
        if place not in stays:
            into.elements_gone[element.holder].append(Line(f"{element.key},", wish.address))
    comes = f' comment "{wish.tag}"'
    for (holder, key), piece in {(piece.holder, piece.key): piece for piece in wanted}.items():
        if (holder, key) not in stays:
            data = f" : {piece.data}," if piece.data else ","
            was = there.get((holder, key))
            counted = was.counted if was and was.data == piece.data else ""
            into.elements_come[holder].append(Line(f"{key}{counted}{comes}{data}", wish.address))


def _staying(
    there: Mapping[tuple[str, str], FoundElement], wish: Wish, wanted: Sequence[Element], into: Difference
) -> Iterator[tuple[str, str]]:
    gone = {item for kind, item in into.gone if kind != "chain"}
    for piece in wanted:
        found = there.get((piece.holder, piece.key))
        if found is not None and piece.holder not in gone and alike(found, piece, wish.tag):
            yield piece.holder, piece.key


def alike(found: FoundElement, wanted: Element, tag: str) -> bool:
    return found.tag == tag and found.data == wanted.data
