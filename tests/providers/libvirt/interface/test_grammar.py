"""libvirt's own grammar of a NIC, held against our table: what is not in the table is left alone on purpose."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from tests.providers.libvirt.test_grammar import RNG, SCHEMAS, said_by_grammar, said_by_table

from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.interface.source_tables import SOURCE_BLOCKS

LEFT_ALONE = {
    "of libvirt's own, not what anybody sets": {
        "interface@type",
        "interface/bandwidth@classID",
        "interface/source@macTableManager",
        "interface/source@portid",
        "interface/guest@actual",
    },
    "follows from the address": {"interface/ip@family"},
    "of buses other than PCI, and of S390": {
        *(f"interface/address@{name}" for name in ("base", "controller", "cssid", "devno", "iobase", "irq", "port")),
        *(f"interface/address@{name}" for name in ("reg", "ssid", "target", "unit")),
        "interface/address/zpci@fid",
        "interface/address/zpci@uid",
        "interface/boot@loadparm",
    },
    "of USB devices, which are no virtual functions": {
        "interface/source/address@device",
        "interface/source/address@multifunction",
        "interface/source/product@id",
        "interface/source/vendor@id",
        "interface/source@missing",
    },
    "of ESX": {"interface/mac@check", "interface/mac@type"},
    "of Xen": {"interface/backenddomain@name", "interface/downscript@path", "interface/script@path"},
    "of LXC, where the host sets up the guest": {
        "interface/guest@dev",
        "interface/ip@peer",
        *(f"interface/route@{name}" for name in ("address", "family", "gateway", "metric", "netmask", "prefix")),
    },
    "of the kinds ethernet (a tap that somebody else makes), internal, mcast, client, server, udp and vds": {
        *(f"interface/source/ip@{name}" for name in ("address", "family", "peer", "prefix")),
        *(f"interface/source/route@{name}" for name in ("address", "family", "gateway", "metric", "netmask", "prefix")),
        *(f"interface/source/local@{name}" for name in ("address", "port")),
        *(
            f"interface/source@{name}"
            for name in ("address", "connectionid", "name", "port", "portgroupid", "switchid")
        ),
        "interface/target@managed",
    },
}


def table() -> set[str]:
    """Every place of the table, as libvirt has it."""
    places = set(said_by_table(INTERFACE, "interface"))
    for kind in SOURCE_BLOCKS:
        places = {place.replace(f"interface/{kind}@managed", "interface@managed") for place in places}
        places = {
            place.replace(f"interface/{kind}", "interface/source", 1)
            if place.startswith((f"interface/{kind}@", f"interface/{kind}/"))
            else place
            for place in places
        }
    return places


@pytest.fixture(scope="module")
def grammar() -> set[str]:
    if not (SCHEMAS / "domaincommon.rng").exists():
        pytest.skip("libvirt's schemas are not installed")
    names = ("domaincommon", "networkcommon", "nwfilter_params", "basictypes", "privatedata", "storagecommon")
    files = [ET.parse(SCHEMAS / f"{name}.rng").getroot() for name in names]
    definitions = {str(found.get("name")): found for file in files for found in file.iter(f"{RNG}define")}
    return set(said_by_grammar(definitions["interface"], definitions, ""))


def test_everything_in_the_grammar_is_in_the_table(grammar: set[str]) -> None:
    assert sorted(grammar - table()) == sorted(set().union(*LEFT_ALONE.values()))


def test_everything_in_the_table_is_in_the_grammar(grammar: set[str]) -> None:
    assert table() - grammar == set()
