"""What differs between two values, as a tree; how it looks is `kvmplan.review.diff_text`'s business.

Values are as JSON has them. ``unknown`` and the two ``hidden`` (sensitive) arguments are trees of the value's shape, in
which True stands for a whole value, as in Terraform's plan representation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from kvmplan.review.value_trees import says_something

JSON = Any


class Absent(Enum):
    """No value at all, which is not null."""

    ABSENT = 0


ABSENT: Final = Absent.ABSENT


class Sign(Enum):
    NONE = " "
    CREATE = "+"
    DELETE = "-"
    UPDATE = "~"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A primitive, an empty collection, or null."""

    sign: Sign
    before: JSON
    after: JSON


@dataclass(frozen=True, slots=True)
class Text:
    """A string of several lines: every line with its sign."""

    sign: Sign
    lines: tuple[tuple[Sign, str], ...]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A sensitive value. ``before`` and ``after``: on which side it is sensitive, where there are two."""

    sign: Sign
    before: bool = True
    after: bool = True


@dataclass(frozen=True, slots=True)
class Pending:
    """A value known after apply. ``before``: what goes, None where there was nothing."""

    sign: Sign
    before: Node | None


@dataclass(frozen=True, slots=True)
class Turned:
    """A value that becomes one of another kind."""

    sign: Sign
    before: Node
    after: Node


@dataclass(frozen=True, slots=True)
class Items:
    """A list, a set or a tuple."""

    sign: Sign
    items: tuple[Node, ...]
    is_set: bool = False


@dataclass(frozen=True, slots=True)
class Entries:
    """A map or an object."""

    sign: Sign
    entries: Mapping[str, Node]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A string that holds JSON: shown as what it holds."""

    sign: Sign
    content: Node


Node = Leaf | Text | Hidden | Pending | Turned | Items | Entries | Encoded


def differ(
    before: JSON | Absent,
    after: JSON | Absent,
    unknown: JSON = False,
    hidden_before: JSON = False,
    hidden_after: JSON = False,
    *,
    is_set: bool = False,
) -> Node:
    """The difference of two values, either of which may be ABSENT (not both). ``is_set``: lists stand for sets."""
    sign = _sign(before, after)
    if hidden_before is True or hidden_after is True:
        sign = Sign.UPDATE if unknown is True and sign is Sign.DELETE else sign
        if before is ABSENT or after is ABSENT:
            return Hidden(sign)
        return Hidden(sign, hidden_before is True, hidden_after is True)
    if unknown is True:
        return _pending(before, hidden_before)
    sides = [value for value in (before, after) if not isinstance(value, Absent)]
    if all(isinstance(value, list) for value in sides):
        return _lists(before, after, unknown, hidden_before, hidden_after, is_set=is_set)
    if all(isinstance(value, dict) for value in sides):
        return _maps(before, after, unknown, hidden_before, hidden_after)
    if len(sides) == 2 and _changes_form(before, after):
        old = differ(before, ABSENT, hidden_before=hidden_before)
        return Turned(sign, old, differ(ABSENT, after, unknown, hidden_after=hidden_after))
    return _primitive(before, after, sign)


def _sign(before: JSON | Absent, after: JSON | Absent) -> Sign:
    if before is ABSENT:
        return Sign.CREATE
    if after is ABSENT:
        return Sign.DELETE
    return Sign.NONE if _same(before, after) else Sign.UPDATE


def _same(before: JSON, after: JSON) -> bool:
    return type(before) is type(after) and bool(before == after)


def _pending(before: JSON | Absent, hidden_before: JSON) -> Node:
    if before is ABSENT or before is None:
        return Pending(Sign.CREATE if before is ABSENT else Sign.UPDATE, None)
    return Pending(Sign.UPDATE, differ(before, ABSENT, hidden_before=hidden_before))


def _changes_form(before: JSON, after: JSON) -> bool:
    """Whether the two cannot be shown as one: a list and a map, JSON in a string and plain text."""
    if isinstance(before, (list, dict)) or isinstance(after, (list, dict)):
        return True
    old, new = _decoded(before), _decoded(after)
    if (old is ABSENT) is not (new is ABSENT):
        return True
    both_text = isinstance(before, str) and isinstance(after, str)
    return not both_text and any(isinstance(value, str) and "\n" in value for value in (before, after))


def _primitive(before: JSON | Absent, after: JSON | Absent, sign: Sign) -> Node:
    texts = [value for value in (before, after) if isinstance(value, str)]
    if texts and all(_decoded(text) is not ABSENT for text in texts):
        return Encoded(sign, differ(_decoded(before), _decoded(after)))
    if any("\n" in text for text in texts):
        return _text(before, after, sign)
    return Leaf(sign, before, after)


def _decoded(value: JSON | Absent) -> JSON | Absent:
    """The array or object that a string holds as JSON."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return ABSENT
    return ABSENT


def _text(before: str | Absent, after: str | Absent, sign: Sign) -> Node:
    if isinstance(before, Absent) or isinstance(after, Absent):
        only = after if isinstance(before, Absent) else before
        assert isinstance(only, str)
        return Text(sign, tuple((Sign.NONE, line) for line in _lines(only)))
    old, new = _lines(before), _lines(after)
    lines: list[tuple[Sign, str]] = []
    both = min(len(old), len(new)) > 1
    for left, right in align(old, new, pairs=lambda _: both):
        if left is not None and right is not None and old[left] == new[right]:
            lines.append((Sign.NONE, old[left]))
            continue
        lines += [(Sign.DELETE, old[left])] if left is not None else []
        lines += [(Sign.CREATE, new[right])] if right is not None else []
    return Text(sign, tuple(lines))


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


_PENDING: Final = object()
"""What is not known yet, which is the same as nothing else."""


def _lists(
    before: list[JSON] | Absent,
    after: list[JSON] | Absent,
    unknown: JSON,
    hidden_before: JSON,
    hidden_after: JSON,
    *,
    is_set: bool,
) -> Node:
    old = [] if isinstance(before, Absent) else before
    new = [] if isinstance(after, Absent) else after
    told = [_PENDING if _at(unknown, at) is True else value for at, value in enumerate(new)]
    pairs = (members if is_set else align)(old, told)
    items = [
        differ(
            ABSENT if left is None else old[left],
            ABSENT if right is None else new[right],
            _at(unknown, right),
            _at(hidden_before, left),
            _at(hidden_after, right),
        )
        for left, right in pairs
    ]
    if not items:
        return Leaf(_sign(before, after), before, after)
    return Items(_combined(before, after, items), tuple(items), is_set)


def _by_index(old: Sequence[JSON], new: Sequence[JSON]) -> list[tuple[int | None, int | None]]:
    return [
        (index if index < len(old) else None, index if index < len(new) else None)
        for index in range(max(len(old), len(new)))
    ]


def _at(tree: JSON, key: str | int | None) -> JSON:
    if isinstance(tree, dict):
        return tree.get(key, False)
    if isinstance(tree, list) and isinstance(key, int):
        return tree[key] if key < len(tree) else False
    return tree is True


def _maps(
    before: Mapping[str, JSON] | Absent,
    after: Mapping[str, JSON] | Absent,
    unknown: JSON,
    hidden_before: JSON,
    hidden_after: JSON,
) -> Node:
    old = {} if isinstance(before, Absent) else before
    new = {} if isinstance(after, Absent) else after
    pending = unknown if isinstance(unknown, dict) else {}
    names = sorted({*old, *new, *(name for name, tree in pending.items() if says_something(tree))})
    if not names:
        return Leaf(_sign(before, after), before, after)
    entries = {
        name: differ(
            old.get(name, ABSENT),
            new.get(name, ABSENT),
            _at(unknown, name),
            _at(hidden_before, name),
            _at(hidden_after, name),
        )
        for name in names
    }
    return Entries(_combined(before, after, list(entries.values())), entries)


def _combined(before: JSON | Absent, after: JSON | Absent, parts: Sequence[Node]) -> Sign:
    if before is ABSENT:
        return Sign.CREATE
    if after is ABSENT:
        return Sign.DELETE
    return Sign.UPDATE if any(part.sign is not Sign.NONE for part in parts) else Sign.NONE


MAX_ALIGNED = 250_000


def _is_object(value: JSON) -> bool:
    return isinstance(value, dict)


def align(
    old: Sequence[JSON], new: Sequence[JSON], *, pairs: Callable[[JSON], bool] = _is_object
) -> list[tuple[int | None, int | None]]:
    """Which positions to show as one. Lists of the same length are compared position by position, unless one is a
    permutation of the other; others by longest common subsequence, changed ones paired with one another that ``pairs``.
    """
    if len(old) == len(new) and not _permuted(old, new):
        return _by_index(old, new)
    return subsequence(old, new, pairs=pairs)


def members(old: Sequence[JSON], new: Sequence[JSON]) -> list[tuple[int | None, int | None]]:
    """Which positions of two sets hold the same: what only one side has is never shown as a change of something."""
    places: dict[str, list[int]] = {}
    for position, value in enumerate(new):
        places.setdefault(_text_of(value), []).insert(0, position)
    pairs: list[tuple[int | None, int | None]] = []
    for position, value in enumerate(old):
        same = places.get(_text_of(value))
        pairs.append((position, same.pop() if same else None))
    return [*pairs, *((None, position) for position in sorted(p for left in places.values() for p in left))]


def subsequence(
    old: Sequence[JSON], new: Sequence[JSON], *, pairs: Callable[[JSON], bool] = _is_object
) -> list[tuple[int | None, int | None]]:
    """Pairs of positions by longest common subsequence. ``pairs``: what, when it changes, is shown with a partner.

    Its table is quadratic, so equal ends are cut off first, and what would still be large is compared by position.
    """
    start = 0
    while start < min(len(old), len(new)) and _same(old[start], new[start]):
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and _same(old[-1 - end], new[-1 - end]):
        end += 1
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    large = len(middle_old) * len(middle_new) > MAX_ALIGNED
    middle = _by_index(middle_old, middle_new) if large else _aligned(middle_old, middle_new, pairs)
    shifted = [(None if a is None else a + start, None if b is None else b + start) for a, b in middle]
    tail = [(len(old) - end + index, len(new) - end + index) for index in range(end)]
    return [*((index, index) for index in range(start)), *shifted, *tail]


def _permuted(old: Sequence[JSON], new: Sequence[JSON]) -> bool:
    return sorted(map(_text_of, old)) == sorted(map(_text_of, new))


def _text_of(value: JSON) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _aligned(
    old: Sequence[JSON], new: Sequence[JSON], can_pair: Callable[[JSON], bool]
) -> list[tuple[int | None, int | None]]:
    common = _common(old, new)
    pairs: list[tuple[int | None, int | None]] = []
    left = right = 0
    for next_left, next_right in [*common, (len(old), len(new))]:
        while left < next_left:
            if right < next_right and can_pair(old[left]) and can_pair(new[right]):
                pairs.append((left, right))
                right += 1
            else:
                pairs.append((left, None))
            left += 1
        while right < next_right:
            pairs.append((None, right))
            right += 1
        if next_left < len(old) and next_right < len(new):
            pairs.append((next_left, next_right))
        left, right = next_left + 1, next_right + 1
    return pairs


def _common(old: Sequence[JSON], new: Sequence[JSON]) -> list[tuple[int, int]]:
    """The positions of a longest common subsequence."""
    width = len(new) + 1
    table = [[0] * width for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        row, below = table[i], table[i + 1]
        for j in range(len(new) - 1, -1, -1):
            row[j] = below[j + 1] + 1 if _same(old[i], new[j]) else max(below[j], row[j + 1])
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if _same(old[i], new[j]):
            found.append((i, j))
            i, j = i + 1, j + 1
        elif table[i + 1][j] >= table[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
