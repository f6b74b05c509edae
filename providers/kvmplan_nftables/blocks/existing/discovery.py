"""All of a table that a person names, for ``kvmplan discover``: its objects, and the rules of each chain in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.blocks.existing.finding import RULE, TABLE, Existing, no_table
from kvmplan_nftables.blocks.existing.identifiers import Identifier, parse_table_name
from kvmplan_nftables.blocks.existing.there import There, tables, whose
from kvmplan_nftables.blocks.existing.values import OF_NAMED
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import MARKS
from kvmplan_sdk import Diagnostic, DiagnosticError, Discovered, error

LAST = 9999
_STEP = 10
_FEW = 3


def discovered(existing: Existing, names: Sequence[str]) -> list[Discovered]:
    """Raises `DiagnosticError` for what is no table, or is not there."""
    problems: list[Diagnostic] = []
    found: dict[str, There] = {}
    for name in dict.fromkeys(names):
        try:
            wanted = parse_table_name(name)
        except ValueError as problem:
            problems.append(error("No table is called so", f"{problem}."))
            continue
        there = existing.table(wanted)
        if there is None:
            problems.append(no_table(wanted, tables(existing.host)))
        else:
            found[" ".join(wanted)] = there
    if problems:
        raise DiagnosticError(*problems)
    several = len(found) > 1
    return [one for there in found.values() for one in _of_table(there, existing.lineage, several=several)]


def _of_table(there: There, lineage: str, *, several: bool) -> Iterator[Discovered]:
    """``several``: names tell which table they are of."""
    prefix = f"{there.name[1]}_" if several else ""
    named = [(kind, name) for kind, name in there.listing.named if name != MARKS]
    for kind, name in sorted(named, key=lambda item: (item[0] != "table", item[0] == "chain")):
        yield _named(there, kind, name, lineage, "" if kind == "table" else prefix)
        if kind == "chain":
            yield from _rules(there, name, lineage, prefix)


def _named(there: There, kind: str, name: str, lineage: str, prefix: str) -> Discovered:
    type_ = f"nftables_{kind.replace(' ', '_')}"
    at = dict(zip(("family", "table"), there.name, strict=True))
    identity = {"family": there.name[0], "name": name} if type_ == TABLE else {**at, "name": name}
    identifier = Identifier(there.name, "" if type_ == TABLE else name)
    tagged, address = _tagged(there.tag_of(kind, name), lineage)
    note = _note(there, name) if type_ in OF_NAMED else ""
    return Discovered(
        type=type_,
        identifier=str(identifier),
        name=f"{prefix}{name}",
        identity=identity,
        lineage=tagged,
        address=address,
        note=note,
    )


def _rules(there: There, chain: str, lineage: str, prefix: str) -> Iterator[Discovered]:
    rules = list(there.listing.in_chain(chain))
    for place, (rule, order) in enumerate(zip(rules, orders([rule.order for rule in rules]), strict=True), 1):
        tagged, address = _tagged(rule.tag if rule.digest else "", lineage)
        if tagged == lineage and not address:
            continue  # its address is too long to be in the tag; it is in the state, or was
        said = {"family": there.name[0], "table": there.name[1], "chain": chain, "rule": there.text(rule)[0]}
        yield Discovered(
            type=RULE,
            identifier=str(Identifier(there.name, chain, rule.handle, order)),
            name=f"{prefix}{chain}_{place}",
            identity={} if address else said,
            lineage=tagged,
            address=address,
        )


def orders(there: Sequence[int]) -> list[int]:
    """An ``order`` for each rule of a chain, of which some may have one: so that it says their sequence; 0 where there
    is no room for one.
    """
    step = _STEP if len(there) * _STEP <= LAST else 1
    if not any(there):
        return [step * place if step * place <= LAST else 0 for place in range(1, len(there) + 1)]
    result, low = list(there), 0
    places = [place for place, order in enumerate(there) if order]
    for start, end in zip([-1, *places], [*places, len(there)], strict=True):
        low, missing = (there[start] if start >= 0 else 0), end - start - 1
        high = there[end] if end < len(there) else min(low + _STEP * (missing + 1), LAST + 1)
        if high - low > missing:
            for one in range(1, missing + 1):
                result[start + one] = low + (high - low) * one // (missing + 1)
    return result


def _tagged(tag: str, lineage: str) -> tuple[str, str]:
    """The lineage, whole where it is this state's, and the address."""
    short, address = whose(tag)
    return (lineage if short == Owner(lineage, "").short_lineage else short), address


def _note(there: There, name: str) -> str:
    elements = there.elements(name)
    told = [f"{one.key} ({one.comment})" for one in elements if one.comment and not one.passing]
    if told:
        more = f" and {len(told) - _FEW} more" if len(told) > _FEW else ""
        return f"Comments of its elements give way to kvmplan's: {', '.join(told[:_FEW])}{more}."
    return "Elements of it that run out are left to packets." if any(one.passing for one in elements) else ""
