"""What is missing is named, with the packages that bring it."""

from __future__ import annotations

from kvmplan.lab import Missing, explain, missing
from kvmplan.lab.requirements import REQUIREMENTS


def test_nothing_is_missing_where_everything_is_there() -> None:
    assert missing(lambda name: True, uid=0, machine="x86_64") == []
    assert explain([]) == ""


def test_everything_missing_is_told_at_once_with_packages() -> None:
    lacks = missing(lambda name: False, uid=1000, machine="aarch64")
    assert lacks[:2] == [Missing("root privileges", None), Missing("an x86_64 machine", None)]
    text = explain(lacks)
    assert text.count("\n") == 0
    for requirement in REQUIREMENTS:
        assert requirement.package in text
    assert "root privileges" in text


def test_one_of_several_names_is_enough() -> None:
    lacks = missing(lambda name: name != "/usr/sbin/libvirtd", uid=0, machine="x86_64")
    assert lacks == []


def test_one_package_is_named_alone() -> None:
    lacks = missing(lambda name: not name.endswith("/nft"), uid=0, machine="x86_64")
    assert explain(lacks) == "a lab needs the packages nftables (install them with: apt-get install nftables)"
