"""Identity: which comment in a table marks what of which resource.

nft keeps a comment of at most 128 bytes with each rule and element, written between double quotes that cannot be
escaped. The state's lineage comes first, so that two states on one host never take each other's objects for their own.
A rule's comment goes on with a digest of its text, for what nft lists is spelled otherwise than what it was told, and
ends in what of the user's own comment has room.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

LIMIT = 128  # bytes; libnftnl, NFTNL_UDATA_COMMENT_MAXLEN
_LINEAGE = 8
_DIGEST = 8
_ORDER = 5
_ROOM = LIMIT - _LINEAGE - 1 - _DIGEST - 2 - _ORDER
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\[\]\" /:@+,=()-]")
_OF_RULE = re.compile(rf"([A-Za-z0-9_-]{{1,8}} \S.*?) ~([0-9a-f]{{{_DIGEST}}})(?:\.(\d{{1,4}}))?(?: .*)?")
_OF_ELEMENT = re.compile(r"[A-Za-z0-9_-]{1,8} (?:skeleton|(?:module|nftables_\w+)\..+)")
"""Other people's comments have words, too."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A resource of a state, whose objects carry its ``tag``."""

    lineage: str
    address: str

    @property
    def tag(self) -> str:
        """Readable, unique, and safe between double quotes: quotes of instance keys become single ones, every other
        unusual character is percent-encoded, and of what would be too long a hash stands for the rest.
        """
        return _tag(self.short_lineage, self.address)

    @staticmethod
    def address_in(readable: str) -> str:
        """What `tag` made readable; empty where a hash stands for a part of it."""
        return "" if "~" in readable else unquote(readable.replace("'", '"'))

    @property
    def short_lineage(self) -> str:
        """As tags have it."""
        return _short(self.lineage)

    def name(self, prefix: str) -> str:
        """What an object with a name of its own is called: ``prefix`` and what nobody else has."""
        return f"{prefix}_{digest(f'{self.lineage} {self.address}', 12)}"


@lru_cache(1 << 15)
def _tag(short_lineage: str, address: str) -> str:
    readable = _UNSAFE.sub(_percent, address).replace('"', "'")
    if len(readable) > _ROOM:
        readable = f"{readable[: _ROOM - 17]}~{digest(address, 16)}"
    return f"{short_lineage} {readable}"


@lru_cache(1 << 4)
def _short(lineage: str) -> str:
    return re.sub("[^A-Za-z0-9_-]", "_", lineage)[:_LINEAGE]


def digest(text: str, length: int = _DIGEST) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@lru_cache(1 << 10)  # all elements of a set have the same
def comment_parts(comment: str) -> tuple[str, str, int]:
    """The tag in a comment of ours, the digest (empty where there is none), and the place among our rules of a chain
    (0 where there is none). All are empty for other people's.
    """
    if found := _OF_RULE.fullmatch(comment):
        return found[1], found[2], int(found[3] or 0)
    return comment if _OF_ELEMENT.fullmatch(comment) else "", "", 0


def parse_comment(comment: str) -> tuple[str, str] | None:
    """The tag and the digest (empty where there is none) in a comment of ours; None for other people's."""
    tag, told, _ = comment_parts(comment)
    return (tag, told) if tag else None


def rule_comment(tag: str, digest: str, order: int, own: str) -> str:
    """Of a rule of ours: who it is of, and as much of the user's ``own`` comment as has room."""
    whose = f"{tag} ~{digest}{f'.{order}' if order else ''}"
    return f"{whose} {own}".encode()[:LIMIT].decode(errors="ignore").rstrip() if own else whose


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
