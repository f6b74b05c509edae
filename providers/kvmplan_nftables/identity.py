"""Identity: which comment in the table marks the object of which resource.

nft keeps a comment of at most 128 bytes with each rule and element, written between double quotes that cannot be
escaped. The state's lineage comes first, so that two states on one host never take each other's objects for their own.
"""

from __future__ import annotations

import hashlib
import re

LIMIT = 128  # bytes; libnftnl, NFTNL_UDATA_COMMENT_MAXLEN
_LINEAGE = 8
_UNSAFE = re.compile(r"[^A-Za-z0-9_.\[\]\" /:@+,=()-]")
TAG = re.compile(r"[A-Za-z0-9_-]{1,8} \S.*")


def tag(lineage: str, address: str) -> str:
    """The comment for the object at ``address``: readable, unique, and safe between double quotes.

    Quotes of instance keys become single ones; every other unusual character is percent-encoded. What would be too
    long keeps its beginning, and a hash stands for the rest.
    """
    readable = _UNSAFE.sub(_percent, address).replace('"', "'")
    room = LIMIT - _LINEAGE - 1
    if len(readable) > room:
        digest = hashlib.sha256(address.encode()).hexdigest()[:16]
        readable = f"{readable[: room - 17]}~{digest}"
    return f"{re.sub('[^A-Za-z0-9_-]', '_', lineage)[:_LINEAGE]} {readable}"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())
