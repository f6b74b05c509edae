"""What an accept looks like in a configuration, and its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from kvmplan_nftables.docker.chain import CHAIN, Arguments
from kvmplan_nftables.parts import parse_interface, parse_one_of, valid
from kvmplan_nftables.persistence.schema import IS_SAVED
from kvmplan_nftables.table.identity import Owner
from kvmplan_sdk import Attribute, Diagnostic, Impact, ImpactLevel, Object, ObjectSchema, Value, error
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.types import SetType

TYPE = "nftables_docker_user_accept"
TOOLS: Mapping[str, str] = {"ip": "iptables", "ip6": "ip6tables"}
"""By nft's name of the family."""
_WHAT = ("outgoing", "forwards", "incoming", "bridged")


def _families(value: Value) -> str | None:
    found = cast("Sequence[Value]", value)
    return valid(lambda one: parse_one_of(one, TOOLS))(list(found)) if found else f"Name some of {', '.join(TOOLS)}."


SCHEMA = ObjectSchema(
    doc=(
        f"Lets guests' traffic pass Docker's firewall: rules at the top of {CHAIN}, which Docker leaves to others, "
        "written with iptables. Docker has to be there, with that chain."
    ),
    attributes={
        "interface": Attribute(
            type=STRING, doc="The guests' bridge.", required=True, validators=(valid(parse_interface),)
        ),
        "families": Attribute(
            type=SetType(STRING),
            doc="`ip`, `ip6` or both: the tables `filter` whose chain it is in.",
            default=["ip"],
            validators=(_families,),
        ),
        "outgoing": Attribute(type=BOOL, doc="What guests send, and the answers to it.", default=True),
        "out_interface": Attribute(
            type=STRING,
            doc="What guests send only by this interface; else they reach containers, too.",
            validators=(valid(parse_interface),),
        ),
        "forwards": Attribute(
            type=BOOL, doc="What comes by a port forward or another translation, and the answers to it.", default=True
        ),
        "incoming": Attribute(type=BOOL, doc="New connections to guests without any translation.", default=False),
        "bridged": Attribute(
            type=BOOL,
            doc="What guests of the bridge send each other, where br_netfilter shows that to iptables.",
            default=False,
        ),
        IS_SAVED: Attribute(
            type=BOOL,
            doc="Whether the rules come back with Docker after a reboot. False where systemd does not run the host.",
            computed=True,
            read_only=True,
        ),
    },
)
CLOSES = Impact(
    ImpactLevel.LIVE,
    why="what passed Docker's firewall by these rules is stopped, established connections too",
    steps=("iptables-restore --noflush",),
)


def marked(lineage: str, address: str) -> str:
    """The comment of the rules of a resource."""
    return f"kvmplan {Owner(lineage, address).tag}"


def rules(values: Object | None, comment: str) -> Mapping[str, Sequence[Arguments]]:
    """By family, spelled as iptables lists them. Raises `ValueError` for what is no name of an interface."""
    if values is None:
        return {}
    ending = ("-m", "comment", "--comment", comment, "-j", "ACCEPT")
    found = [(*match, *ending) for match in _matches(values)]
    families = cast("Sequence[Value]", values["families"])
    return {parse_one_of(family, TOOLS): found for family in families}


def _matches(values: Object) -> Iterator[Arguments]:
    inside, out = parse_interface(values["interface"]), values.get("out_interface")
    come, go = ("-o", inside), ("-i", inside)
    if values["bridged"]:
        yield (*go, *come, "-m", "physdev", "--physdev-is-bridged")
    if values["outgoing"]:
        yield go if out is None else (*go, "-o", parse_interface(out))
    if not any(values[name] for name in _WHAT[:3]):
        return
    if not values["outgoing"] or out is not None:
        yield (*go, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED")
    if values["incoming"]:
        yield come
    else:
        translated = ",DNAT" if values["forwards"] else ""
        yield (*come, "-m", "conntrack", "--ctstate", f"RELATED,ESTABLISHED{translated}")


def check(values: Object) -> Iterator[Diagnostic]:
    if not any(values[name] for name in _WHAT):
        yield error("Nothing to accept", f"Write true for one of {', '.join(_WHAT)}, or leave the resource out.")
    if values.get("out_interface") is not None:
        if not values["outgoing"]:
            detail = "It says where guests may send, and outgoing = false that they may not. Leave one of them out."
            yield error("out_interface without outgoing", detail, path=("out_interface",))
        if values["out_interface"] == values["interface"]:
            detail = "Guests do not leave by their own bridge. Write the interface to the outside, or leave it out."
            yield error("out_interface is the guests' bridge", detail, path=("out_interface",))
