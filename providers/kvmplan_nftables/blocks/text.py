"""The text of a rule: exactly one rule, whatever it says."""

from __future__ import annotations

import re

_ASCII = re.compile(r"[ -~]+")
_STRING = re.compile(r'"[^"]*"')
_PLACES = ("handle", "position", "index")


def parse_rule(value: object) -> str:
    """What can stand after ``add rule TABLE CHAIN``; whether it is right is nft's to say."""
    text = str(value)
    if not _ASCII.fullmatch(text):
        raise ValueError("a rule is one line of printable ASCII characters; write each rule as a resource of its own")
    bare = _STRING.sub('""', text)
    if bare.count('"') % 2:
        raise ValueError("a quote is not closed")
    bare = bare.replace('""', "")
    if found := sorted(set(bare) & set(";#\\$`'")):
        raise ValueError(f"a rule holds no {' '.join(found)} outside of double quotes; write each rule as a resource")
    _balanced(bare)
    words = bare.split()
    if not words:
        raise ValueError("a rule says something, such as `tcp dport 22 accept`")
    if words[0] in _PLACES:
        raise ValueError(f"a rule does not begin with {words[0]!r}: where it stands is told by order and position")
    if "comment" in words:
        raise ValueError("a rule's comment is an argument of its own, `comment`")
    return text.strip()


def _balanced(bare: str) -> None:
    opened = []
    pairs = {"}": "{", ")": "(", "]": "["}
    for character in bare:
        if character in "{([":
            opened.append(character)
        elif character in pairs and (not opened or opened.pop() != pairs[character]):
            raise ValueError(f"a {character} closes nothing")
    if opened:
        raise ValueError(f"a {opened[-1]} is not closed")
