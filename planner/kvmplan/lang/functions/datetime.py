"""Functions of dates and times, in RFC 3339 notation."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import NOT_NULL, Unknown, Value
from kvmplan_sdk.types import NUMBER, STRING

REGISTRY: Registry = {}
_STAMP = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_EPOCH = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


class Moment:
    """A time to the nanosecond: ``at`` to the second with its offset, and the rest."""

    __slots__ = ("at", "nanoseconds")

    def __init__(self, at: dt.datetime, nanoseconds: int) -> None:
        self.at, self.nanoseconds = at, nanoseconds

    @property
    def instant(self) -> int:
        """Nanoseconds on one time line, whatever the offset."""
        since = self.at - _EPOCH
        return (since.days * 86400 + since.seconds) * 10**9 + self.nanoseconds


def parse(text: str, argument: int) -> Moment:
    """A moment in RFC 3339 notation. Raises `FunctionError`."""
    found = _STAMP.fullmatch(text)
    try:
        if found is None:
            raise ValueError("write it like 2006-01-02T15:04:05Z")
        year, month, day, hour, minute, second = (int(found[at]) for at in range(1, 7))
        zone = found[8]
        offset = dt.timedelta()
        if zone != "Z":
            hours, minutes = int(zone[1:3]), int(zone[4:6])
            if hours > 24 or minutes > 60:
                raise ValueError("time zone offset hour out of range")
            offset = dt.timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
        at = dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.timezone(offset))
    except (ValueError, OverflowError) as problem:
        raise FunctionError(f"not a valid RFC3339 timestamp: {problem}", argument) from None
    return Moment(at, int((found[7] or "0").ljust(9, "0")[:9]))


def _stamp(moment: Moment) -> str:
    """RFC 3339 to the second, as Go writes it."""
    offset = moment.at.utcoffset() or dt.timedelta()
    seconds = int(offset.total_seconds())
    zone = (
        "Z" if not seconds else f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02d}:{abs(seconds) // 60 % 60:02d}"
    )
    return moment.at.strftime(f"{moment.at.year:04d}-%m-%dT%H:%M:%S") + zone


def _duration(text: str) -> int:
    """A duration in Go's notation, in nanoseconds. Raises `FunctionError`."""
    sign, rest = (-1 if text[:1] == "-" else 1), text.lstrip("+-") if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total, at = 0, 0
    while found := _DURATION.match(rest, at):
        total += int(Fraction(found[1] if found[1][0] != "." else "0" + found[1]) * _UNITS[found[2]])
        at = found.end()
    if not rest or at != len(rest) or len(text) - len(rest) > 1 or total >= 2**63:
        raise FunctionError(f'invalid duration "{text}"; write it like 1h30m or -24h', 1)
    return sign * total


@define(REGISTRY, "timeadd", Param("timestamp", STRING), Param("duration", STRING), returns=STRING)
def timeadd(timestamp: str, duration: str) -> Value:
    """`timestamp` moved by `duration`, such as `1h30m` or `-24h`."""
    moment, span = parse(timestamp, 0), _duration(duration)
    total = moment.nanoseconds + span
    try:
        return _stamp(Moment(moment.at + dt.timedelta(seconds=total // 10**9), total % 10**9))
    except OverflowError:
        raise FunctionError("the result is out of range", 1) from None


@define(REGISTRY, "timecmp", Param("timestamp_a", STRING), Param("timestamp_b", STRING), returns=NUMBER)
def timecmp(a: str, b: str) -> Value:
    """-1, 0 or 1: whether `timestamp_a` is before, the same as, or after `timestamp_b`."""
    first, second = parse(a, 0).instant, parse(b, 1).instant
    return (first > second) - (first < second)


@define(REGISTRY, "timestamp", returns=STRING, scoped=True)
def timestamp(scope: Scope) -> Value:
    """The time now; it is not known before apply."""
    if scope.pure:
        return Unknown(STRING, NOT_NULL)
    return _stamp(Moment(dt.datetime.now(dt.UTC), 0))


@define(REGISTRY, "plantimestamp", returns=STRING, scoped=True)
def plantimestamp(scope: Scope) -> Value:
    """The time of the plan."""
    if scope.now is None:
        return Unknown(STRING, NOT_NULL) if scope.pure else timestamp(scope)
    return _stamp(Moment(scope.now.astimezone(dt.UTC), 0))


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
        if character == "'":
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
    at = moment.at
    hour12 = at.hour % 12 or 12
    known = {
        "YYYY": f"{at.year:04d}", "YY": f"{at.year % 100:02d}",
        "M": str(at.month), "MM": f"{at.month:02d}", "MMM": _MONTHS[at.month - 1][:3], "MMMM": _MONTHS[at.month - 1],
        "D": str(at.day), "DD": f"{at.day:02d}", "EEE": _DAYS[at.weekday()][:3], "EEEE": _DAYS[at.weekday()],
        "h": str(at.hour), "hh": f"{at.hour:02d}", "H": str(hour12), "HH": f"{hour12:02d}",
        "AA": "PM" if at.hour >= 12 else "AM", "aa": "pm" if at.hour >= 12 else "am",
        "m": str(at.minute), "mm": f"{at.minute:02d}", "s": str(at.second), "ss": f"{at.second:02d}",
        "Z": _zone(at, ":", "Z"), "ZZZZ": _zone(at, ""), "ZZZ": _zone(at, "", "UTC"), "ZZZZZ": _zone(at, ":"),
    }  # fmt: skip
    if token not in known:
        raise FunctionError(f'invalid date format verb "{token}"; write literal text in single quotes', 0)
    return known[token]


def _zone(at: dt.datetime, separator: str, utc: str = "") -> str:
    seconds = int((at.utcoffset() or dt.timedelta()).total_seconds())
    if utc and not seconds:
        return utc
    return f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02d}{separator}{abs(seconds) // 60 % 60:02d}"
