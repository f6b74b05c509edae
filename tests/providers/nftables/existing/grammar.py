"""Random tables in nft's own language: what nft 1.0.6 takes, in tables as people write them."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

ADDRESSES = {
    "ip": ("10.0.0.0/8", "192.0.2.1", "192.0.2.10-192.0.2.20", "{ 10.0.0.1, 10.1.0.0/16 }", "@v4", "@wide"),
    "ip6": ("fd00::/64", "fd00::1", "{ fd00::1, fd01::/48 }", "@v6"),
}
PORTS = ("22", "80-90", "{ 22, 443, 8000-8010 }", "> 1023", "!= 53", "@ports")
BOTH = (
    'iifname "eth0"',
    'oifname "virbr*"',
    'iifname != { "a", "b" }',
    "iifname @links",
    "meta mark 0x10",
    "meta mark & 0xff == 0x1",
    "meta mark != { 0x1, 0x2 }",
    "meta pkttype broadcast",
    "meta length > 1000",
    "meta skuid 0",
    'meta day "Monday"',
    "meta cpu 0-3",
    "th dport 53",
    "@th,16,16 0x16",
    "numgen random mod 4 < 2",
)
ROUTED = (
    "ct state established,related",
    "ct state invalid",
    "ct state new ct direction original",
    "ct mark 0x7",
    "ct status dnat",
    'ct helper "ftp"',
    "fib daddr type local",
    "fib saddr . iif oif missing",
    "rt ipsec missing",
    "socket transparent 1",
)
FRAMES = (
    "ether saddr 52:54:00:aa:00:01",
    "ether type arp arp operation request",
    "vlan id 7",
    "ether saddr . ip saddr { 52:54:00:aa:00:01 . 10.0.0.1 }",
    'ibrname "br0"',
)
OF_IP = (
    "ip ttl 1",
    "ip dscp cs1",
    "ip frag-off & 0x1fff != 0x0",
)
SAYS = (
    "counter",
    "counter packets 7 bytes 700",
    'log prefix "in; { # "',
    'log prefix "${x} %{ if" group 2',
    "log level debug flags all",
    "limit rate 10/second",
    "limit rate over 5/minute burst 9 packets",
    "limit rate 2 mbytes/second burst 1 mbytes",
    "quota over 25 mbytes",
    "meta mark set 0x5",
    "meta mark set meta mark or 0x100",
    "meta nftrace set 1",
    "meta priority set 1:2",
    "counter name hits",
    "limit name slow",
    "quota name much",
)
OF_IP_SAYS = ("add @seen { ip saddr }", "update @seen { ip saddr timeout 1m }", "ip ttl set 9", "ip dscp set cs2")
ROUTED_SAYS = ("ct mark set meta mark", "ct mark set 0x9", "meta mark set ct mark", "tcp option maxseg size set rt mtu")
VERDICTS = ("accept", "drop", "return", "continue", "jump more", "goto more", "")
OF_IP_VERDICTS = ("ip saddr vmap @ways", "ip saddr vmap { 10.0.0.1 : accept, 10.0.0.2 : jump more }")
ALONE = (
    "tcp flags & (fin | syn | rst | ack) == syn",
    "tcp flags ! fin,syn drop",
    "icmp type echo-request accept",
    "icmp type { echo-reply, redirect } drop",
    "icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept",
    "ip saddr . tcp dport @pairs accept",
    "ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.0/24 . 80-90 } drop",
    "ip saddr & 255.255.255.0 == 10.0.0.0 counter",
    "meta l4proto { tcp, udp } accept",
    "ip protocol icmp drop",
)
NAT = {
    "prerouting": (
        "tcp dport 80 dnat {}to 10.0.0.1",
        "tcp dport 81 dnat {}to 10.0.0.1:8080",
        "udp dport 53 redirect to :5353",
        "tcp dport { 1, 2 } redirect",
        "dnat {}to ip saddr map @hosts",
    ),
    "postrouting": (
        'oifname "eth0" masquerade',
        "ip saddr 10.0.0.0/8 masquerade random,persistent",
        "ip saddr 10.0.0.0/8 snat {}to 192.0.2.1-192.0.2.9 persistent",
        "meta l4proto tcp masquerade to :1024-2047",
    ),
}

v4 = st.integers(1, 250).map("10.0.0.{}".format)
ports = st.integers(1, 60000)


def several(items: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[list[str]]:
    return st.lists(items.map(str), min_size=least, max_size=4, unique=True)


def holder(kind: str, name: str, head: str, elements: Sequence[str]) -> str:
    told = f" elements = {{ {', '.join(elements)} }};" if elements else ""
    return f"\t{kind} {name} {{ {head};{told} }}\n"


@st.composite
def holders(draw: st.DrawFn) -> list[str]:
    """Sets and maps that rules of every family look into."""
    typed = draw(st.sampled_from(["type ipv4_addr", "typeof ip saddr"]))
    more = draw(st.sampled_from(["", "; counter", "; size 100", "; policy memory", '; comment "some; of { them"']))
    ranges = draw(st.lists(st.integers(0, 60), max_size=4, unique=True))
    pairs = draw(several(st.tuples(v4, ports).map("{0[0]} . {0[1]}".format)))
    return [
        holder("set", "v4", f"{typed}{more}", draw(several(v4))),
        holder("set", "wide", "type ipv4_addr; flags interval", [f"10.{one}.0.0/{16 + one % 9}" for one in ranges]),
        holder("set", "v6", "type ipv6_addr", draw(several(st.integers(1, 9).map("fd00::{}".format)))),
        holder("set", "ports", "type inet_service; flags interval", [f"{9 * one + 1}-{9 * one + 5}" for one in ranges]),
        holder("set", "links", "type ifname", draw(several(st.sampled_from(['"eth0"', '"br-lan"', '"ip"'])))),
        holder("set", "pairs", "type ipv4_addr . inet_service", pairs),
        holder("set", "seen", "type ipv4_addr; size 999; flags dynamic,timeout; timeout 5m", []),
        holder("map", "ways", "type ipv4_addr : verdict", [f"{one} : drop" for one in draw(several(v4))]),
        holder("map", "doors", "type ifname : verdict", draw(several(st.sampled_from(['"a" : accept', '"b" : drop'])))),
        holder("map", "hosts", "type ipv4_addr : ipv4_addr", [f"{one} : 10.9.9.9" for one in draw(several(v4))]),
    ]


def of_network(family: str) -> list[tuple[str, str]]:
    """What the network layer tells a packet by, and its verdicts of that layer."""
    versions = [one for one in ("ip", "ip6") if family in (one, "inet", "bridge")]
    found = [
        (f"{version} {end} {negation}{what}", version)
        for version in versions
        for end in ("saddr", "daddr")
        for what in ADDRESSES[version]
        for negation in (("", "!= ") if not what.startswith("!") else ("",))
    ]
    return found + [(one, "ip") for one in OF_IP if "ip" in versions]


@st.composite
def rules(draw: st.DrawFn, family: str) -> str:
    """A rule whose parts go together: at most one network and one transport protocol."""
    if family != "ip6" and draw(st.integers(0, 4)) == 0:
        alone = [one for one in ALONE if family in ("inet", "bridge") or "v6" not in one]
        return draw(st.sampled_from(alone))
    words = draw(st.lists(st.sampled_from([*BOTH, *(FRAMES if family == "bridge" else ROUTED)]), max_size=1))
    version = ""
    if draw(st.booleans()):
        match, version = draw(st.sampled_from(of_network(family)))
        words.append(match)
    transport = draw(st.sampled_from(["", "tcp", "udp"]))
    if transport:
        words.append(f"{transport} {draw(st.sampled_from(['sport', 'dport']))} {draw(st.sampled_from(PORTS))}")
    says = [*SAYS, *(OF_IP_SAYS if version == "ip" else ()), *(ROUTED_SAYS if family != "bridge" else ())]
    words += draw(st.lists(st.sampled_from(says), max_size=2, unique=True))
    verdicts = [*VERDICTS, *(OF_IP_VERDICTS if version == "ip" else ()), "iifname vmap @doors"]
    verdicts += ["tcp dport vmap { 22 : accept, 80-90 : drop }"] if transport == "tcp" else []
    verdicts += [] if family == "bridge" else ["reject", *(["reject with tcp reset"] if transport == "tcp" else [])]
    words += [draw(st.sampled_from(verdicts))]
    comment = draw(st.sampled_from(["", "", ' comment "from the office"', ' comment "a; b { # ${x} %{"']))
    return (" ".join(filter(None, words)) or "counter") + comment


@st.composite
def tables(draw: st.DrawFn, name: str = "t") -> str:
    family = draw(st.sampled_from(["inet", "ip", "ip6", "bridge"]))
    lines = [f"table {family} {name} {{\n", *(["\tflags dormant;\n"] if draw(st.booleans()) else [])]
    lines += ["\tcounter hits { packets 3 bytes 300 }\n", "\tlimit slow { rate 10/minute burst 3 packets }\n"]
    lines += ["\tquota much { over 25 mbytes used 3 bytes }\n", *draw(holders())]
    lines.append("\tchain more {\n\t}\n")
    for hook in draw(st.lists(st.sampled_from(["input", "forward", "output", ""]), unique=True, max_size=3)):
        base = (
            f"type filter hook {hook} priority {draw(st.sampled_from(['filter', '-7', 'filter + 5']))}; "
            if hook
            else ""
        )
        policy = draw(st.sampled_from(["", "policy drop;"])) if hook else ""
        said = "".join(f"\t\t{one}\n" for one in draw(st.lists(rules(family), max_size=5)))
        lines.append(f"\tchain {hook or 'other'} {{\n\t\t{base}{policy}\n{said}\t}}\n")
    if family in ("ip", "inet"):
        for hook in draw(st.lists(st.sampled_from(sorted(NAT)), unique=True)):
            told = "ip " if family == "inet" else ""
            some = draw(st.lists(st.sampled_from(NAT[hook]), max_size=3))
            said = "".join("\t\t" + one.replace("{}", told) + "\n" for one in some)
            lines.append(f"\tchain {hook} {{\n\t\ttype nat hook {hook} priority 0;\n{said}\t}}\n")
    return "".join([*lines, "}\n"])
