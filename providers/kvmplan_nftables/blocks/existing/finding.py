"""A block that is there, by its identifier, as it is now. Errors say what is there instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kvmplan_nftables.blocks.existing.identifiers import Identifier, parse_identifier
from kvmplan_nftables.blocks.existing.there import There, look, refused, tables, whose
from kvmplan_nftables.blocks.existing.values import OF_NAMED, rule_values, table_values
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundRule
from kvmplan_nftables.table.pieces import MARKS, TableName
from kvmplan_sdk import Diagnostic, DiagnosticError, Host, Known, Object, Observed, error

TABLE, RULE = "nftables_table", "nftables_rule"
TYPES = (TABLE, RULE, *OF_NAMED)
_MANY = 12
_BY_NAME = ": rules refer to it by its name"
_UNTOLD = ("ct_expectation", "ct_helper", "ct_timeout", "flowtable", "secmark", "synproxy")
"""Objects of nft's that may be in any table, and have no resource there."""


@dataclass(frozen=True, slots=True)
class Existing:
    """What is there on a host, by table, each looked at once. ``kinds``: of blocks, by type."""

    host: Host
    lineage: str
    kinds: Mapping[str, Kind]
    _seen: dict[TableName, There | None] = field(default_factory=dict)
    _refusals: dict[TableName, Mapping[int, str]] = field(default_factory=dict)

    def table(self, name: TableName) -> There | None:
        if name not in self._seen:
            self._seen[name] = look(self.host, name)
        return self._seen[name]

    def imported(self, type_: str, text: str) -> Observed:
        if type_ not in TYPES:
            raise DiagnosticError(_no_import(type_))
        try:
            wanted = parse_identifier(text, type_)
        except ValueError as problem:
            raise DiagnosticError(error(f"No {type_} is called so", f"{problem}.")) from None
        there = self.table(wanted.table)
        if there is None:
            raise DiagnosticError(no_table(wanted.table, tables(self.host)))
        rule = None if type_ != RULE else self._rule(there, wanted)
        self._ours(there, type_, wanted, rule)
        try:
            values = _values(there, type_, wanted, rule)
            if rule is not None and (reason := self._refused(there).get(rule.handle)):
                raise ValueError(f"nft lists `{there.text(rule)[0]}` so, and does not take it back: {reason}")
            self.kinds[type_].pieces(values, Owner("", ""))
        except ValueError as problem:
            reason, named = str(problem), _BY_NAME if wanted.name and not rule else ""
            detail = f"{reason[:1].upper()}{reason[1:]}. It can stay as it is{named}."
            raise DiagnosticError(error(f"{_called(type_, wanted)} cannot be described", detail)) from None
        return Observed(values=values, private={} if rule is None else {"place": _same(there, rule).index(rule)})

    def now(self, known: Known) -> Observed | None:
        """What was imported and carries no tag yet, as it is now; None where it is gone."""
        values = known.values
        name = values["name"] if known.type == TABLE else values["table"]
        there = self.table((str(values["family"]), str(name)))
        rule = None if there is None or known.type != RULE else untagged(there, values, known.private)
        if there is None or (known.type == RULE and rule is None):
            return None
        wanted = Identifier(there.name, str(values.get("chain") or values.get("name")))
        if known.type not in (TABLE, RULE) and (_kind(known.type), wanted.name) not in there.listing.named:
            return None
        try:
            seen = _values(there, known.type, wanted, rule)
        except ValueError:
            return None
        if known.type == RULE:
            seen = {**seen, **{name: values.get(name) for name in ("order", "position", "comment")}}
        return Observed(values=seen, private=known.private)

    def rule(self, values: Object, private: Object) -> FoundRule | None:
        """The rule that was imported as ``values``."""
        there = self.table((str(values["family"]), str(values["table"])))
        return None if there is None else untagged(there, values, private)

    def _rule(self, there: There, wanted: Identifier) -> FoundRule:
        chain = ("chain", wanted.name)
        if chain not in there.listing.named:
            raise DiagnosticError(_not_there("chain", wanted, there))
        rule = there.listing.with_handle(wanted.handle)
        if rule is not None and rule.chain == wanted.name:
            return rule
        found = [f"handle {one.handle}: `{there.text(one)[0]}`" for one in there.listing.in_chain(wanted.name)]
        detail = f"The rules of chain {wanted.name}: {_listed(found)}."
        raise DiagnosticError(error(f"There is no rule with handle {wanted.handle}", detail))

    def _refused(self, there: There) -> Mapping[int, str]:
        """The rules of a table that nft does not take as it lists them, with its reasons."""
        if there.name not in self._refusals:
            self._refusals[there.name] = refused(self.host, there)
        return self._refusals[there.name]

    def _ours(self, there: There, type_: str, wanted: Identifier, rule: FoundRule | None) -> None:
        """Raises where another state says that it is its own, or it is not there."""
        kind = _kind(type_)
        if rule is not None:
            tag = rule.tag if rule.digest else ""
        else:
            name = wanted.name or there.name[1]
            if (kind, name) not in there.listing.named:
                raise DiagnosticError(_not_there(kind, wanted, there))
            tag = there.tag_of(kind, name)
        lineage, address = whose(tag)
        if tag and lineage != Owner(self.lineage, "").short_lineage:
            detail = (
                f"It carries the tag of {address or tag} of the state whose lineage begins with {lineage}. Import it "
                "there, or forget it there first (`kvmplan state rm`) and remove its mark on the host."
            )
            raise DiagnosticError(error(f"{_called(type_, wanted)} belongs to another state", detail))


def untagged(there: There, values: Object, private: Object) -> FoundRule | None:
    """The rule that was imported as ``values``: of those that say the same, the one at the place that it was at."""
    rules = there.saying(str(values["chain"]), str(values["rule"]))
    place = int(str(private.get("place") or 0))
    return rules[place] if place < len(rules) else None


def _same(there: There, rule: FoundRule) -> Sequence[FoundRule]:
    return there.saying(rule.chain, there.text(rule)[0])


def _no_import(type_: str) -> Diagnostic:
    if _kind(type_) in _UNTOLD:
        detail = f"No resource describes it in tables of your own. It can stay as it is{_BY_NAME}."
    else:
        detail = "Write its block, and let kvmplan make it."
    return error(f"{type_} cannot be imported", detail)


def _kind(type_: str) -> str:
    return type_.removeprefix("nftables_")


def _called(type_: str, wanted: Identifier) -> str:
    return f"{_kind(type_).capitalize()} {wanted}"


def _values(there: There, type_: str, wanted: Identifier, rule: FoundRule | None) -> Object:
    if rule is not None:
        return rule_values(there, rule, wanted.order)
    return table_values(there) if type_ == TABLE else OF_NAMED[type_](there, wanted.name)


def no_table(wanted: TableName, found: Iterable[TableName]) -> Diagnostic:
    names = [" ".join(name) for name in found if name[1] != MARKS]
    return error(f"There is no table {' '.join(wanted)}", f"The tables of this host: {_listed(names)}.")


def _not_there(kind: str, wanted: Identifier, there: There) -> Diagnostic:
    names = sorted(name for found, name in there.listing.named if found == kind and name != MARKS)
    table = " ".join(there.name)
    return error(f"There is no {kind} {wanted.name} in table {table}", f"Each {kind} of it: {_listed(names)}.")


def _listed(names: Iterable[str]) -> str:
    several = list(names)
    more = f", and {len(several) - _MANY} more" if len(several) > _MANY else ""
    return f"{', '.join(several[:_MANY])}{more}" if several else "none"
