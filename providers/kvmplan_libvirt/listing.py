"""The objects of one kind on a host: listed in one call, and only those that we change looked at again, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Generic, Protocol, TypeVar

from kvmplan_libvirt.errors import calling, found


class Record(Protocol):
    @property
    def name(self) -> str: ...


H = TypeVar("H")
R = TypeVar("R", bound=Record)


class Listing(Mapping[str, R], Generic[H, R]):
    """Records by key, sorted. An object that goes away between the list and its document is left out.

    ``kind`` names them in errors; ``look_up`` finds libvirt's handle of one by its key, or raises that there is none.
    """

    def __init__(
        self,
        kind: str,
        list_all: Callable[[], Iterable[H]],
        look_up: Callable[[str], H],
        record: Callable[[H], R],
        key: Callable[[R], str],
    ) -> None:
        self._kind = kind
        self._list_all = list_all
        self._look_up = look_up
        self._record = record
        self._key = key
        self._listed: dict[str, R] | None = None
        self._taken: dict[str, R | None] = {}
        self._stale: dict[str, None] = {}
        self._in_hand: str | None = None
        self._keys: dict[str, str] = {}
        self._news: list[R] = []

    def take(self, key: str) -> tuple[H, R] | None:
        """The object as it is at this moment, to be changed, made or removed; None where there is none.

        From now on it is looked at by itself: each time it is asked for while it is the one taken last, and then once.
        """
        self.doubt(key)
        self._in_hand = key
        handle = found(partial(self._look_up, key))
        record = None if handle is None else found(partial(self._record, handle))
        return None if handle is None or record is None else (handle, record)

    def doubt(self, key: str) -> None:
        """Look at the object by itself when it is next asked for."""
        self._taken.setdefault(key, None)
        self._stale[key] = None

    def renew(self) -> None:
        """Look at everything that was taken once more when it is asked for."""
        self._stale = dict.fromkeys(self._taken)
        self._in_hand = None

    def named(self, name: str) -> R | None:
        self._look_at_stale()
        record = self.get(self._keys.get(name, ""))
        return record if record is not None and record.name == name else None

    def news(self) -> list[R]:
        """What was read since this was last asked, all of it at first."""
        self._look_at_stale()
        news, self._news = self._news, []
        return news

    def __getitem__(self, key: str) -> R:
        record = self._look(key) if key in self._taken else self._everything().get(key)
        if record is None:
            raise KeyError(key)
        return record

    def __iter__(self) -> Iterator[str]:
        untouched = [key for key in self._everything() if key not in self._taken]
        return iter(sorted([*untouched, *(key for key in self._taken if self._look(key) is not None)]))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _everything(self) -> Mapping[str, R]:
        if self._listed is None:
            with calling(f"Listing the {self._kind}"):
                records = [self._noted(one) for item in self._list_all() if (one := self._recorded(item)) is not None]
            self._listed = {self._key(record): record for record in records}
        return self._listed

    def _look_at_stale(self) -> None:
        self._everything()
        for key in list(self._stale):
            self._look(key)

    def _look(self, key: str) -> R | None:
        if key in self._stale:
            with calling(f"Looking at one of the {self._kind}"):
                handle = found(partial(self._look_up, key))
                record = None if handle is None else self._recorded(handle)
            self._taken[key] = None if record is None else self._noted(record)
            if key != self._in_hand:
                del self._stale[key]
        return self._taken[key]

    def _recorded(self, handle: H) -> R | None:
        return found(partial(self._record, handle))

    def _noted(self, record: R) -> R:
        self._keys[record.name] = self._key(record)
        self._news.append(record)
        return record
