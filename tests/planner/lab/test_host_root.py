"""What a lab host's root is made of: which mounts are shown, what is written, what is taken away."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from kvmplan.lab.boot import container_command
from kvmplan.lab.control_group import hierarchies
from kvmplan.lab.furnish import Furniture, Identity, Keys, administrators_netplan, furniture
from kvmplan.lab.host import passed_environment
from kvmplan.lab.root import Mount, caller_paths, hidden_trees, mount_table, system_trees
from kvmplan.lab.strip import preparation

KEYS = Keys(b"user", b"user-public\n", b"host", b"ssh-ed25519 AAAA lab\n")
IDENTITY = Identity("a", "203.0.113.11", "0" * 32)
MOUNTS = [
    Mount("/", "ext4"),
    Mount("/proc", "proc"),
    Mount("/tmp", "tmpfs"),
    Mount("/run", "tmpfs"),
    Mount("/var", "ext4"),
    Mount("/var/lib/nfs/rpc_pipefs", "rpc_pipefs"),
    Mount("/home", "ext4"),
    Mount("/mnt/data", "xfs"),
]


def test_separate_parts_of_the_system_are_shown() -> None:
    assert system_trees(MOUNTS) == ["/var"]


def test_the_callers_folders_on_other_mounts_are_shown() -> None:
    paths = ["/usr", "/work/main", "/home/u/checkout", "/home/u/checkout/venv", "/mnt/data/x", "/tmp/try", "/var/x"]
    assert hidden_trees(paths, MOUNTS) == ["/home/u/checkout", "/mnt/data/x", "/tmp/try"]


@pytest.mark.parametrize("path", ["/", "/tmp", "/run", "/run/user/0/x", "/proc/1", "/dev/shm"])
def test_what_every_container_has_of_its_own_is_not(path: str) -> None:
    assert hidden_trees([path], MOUNTS) == []


def test_the_caller_works_in_a_checkout(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    paths = caller_paths(tmp_path / "deep" / "er", ["/etc"])
    assert paths[0] == str(tmp_path.resolve())
    assert "/etc" in paths


def test_the_mount_table_is_read_with_its_escapes() -> None:
    text = (
        "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:1 - tmpfs tmpfs rw,mode=755\n"
        "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
        "42 31 0:38 / /mnt/a\\040b rw - ext4 /dev/x rw\n"
    )
    assert mount_table(text)[3] == Mount("/mnt/a b", "ext4")
    assert hierarchies(text) == [Path("/sys/fs/cgroup/systemd"), Path("/sys/fs/cgroup/unified")]


def test_files_carry_the_hosts_identity_and_keys_are_private() -> None:
    made = furniture(IDENTITY, KEYS, ["ssh.service", "libvirtd.service", "libvirtd.socket", "virtqemud.socket"])
    assert made.files["/etc/hostname"] == (0o644, b"a\n")
    assert made.files["/etc/machine-id"][1] == b"0" * 32 + b"\n"
    assert b"203.0.113.11/24" in made.files["/etc/netplan/10-lab.yaml"][1]
    for path in ("/root/.ssh/id_ed25519", "/etc/ssh/ssh_host_ed25519_key", "/etc/netplan/10-lab.yaml"):
        assert made.files[path][0] == 0o600
    assert made.files["/root/.ssh/known_hosts"][1] == b"* ssh-ed25519 AAAA lab\n"
    enabled = {path.split("/")[-1] for path in made.links if ".wants/" in path}
    assert enabled == {"ssh.service", "libvirtd.service", "libvirtd.socket"}


def test_modular_libvirt_is_enabled_where_there_is_no_other() -> None:
    made = furniture(IDENTITY, KEYS, ["virtqemud.socket", "virtnetworkd.socket"])
    assert "/etc/systemd/system/sockets.target.wants/virtqemud.socket" in made.links


def test_the_administrators_file_is_what_netplan_reads() -> None:
    text = administrators_netplan(IDENTITY)
    assert "addresses: [203.0.113.11/24]" in text
    assert "via: 203.0.113.1" in text
    assert "\t" not in text


def test_the_archive_keeps_modes_and_links() -> None:
    packed = Furniture({"/etc/x": (0o600, b"x")}, {"/etc/y": "/dev/null"}).archive()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert (tar.getmember("etc/x").mode, tar.getmember("etc/x").uid) == (0o600, 0)
        assert tar.getmember("etc/y").linkname == "/dev/null"


def test_the_preparation_is_shell() -> None:
    assert subprocess.run(["sh", "-n", "-c", preparation()], check=False).returncode == 0


def test_the_machines_secrets_do_not_go_along() -> None:
    caller = {"PATH": "/venv/bin:/usr/bin", "TERM": "xterm", "LC_ALL": "C", "PYTHONPATH": "p", "API_TOKEN": "secret"}
    passed = passed_environment(caller | {"KVMPLAN_VAR_x": "1", "HOME": "/home/u"})
    assert "API_TOKEN" not in passed
    assert passed["HOME"] == "/root"
    assert passed["PATH"].startswith("/venv/bin:/usr/bin:")
    assert "/usr/sbin" in passed["PATH"].split(":")
    assert {"TERM", "LC_ALL", "PYTHONPATH", "KVMPLAN_VAR_x"} <= set(passed)


def test_the_container_takes_a_scope_only_from_systemd() -> None:
    alone = container_command("a", Path("/run/x"), systemd=False)
    below = container_command("a", Path("/run/x"), systemd=True)
    assert "--keep-unit" in alone
    assert "--keep-unit" not in below
    assert "--directory=/run/x/fs/root" in alone
