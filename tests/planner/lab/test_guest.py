"""The guest, before anything runs: its domain, its archive, the modules it loads."""

from __future__ import annotations

import gzip
import lzma
import shutil
import stat
import subprocess
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from kvmplan.lab import program
from kvmplan.lab.guest import SPARE_PORTS, Boot, Guest, domain_xml
from kvmplan.lab.initramfs import Entry, archive, entries, runs_alone
from kvmplan.lab.kernel import module_order, modules_below

BOOT = Boot("/k", "/i", kvm=False)


def module(*needed: str) -> bytes:
    return b"\x7fELF...\0license=GPL\0depends=" + ",".join(needed).encode() + b"\0name=x\0"


def test_domain_has_no_nic_but_room_for_some() -> None:
    domain = Xml.fromstring(domain_xml("a", Guest("web1"), BOOT))
    assert domain.get("type") == "qemu"
    assert domain.findtext("name") == "web1"
    assert domain.findtext("memory") == "128"
    assert domain.findall("devices/interface") == []
    ports = [port for port in domain.findall("devices/controller") if port.get("model") == "pcie-root-port"]
    assert len(ports) == SPARE_PORTS
    assert domain.find("features/acpi") is not None
    assert domain.find("os/type").get("machine") == "q35"  # type: ignore[union-attr]
    assert "kvmplan.guest=web1" in (domain.findtext("os/cmdline") or "")


def test_domain_names_networks_and_bridges_in_order() -> None:
    guest = Guest("web1", networks=("lan", "a&b"), bridges=("br0",))
    domain = Xml.fromstring(domain_xml("a", guest, Boot("/k", "/i", kvm=True)))
    assert domain.get("type") == "kvm"
    nics = domain.findall("devices/interface")
    sources = [dict(source.attrib) for nic in nics if (source := nic.find("source")) is not None]
    assert sources == [{"network": "lan"}, {"network": "a&b"}, {"bridge": "br0"}]
    macs = [mac.get("address") for nic in nics if (mac := nic.find("mac")) is not None]
    assert len(set(macs)) == 3
    assert domain_xml("a", guest, BOOT) == domain_xml("a", guest, BOOT)
    assert domain_xml("a", guest, BOOT) != domain_xml("b", guest, BOOT)


def test_modules_come_after_what_they_need_and_built_in_ones_are_left_out() -> None:
    have = {
        "virtio_pci": module("virtio", "virtio-ring", "built_in"),
        "virtio_net": module("net_failover", "virtio", "virtio_ring"),
        "net_failover": module("failover"),
        "failover": module(),
        "virtio": module("virtio_ring"),
        "virtio_ring": module(),
    }
    names = [name for name, _ in module_order(have.get)]
    assert set(names) == set(have)
    for name in names:
        for needed in have[name].split(b"depends=")[1].split(b"\0")[0].decode().replace("-", "_").split(","):
            if needed in have:
                assert names.index(needed) < names.index(name)
    assert module_order(lambda name: None) == []


def test_modules_are_found_compressed_or_not(tmp_path: Path) -> None:
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "virtio-pci.ko").write_bytes(b"plain")
    (tmp_path / "drivers" / "virtio.ko.xz").write_bytes(lzma.compress(b"xz"))
    (tmp_path / "virtio_net.ko.gz").write_bytes(gzip.compress(b"gz"))
    available = modules_below(tmp_path)
    found = [available(name) for name in ("virtio_pci", "virtio", "virtio_net", "absent")]
    assert found == [b"plain", b"xz", b"gz", None]


@pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd is not installed")
def test_modules_are_found_under_zstd(tmp_path: Path) -> None:
    packed = subprocess.run(["zstd", "-c"], input=b"zst", capture_output=True, check=True).stdout
    (tmp_path / "virtio.ko.zst").write_bytes(packed)
    assert modules_below(tmp_path)("virtio") == b"zst"


def test_the_archive_holds_what_the_guest_boots_from() -> None:
    members = {entry.path: entry for entry in entries(b"busybox", [("virtio", b"1"), ("virtio_net", b"2")])}
    assert members["bin/busybox"].content == b"busybox"
    assert stat.S_ISLNK(members["bin/sh"].mode)
    assert members["dev/console"].device == (5, 1)
    assert [path for path in members if path.endswith(".ko")] == ["modules/00-virtio.ko", "modules/01-virtio_net.ko"]
    pages = ("uptime", "outside", "network", "probe")
    for path in ("init", "etc/lease", "etc/probe", *(f"www/cgi-bin/{page}" for page in pages)):
        assert members[path].mode == stat.S_IFREG | 0o755
        assert members[path].content.startswith(b"#!/bin/sh\n")


def test_a_program_with_a_loader_does_not_run_alone() -> None:
    assert not runs_alone(Path("/bin/sh").read_bytes())
    assert not runs_alone(b"")
    assert not runs_alone(b"#!/bin/sh\n")


@pytest.mark.parametrize(
    "path", ["init", "etc/lease", "etc/line", "etc/probe", "www/cgi-bin/outside", "www/cgi-bin/probe"]
)
def test_the_guests_scripts_are_shell(path: str) -> None:
    script = next(entry.content for entry in entries(b"", []) if entry.path == path)
    assert subprocess.run(["sh", "-n"], input=script, check=False).returncode == 0


def test_the_archive_is_the_same_for_the_same_and_of_the_kernels_form() -> None:
    members = entries(b"busybox", [])
    packed = archive(members)
    assert packed == archive(members)
    raw = gzip.decompress(packed)
    assert len(raw) % 4 == 0
    assert raw.startswith(b"070701")
    assert b"TRAILER!!!\0" in raw[-64:]


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_cpio_reads_the_archive(tmp_path: Path) -> None:
    members = [
        Entry("etc", stat.S_IFDIR | 0o755),
        Entry("etc/odd", stat.S_IFREG | 0o640, b"12345"),
        Entry("etc/link", stat.S_IFLNK | 0o777, b"odd"),
    ]
    raw = gzip.decompress(archive(members))
    subprocess.run(["cpio", "-idm", "--quiet"], input=raw, cwd=tmp_path, check=True)
    assert (tmp_path / "etc" / "link").read_bytes() == b"12345"
    assert (tmp_path / "etc" / "odd").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(shutil.which("cpio") is None, reason="cpio is not installed")
def test_a_program_comes_with_what_it_imports(tmp_path: Path) -> None:
    source = tmp_path / "hello.py"
    source.write_text("from json import dumps\nprint(dumps('hello'))\n")
    root = tmp_path / "root"
    root.mkdir()
    subprocess.run(["cpio", "-idm", "--quiet"], input=gzip.decompress(program.archive(source)), cwd=root, check=True)
    assert (root / "program.py").read_bytes() == source.read_bytes()
    names = {path.name for path in root.rglob("*")}
    assert {"decoder.pyc", "python3"} < names
    assert not {"decoder.py", "subprocess.pyc"} & names
    alone = ["unshare", "-Ur", "chroot", str(root), "/bin/python3", "/program.py"]
    assert subprocess.run(alone, capture_output=True, text=True, check=True).stdout == '"hello"\n'
