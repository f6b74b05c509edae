"""The devices of macvtap below /dev. udev makes them where /dev is the kernel's own, as a lab host's is not."""

from __future__ import annotations

from kvmplan.lab import LabHost

_WATCH = """
while sleep 0.01; do
  for tap in /sys/class/net/macvtap*/tap*; do
    [ -e "$tap/dev" ] && number=$(cat "$tap/dev") || continue
    [ -e "/dev/${tap##*/}" ] || mknod "/dev/${tap##*/}" c "${number%:*}" "${number#*:}"
  done
done
"""


def make_tap_devices(lab: LabHost) -> None:
    """Make each as soon as its interface is there, for as long as the host lives."""
    lab.put("/run/tap-devices", _WATCH, 0o644)
    lab.run(["systemd-run", "--unit=tap-devices", "sh", "/run/tap-devices"])
