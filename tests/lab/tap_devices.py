"""The devices of macvtap below /dev. udev makes them where /dev is the kernel's own, as a lab host's is not."""

from __future__ import annotations

from kvmplan.lab import LabHost

# libvirt looks for a device for a fifth of a second, so the kernel's own word is heard, and before anybody else runs.
_LISTEN = r"""
import os, pathlib, socket, stat
events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15)
events.bind((0, 1))
pathlib.Path("/run/tap-devices.ready").touch()
while True:
    said = dict(word.partition("=")[::2] for word in events.recv(65536).decode(errors="replace").split("\0"))
    if said.get("SUBSYSTEM") == "macvtap" and said["ACTION"] == "add":
        path, number = "/dev/" + said["DEVNAME"], os.makedev(int(said["MAJOR"]), int(said["MINOR"]))
        pathlib.Path(path).unlink(missing_ok=True)
        os.mknod(path, 0o600 | stat.S_IFCHR, number)
"""


def make_tap_devices(lab: LabHost) -> None:
    """Make each as soon as its interface is there, for as long as the host lives."""
    lab.put("/run/tap-devices.py", _LISTEN)
    lab.run(["systemd-run", "--unit=tap-devices", "--property=Nice=-20", "python3", "/run/tap-devices.py"])
    lab.run(["sh", "-c", "until [ -e /run/tap-devices.ready ]; do sleep 0.1; done"])
