"""CSV as RFC 4180 and Go's strict reader have it."""

from __future__ import annotations


class CSVError(ValueError):
    """Malformed CSV."""


def read(text: str) -> list[list[str]]:
    """The records of ``text``, empty lines left out. All have as many fields as the first. Raises `CSVError`."""
    rows: list[list[str]] = []
    lines = text.replace("\r\n", "\n").removesuffix("\r").split("\n")
    at = 0
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        row, following = _record(lines, at)
        if rows and len(row) != len(rows[0]):
            raise CSVError(f"record on line {at + 1}: wrong number of fields")
        rows.append(row)
        at = following
    return rows


def _record(lines: list[str], at: int) -> tuple[list[str], int]:
    fields: list[str] = []
    start, rest = at, lines[at]
    while True:
        if not rest.startswith('"'):
            field, comma, rest = rest.partition(",")
            if '"' in field:
                raise CSVError(f'parse error on line {at + 1}: bare " in non-quoted field')
        else:
            field, comma, rest, at = _quoted(lines, at, rest[1:], start)
        fields.append(field)
        if not comma:
            return fields, at + 1


def _quoted(lines: list[str], at: int, rest: str, start: int) -> tuple[str, str, str, int]:
    made: list[str] = []
    while True:
        part, quote, after = rest.partition('"')
        made.append(part)
        if not quote:
            at += 1
            if at >= len(lines):
                raise CSVError(f'record on line {start + 1}: extraneous or missing " in quoted-field')
            made.append("\n")
            rest = lines[at]
        elif after.startswith('"'):
            made.append('"')
            rest = after[1:]
        elif after and not after.startswith(","):
            raise CSVError(f'parse error on line {at + 1}: extraneous or missing " in quoted-field')
        else:
            return "".join(made), after[:1], after[1:], at
