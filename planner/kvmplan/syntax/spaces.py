"""White space, as the language counts it."""

from __future__ import annotations

SPACES = " \t\n\v\f\r\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What Go's ``unicode.IsSpace`` takes for white space."""
