"""Words of nft's own language, which it does not take for names: it would tell a syntax error of a line nobody wrote.

From nftables 1.0.6, src/scanner.l: the words of all states of the scanner, each tried in each place. Of words that came
later, such as ``destroy``, a newer nft tells itself.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_BEFORE_A_MATCH = _words(
    "ah arp comp dccp dnat ecn esp ether exists icmp icmpv6 igmp ip ip6 missing redirect reset sctp snat tcp udp "
    "udplite vlan"
)
"""These it takes for elements."""
_NO_ELEMENTS = _words(
    "accept add all and auto-merge bridge cgroup chain comment constant continue counter cpu create ct day define "
    "delete describe device devices drop dst dup dynamic element elements eq expires export exthdr fib flags flow "
    "flowtable flush frag fwd gc-interval ge get goto gt handle hbh hook hour ibriport ibrname iif iifgroup iifname "
    "iiftype import include index inet insert interval ipsec jhash jump le limit list log lshift lt map mark "
    "masquerade meta meter mh monitor ne netdev nftrace not notrack numgen obriport obrname offload oif oifgroup "
    "oifname oiftype or osf pkttype policy position priority queue quota random redefine reject rename replace return "
    "rshift rt rt0 rt2 rtclassid rule ruleset secmark set size skgid skuid socket srh symhash synproxy table th time "
    "timeout tproxy type typeof undefine update vmap xor xt"
)
_WORDS = _NO_ELEMENTS | _BEFORE_A_MATCH
_LISTED = _words("chains counters flowtables hooks limits maps meters quotas secmarks sets synproxys tables")
"""It makes a table that is called so, and cannot list it."""
_COUNTED = _words("bytes name")
_HEADERS = _words("ll nh")
_OF: Mapping[str, frozenset[str]] = {
    "table": _LISTED,
    "set": _HEADERS,
    "map": _HEADERS,
    "counter": _COUNTED | _words("packets"),
    "limit": _COUNTED | _words("burst minute over packets rate second week"),
    "quota": _COUNTED | _words("over until used"),
}


def refuse_name(name: str, kind: str = "") -> None:
    """Raises `ValueError` for a name that nothing can have, or nothing of a ``kind``."""
    if name in _WORDS or name in _OF.get(kind, ()):
        raise ValueError(
            f'"{name}" is a word of nft\'s own language, which it does not take for the name of a {kind or "chain"}; '
            "write another one"
        )


def refuse_element(text: str, instead: str) -> None:
    """Raises `ValueError` for what cannot be in a set or a map. ``instead``: what to do about it."""
    if text in _NO_ELEMENTS:
        told = "is a word of nft's own language, which it takes for nothing in a set or a map"
        raise ValueError(f'"{text}" {told}; {instead}')


def quoted(name: str) -> str:
    """An interface among the devices of a chain, where nft takes words of its own in quotes."""
    return f'"{name}"' if name in _WORDS else name
