"""Functions of dates and times, in RFC 3339 notation."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from fractions import Fraction

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import NOT_NULL, UNREFINED, Unknown, Value
from kvmplan_sdk.types import NUMBER, STRING

REGISTRY: Registry = {}
_STAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAY, _NANO = 86400, 10**9
_MAX = 2**63


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of any year: ``instant`` in nanoseconds since 1970, and the ``offset`` of its zone in seconds."""

    instant: int
    offset: int = 0

    @property
    def _local(self) -> int:
        return self.instant // _NANO + self.offset

    @property
    def date(self) -> tuple[int, int, int]:
        """Year, month and day. Years are counted on from 0 to what was before."""
        return _civil(self._local // _DAY)

    @property
    def weekday(self) -> int:
        """Monday is 0."""
        return (self._local // _DAY + 3) % 7

    @property
    def clock(self) -> tuple[int, int, int]:
        """Hour, minute and second."""
        second = self._local % _DAY
        return second // 3600, second // 60 % 60, second % 60

    def zone(self, separator: str, utc: str = "") -> str:
        if utc and not self.offset:
            return utc
        hours, minutes = divmod(abs(self.offset) // 60, 60)
        return f"{'-' if self.offset < 0 else '+'}{hours:02d}{separator}{minutes:02d}"

    def __str__(self) -> str:
        """RFC 3339 to the second, as Go writes it."""
        (year, month, day), (hour, minute, second) = self.date, self.clock
        sign = "-" if year < 0 else ""
        return f"{sign}{abs(year):04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}{self.zone(':', 'Z')}"


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970 of a date in the Gregorian calendar, extended both ways."""
    era, year_of_era = divmod(year - (month < 3), 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def _civil(days: int) -> tuple[int, int, int]:
    """The date that `_days` counts to."""
    era, day = divmod(days + 719468, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    return year + era * 400 + (month > 9), (month + 2) % 12 + 1, day - (153 * month + 2) // 5 + 1


def parse(text: str, argument: int, *, lenient: bool = False) -> Moment:
    """A moment in RFC 3339 notation, or what Go passes for it (``lenient``). Raises `FunctionError`."""
    found = _STAMP.fullmatch(text)
    problem = _problem(found, lenient)
    if found is None or problem:
        raise FunctionError(f"not a valid RFC3339 timestamp: {problem}", argument)
    year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
    zone, offset = found[8], 0
    if zone != "Z":
        offset = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * (-1 if zone[0] == "-" else 1)
    at = _days(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset
    return Moment(at * _NANO + int((found[7] or "0").ljust(9, "0")[:9]), offset)


def _problem(found: re.Match[str] | None, lenient: bool) -> str:
    """Why what looks like a stamp is none, or nothing."""
    if found is None or not (lenient or (len(found[4]) == 2 and "," not in found[0])):
        return "write it like 2006-01-02T15:04:05Z"
    year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
    if not 1 <= month <= 12:
        return "month out of range"
    if _civil(_days(year, month, day)) != (year, month, day):
        return "day out of range"
    if hour > 23 or minute > 59 or second > 59:
        return "hour, minute or second out of range"
    zone = found[8]
    if zone != "Z" and (int(zone[1:3]) > 23 + lenient or int(zone[4:6]) > 59 + lenient):
        return "time zone offset out of range"
    return ""


def _duration(text: str) -> int:
    """A duration in Go's notation, in nanoseconds. Raises `FunctionError`."""
    sign, rest = (-1 if text[:1] == "-" else 1), text.lstrip("+-") if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total, at = 0, 0
    while found := _DURATION.match(rest, at):
        total += int(Fraction(found[1] if found[1][0] != "." else "0" + found[1]) * _UNITS[found[2]])
        at = found.end()
    if not rest or at != len(rest) or len(text) - len(rest) > 1 or total > _MAX - (sign > 0):
        raise FunctionError(f'invalid duration "{text}"; write it like 1h30m or -24h', 1)
    return sign * total


@define(REGISTRY, "timeadd", Param("timestamp", STRING), Param("duration", STRING), returns=STRING, refine=UNREFINED)
def timeadd(timestamp: str, duration: str) -> Value:
    """`timestamp` moved by `duration`, such as `1h30m` or `-24h`."""
    moment, span = parse(timestamp, 0), _duration(duration)
    return str(replace(moment, instant=moment.instant + span))


@define(REGISTRY, "timecmp", Param("timestamp_a", STRING), Param("timestamp_b", STRING), returns=NUMBER)
def timecmp(a: str, b: str) -> Value:
    """-1, 0 or 1: whether `timestamp_a` is before, the same as, or after `timestamp_b`."""
    first, second = parse(a, 0, lenient=True).instant, parse(b, 1, lenient=True).instant
    return (first > second) - (first < second)


def _stamp(now: dt.datetime) -> str:
    return str(Moment(int(now.timestamp()) * _NANO))


@define(REGISTRY, "timestamp", returns=STRING, scoped=True)
def timestamp(scope: Scope) -> Value:
    """The time now; it is not known before apply."""
    if scope.pure:
        return Unknown(STRING, NOT_NULL)
    return _stamp(dt.datetime.now(dt.UTC))


@define(REGISTRY, "plantimestamp", returns=STRING, scoped=True)
def plantimestamp(scope: Scope) -> Value:
    """The time of the plan."""
    if scope.now is None:
        return Unknown(STRING, NOT_NULL) if scope.pure else timestamp(scope)
    return _stamp(scope.now)


@define(REGISTRY, "formatdate", Param("format", STRING), Param("time", STRING), returns=STRING)
def formatdate(template: str, time: str) -> Value:
    """`time` written as `format` says: `YYYY-MM-DD hh:mm:ss`, `EEE`, `MMM`, `Z`, and literals in single quotes."""
    moment = parse(time, 1)
    return "".join(_written(token, moment) for token in _tokens(template))


def _tokens(template: str) -> list[str]:
    """Literals (with a leading quote) and runs of one letter."""
    made: list[str] = []
    at = 0
    while at < len(template):
        character = template[at]
        if template.startswith("''", at):
            made.append("''")
            at += 2
        elif character == "'":
            literal, at = _quoted(template, at)
            made.append("'" + literal)
        elif character.isascii() and character.isalpha():
            end = at
            while end < len(template) and template[end] == character:
                end += 1
            made.append(template[at:end])
            at = end
        else:
            made.append("'" + character)
            at += 1
    return made


def _quoted(template: str, at: int) -> tuple[str, int]:
    made = ""
    at += 1
    while (end := template.find("'", at)) >= 0:
        made += template[at:end]
        if not template.startswith("''", end):
            return made, end + 1
        made += "'"
        at = end + 2
    raise FunctionError("unterminated literal '", 0)


def _written(token: str, moment: Moment) -> str:
    if token[0] == "'":
        return token[1:]
    (year, month, day), (hour, minute, second) = moment.date, moment.clock
    half, weekday = hour % 12 or 12, _DAYS[moment.weekday]
    known = {
        "YYYY": f"{year:04d}", "YY": f"{year % 100:02d}",
        "M": str(month), "MM": f"{month:02d}", "MMM": _MONTHS[month - 1][:3], "MMMM": _MONTHS[month - 1],
        "D": str(day), "DD": f"{day:02d}", "EEE": weekday[:3], "EEEE": weekday,
        "h": str(hour), "hh": f"{hour:02d}", "H": str(half), "HH": f"{half:02d}",
        "AA": "PM" if hour >= 12 else "AM", "aa": "pm" if hour >= 12 else "am",
        "m": str(minute), "mm": f"{minute:02d}", "s": str(second), "ss": f"{second:02d}",
        "Z": moment.zone(":", "Z"), "ZZZZ": moment.zone(""), "ZZZ": moment.zone("", "UTC"), "ZZZZZ": moment.zone(":"),
    }  # fmt: skip
    if token not in known:
        raise FunctionError(f'invalid date format verb "{token}"; write literal text in single quotes', 0)
    return known[token]
