"""The lab itself: hosts are real, isolated, reach one another, and leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kvmplan.lab import LabError, LabHost, Registry, boot, control_group, furnish, root, segment, unmake
from kvmplan.lab.addressing import INTERNET

from .clients import page, until
from .conftest import HostFactory
from .debris import links, traces

pytestmark = pytest.mark.lab

OPEN_NETWORK = """\
<network>
  <name>{name}</name><forward mode='open'/><bridge name='{name}' stp='off' delay='0'/>
  <ip address='192.168.77.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.77.10' end='192.168.77.99'/></dhcp>
  </ip>
</network>
"""
NAT = """\
table ip labtest {{
  chain pre {{
    type nat hook prerouting priority dstnat
    iifname ens3 tcp dport {{ 80, 7777 }} dnat to {guest}:tcp dport map {{ 80 : 8080, 7777 : 7777 }}
  }}
  chain post {{
    type nat hook postrouting priority srcnat
    ip saddr 192.168.77.0/24 oifname ens3 masquerade
  }}
}}
"""


def kvmplan_lab(*arguments: str) -> subprocess.Popen[str]:
    """Start ``kvmplan lab ...`` in a process of its own."""
    script = "from kvmplan.cli.lab import app; app(prog_name='kvmplan lab')"
    env = {**os.environ, "PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_host_is_a_host_of_its_own(shared_host: LabHost) -> None:
    assert shared_host.run(["systemctl", "is-system-running"]).stdout == "running\n"
    assert shared_host.run(["hostname"]).stdout == f"{shared_host.name}\n"
    assert shared_host.run(["cat", "/etc/machine-id"]).stdout != Path("/etc/machine-id").read_text()
    assert shared_host.run(["virsh", "-q", "net-list", "--all"]).stdout.strip() == ""
    assert shared_host.run(["nft", "list", "ruleset"]).stdout == ""
    assert f"inet {shared_host.address}/24" in shared_host.run(["ip", "addr", "show", "ens3"]).stdout
    assert shared_host.run(["sysctl", "-n", "net.ipv4.ip_forward"]).stdout == "0\n"
    page = shared_host.run(["curl", "-s", f"http://{INTERNET}/"]).stdout
    assert page == segment.OUTSIDE_PAGE


def test_a_guest_without_a_network_runs_scripts_and_a_program(lab_host: HostFactory, tmp_path: Path) -> None:
    program = tmp_path / "answer.py"
    program.write_text("import json\nprint(json.dumps(6 * 7))\n")
    lab = lab_host("line")
    lab.guest("a", memory=192, program=program)
    assert lab.inside("a", "python3 /program.py").stdout == "42\n"
    told = lab.inside("a", "hostname; ls /sys/class/net; seq 20000 | tail -n 3; ls /nowhere", check=False)
    assert told.stdout.startswith("a\nlo\n19998\n19999\n20000\nls: /nowhere")
    assert told.returncode == 1
    assert len(lab.inside("a", "seq 5000").stdout.split()) == 5000
    with pytest.raises(LabError, match="exit 3"):
        lab.inside("a", "exit 3")
    with pytest.raises(LabError, match="does not answer"):
        lab.inside("a", "sleep 30", timeout=0.5)


def test_nothing_written_inside_reaches_the_machine(shared_host: LabHost) -> None:
    shared_host.put("/etc/lab/proof", "here\n", 0o600)
    assert shared_host.get("/etc/lab/proof") == "here\n"
    assert shared_host.run(["stat", "-c", "%a", "/etc/lab/proof"]).stdout == "600\n"
    assert not Path("/etc/lab").exists()
    machines = Path("/proc/sys/kernel/pid_max").read_text()
    assert shared_host.run(["sh", "-c", "echo 4000 >/proc/sys/kernel/pid_max"], check=False).returncode != 0
    assert Path("/proc/sys/kernel/pid_max").read_text() == machines


def test_folders_the_overlay_hides_are_shown(lab_host: HostFactory, tmp_path: Path) -> None:
    (tmp_path / "seen").write_text("seen\n")
    host = lab_host(bind=(str(tmp_path),))
    assert host.get(str(tmp_path / "seen")) == "seen\n"
    host.put(str(tmp_path / "unseen"), "")
    assert not (tmp_path / "unseen").exists()


def test_run_passes_input_and_says_what_failed(shared_host: LabHost) -> None:
    assert shared_host.run(["tr", "a", "b"], input="aa").stdout == "bb"
    with pytest.raises(LabError, match="sh -c 'echo no >&2; exit 3' failed \\(3\\): no"):
        shared_host.run(["sh", "-c", "echo no >&2; exit 3"])
    assert shared_host.run(["false"], check=False).returncode == 1
    with pytest.raises(LabError, match="did not finish within 1 s"):
        shared_host.run(["sleep", "30"], timeout=1)
    assert until(lambda: "sleep 30" not in shared_host.run(["ps", "ax"]).stdout)


def test_exec_is_transparent(shared_host: LabHost) -> None:
    child = kvmplan_lab("exec", shared_host.name, "--", "sh", "-c", "pwd; cat; exit 7")
    out, err = child.communicate("typed\n", timeout=120)
    assert (child.returncode, out, err) == (7, f"{Path.cwd()}\ntyped\n", "")


def test_netplan_makes_a_bridge_and_a_guest_on_it_leases_from_the_lan(lab_host: HostFactory) -> None:
    host = lab_host(nics=2)
    host.put(
        "/etc/netplan/90-test.yaml",
        "network: {version: 2, renderer: networkd, ethernets: {ens4: {accept-ra: false}},"
        " bridges: {br0: {interfaces: [ens4], dhcp4: false, link-local: [], parameters: {stp: false}}}}\n",
        0o600,
    )
    host.run(["netplan", "apply"])
    host.guest("web1", bridges=["br0"])
    address = host.guest_address("web1")
    assert page(host, address) == "hello from web1\n"


def test_hot_plugged_guest_is_reached_from_outside_and_reaches_it(lab_host: HostFactory) -> None:
    host = lab_host()
    host.run(["virsh", "net-define", "/dev/stdin"], input=OPEN_NETWORK.format(name="web"))
    host.run(["virsh", "net-start", "web"])
    host.guest("web1")
    assert host.guests() == ["web1"]
    plug = ["virsh", "attach-interface", "web1", "network", "web", "--model", "virtio", "--live", "--config"]
    host.run(plug)
    guest = host.guest_address("web1")
    host.run(["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"])
    host.run(["nft", "-f", "-"], input=NAT.format(guest=guest))

    def told(script: str) -> str:
        return page(host, host.address, 80, f"/cgi-bin/{script}")

    assert page(host, host.address, 80) == "hello from web1\n"
    assert told("outside") == f"hello from the outside to {host.address}\n"
    assert float(told("uptime").split()[0]) > 0
    assert guest in told("network")
    echoed = host.outside(["busybox", "nc", "-w", "30", host.address, "7777"], input="still here\n").stdout
    assert echoed == "still here\n"
    host.run([*plug[:5], *plug[5:]])
    second = host.run(["virsh", "-q", "domiflist", "web1"]).stdout.split()[-1]
    assert host.guest_address("web1", mac=second) != guest
    host.run(["virsh", "detach-interface", "web1", "network", "--mac", second, "--live", "--config"])
    assert until(lambda: "eth1 unplugged" in host.console("web1"))
    assert page(host, host.address, 80) == "hello from web1\n"


def test_guest_that_cannot_start_is_one_clear_message(shared_host: LabHost) -> None:
    with pytest.raises(LabError, match=r"[Nn]etwork not found"):
        shared_host.guest("lost", networks=["nowhere"])
    assert "lost" not in shared_host.run(["virsh", "-q", "list", "--all"]).stdout


def test_two_hosts_reach_one_another_by_name(lab_host: HostFactory) -> None:
    first, second = lab_host("one"), lab_host("two")
    for here, there in ((first, second), (second, first)):
        done = here.run(["ssh", "-o", "BatchMode=yes", f"root@{there.name}", "hostname"])
        assert done.stdout == f"{there.name}\n"
        assert done.stderr == ""
    assert (
        first.outside(["ssh", "-o", "BatchMode=yes", f"root@{second.name}", "hostname"]).stdout.strip() == second.name
    )
    # A service restarted in one host is none of the other's.
    before = second.run(["systemctl", "show", "-P", "MainPID", "ssh"]).stdout
    first.run(["systemctl", "restart", "ssh"])
    assert second.run(["systemctl", "show", "-P", "MainPID", "ssh"]).stdout == before
    second.down()
    assert second.name not in first.get("/etc/hosts")


def test_up_again_finds_the_host_and_refuses_another_shape(lab_host: HostFactory) -> None:
    host = lab_host()
    init = host.init()
    assert lab_host().init() == init
    with pytest.raises(LabError, match="is up already, otherwise"):
        lab_host(nics=2)
    assert host.init() == init


def test_down_is_idempotent_and_leaves_nothing(lab_token: str, lab_host: HostFactory) -> None:
    before = links()
    host = lab_host("gone")
    host.guest("web1")
    host.down()
    host.down()
    assert unmake(Registry.default(), host.name) is False
    assert traces(host.name) == []
    assert links() == before
    with pytest.raises(LabError, match="there is no lab host"):
        LabHost.find(host.name)


def test_a_host_that_died_is_told_and_cleared(lab_host: HostFactory) -> None:
    host = lab_host("dies")
    init = host.init()
    init.signal(signal.SIGKILL)
    assert init.wait(60)
    with pytest.raises(LabError, match="does not run"):
        host.run(["true"])
    host.down()
    assert traces(host.name) == []


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (segment, "ensure"),
        (control_group, "join"),
        (root, "mount_root"),
        (furnish, "apply"),
        (segment, "plug"),
        (boot, "first_process"),
        (boot, "await_booted"),
        (segment, "publish"),
        (boot, "await_answer"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_failure_leaves_nothing(monkeypatch: pytest.MonkeyPatch, lab_token: str, module: object, step: str) -> None:
    if step == "join" and boot.machine_runs_systemd():
        pytest.skip("the machine's systemd gives out control groups itself")
    whole: Callable[..., object] = getattr(module, step)
    failed: list[str] = []

    def fails_after(*arguments: object, **options: object) -> object:
        result = whole(*arguments, **options)
        if failed:
            return result
        failed.append(step)
        raise LabError("injected")

    monkeypatch.setattr(module, step, fails_after)
    before = links()
    name = f"{lab_token}-fails"
    with pytest.raises(LabError, match="injected"):
        LabHost.up(name, segment=f"{lab_token}-fails")
    assert traces(name) == []
    assert Registry.default().host(name) is None
    assert links() == before


def interrupted_up(number: signal.Signals, seconds: float, *names: str, lan: str) -> int:
    """The exit code of an ``up`` that gets a signal that long after it has begun to make something; 0 if it was done
    by then.
    """
    child = kvmplan_lab("up", *names, "--lan", lan, "--verbose")
    assert child.stderr is not None
    assert "laying an overlay" in child.stderr.readline()
    time.sleep(seconds)
    child.send_signal(number)
    child.communicate(timeout=180)
    return child.returncode


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [0, 0.1, 0.2, 0.4, 0.6])
def test_interrupted_up_leaves_nothing(lab_token: str, number: signal.Signals, seconds: float) -> None:
    names = [f"{lab_token}-cut", f"{lab_token}-cuttoo"]
    status = interrupted_up(number, seconds, *names, lan=f"{lab_token}-cut")
    for name in names if status == 0 else ():
        LabHost.find(name).down()
    assert status in (0, 130)
    assert [trace for name in names for trace in traces(name)] == []


@pytest.mark.parametrize("seconds", [0, 0.2, 0.4, 0.6])
def test_killed_up_is_cleared_by_the_next(lab_token: str, lab_host: HostFactory, seconds: float) -> None:
    name = f"{lab_token}-killed"
    assert interrupted_up(signal.SIGKILL, seconds, name, lan=lab_token) in (0, -signal.SIGKILL)
    host = lab_host("killed")
    assert host.run(["systemctl", "is-system-running"]).stdout == "running\n"
    host.down()
    assert traces(name) == []


def test_up_does_not_hold_its_callers_pipes(lab_token: str) -> None:
    name = f"{lab_token}-piped"
    child = kvmplan_lab("up", name, "--lan", lab_token)
    out, err = child.communicate(timeout=180)
    try:
        assert (child.returncode, err) == (0, "")
        assert out.split()[0] == name
        listed, _ = kvmplan_lab("list").communicate(timeout=120)
        assert f"{name}" in listed
    finally:
        _, err = kvmplan_lab("down", name).communicate(timeout=180)
    assert err == ""
    assert traces(name) == []


def test_errors_are_one_line(lab_token: str) -> None:
    child = kvmplan_lab("exec", f"{lab_token}-nobody", "--", "true")
    _, err = child.communicate(timeout=120)
    assert child.returncode == 1
    assert err.startswith("Error: there is no lab host")
    assert err.count("\n") == 1
