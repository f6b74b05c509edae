"""Names of network interfaces, made of longer names. Whether a name is one: `kvmplan_sdk.validators`."""

from __future__ import annotations

import hashlib
import re

LONGEST = 15
"""The characters of an interface's name, as far as Linux goes (IFNAMSIZ without its end)."""
LONGEST_PREFIX = 8


def fitted(prefix: str, name: str) -> str:
    """``prefix`` and ``name``; where that is too long, or has characters that an interface's name must not have,
    cut and with four digits of a hash of ``name``, which keep similar names apart.

    ``prefix`` has at most `LONGEST_PREFIX` characters, of those that an interface's name may have.
    """
    plain = prefix + re.sub(r"[^A-Za-z0-9_.-]", "-", name)
    if plain == prefix + name and len(plain) <= LONGEST:
        return plain
    return f"{plain[: LONGEST - 5]}-{hashlib.sha256(name.encode()).hexdigest()[:4]}"
