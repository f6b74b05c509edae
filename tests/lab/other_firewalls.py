"""Other people's firewalls on a lab host: Debian's packages, installed inside it alone, and Docker's rules."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from kvmplan.lab import LabHost

DEBS = Path("/var/cache/kvmplan-lab/firewalls")
DOCKER = """*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER ! -i docker0 -o docker0 -j DROP
-A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
-A DOCKER-FORWARD -o docker0 -j DOCKER
-A DOCKER-FORWARD -i docker0 -j ACCEPT
COMMIT
*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
"""
RUNNING = 'until [ "$(firewall-cmd --state)" = running ]; do sleep 0.2; done'
SERVICE = """[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=sh -c "iptables -S DOCKER-USER || iptables-restore --noflush /root/docker.iptables"
[Install]
WantedBy=multi-user.target
"""
"""Like Docker it keeps DOCKER-USER when it starts again."""
NAT = """<network><name>nat</name><forward mode='nat'/><bridge name='virbr151' stp='off' delay='0'/>
<ip address='192.168.151.1' prefix='24'/></network>"""


def install(host: LabHost, package: str) -> None:
    """Debian's own ``package`` with what it needs, unpacked and configured inside; the machine is not touched."""
    archives = DEBS / package
    (archives / "partial").mkdir(parents=True, exist_ok=True)
    if not [*archives.glob("*.deb")]:
        options = ["-y", "-q", "--no-install-recommends", "--download-only", f"-oDir::Cache::archives={archives}"]
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        got = subprocess.run(
            ["apt-get", *options, "install", package], env=environment, capture_output=True, text=True, check=False
        )
        if got.returncode:
            pytest.skip(f"{package} cannot be downloaded: {got.stderr.strip()}")
    host.run(["sh", "-c", f"DEBIAN_FRONTEND=noninteractive dpkg -i {archives}/*.deb"], timeout=180)


def docker(host: LabHost) -> None:
    host.put("/root/docker.iptables", DOCKER)
    host.put("/etc/systemd/system/docker.service", SERVICE)
    host.run(["sh", "-c", "systemctl daemon-reload; systemctl enable docker; systemctl start docker"])


def libvirt(host: LabHost) -> None:
    host.put("/root/nat.xml", NAT)
    host.run(["sh", "-c", "virsh net-define /root/nat.xml && virsh net-start nat"])


def ufw(host: LabHost) -> None:
    install(host, "ufw")
    host.run(["sh", "-c", "ufw --force enable && ufw reload"])  # what is enabled for the first time lacks a rule


def firewalld(host: LabHost) -> None:
    install(host, "firewalld")
    host.run(["systemctl", "start", "firewalld"])
    host.run(["sh", "-c", RUNNING], timeout=120)


FIREWALLS: Mapping[str, Callable[[LabHost], None]] = {
    "libvirt": libvirt,
    "docker": docker,
    "ufw": ufw,
    "firewalld": firewalld,
}
RESTARTS: Mapping[str, Sequence[str]] = {
    "libvirt": ["systemctl restart libvirtd && virsh net-list"],
    "docker": ["systemctl restart docker"],
    "ufw": ["ufw reload"],
    "firewalld": [f"firewall-cmd --reload && {RUNNING}", f"systemctl restart firewalld && {RUNNING}"],
}
