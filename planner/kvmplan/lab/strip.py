"""What is taken away from the machine's root before it boots as a host of its own.

The machine's services, guests, networks, kernel settings and keys do not leak in: folders are emptied; generators and
device rules are masked but for a list of those that may stay.
"""

from __future__ import annotations

import shlex

# Emptied: whatever the machine enabled, defined or configured for itself is not the lab host's.
EMPTIED = (
    "/etc/systemd/system",
    "/etc/systemd/network",
    "/etc/netplan",
    "/etc/sysctl.d",
    "/etc/modules-load.d",
    "/etc/ssh/sshd_config.d",
    "/etc/ssh/ssh_config.d",
    "/etc/libvirt/qemu",
    "/etc/libvirt/storage",
    "/etc/libvirt/secrets",
    "/etc/libvirt/hooks",
    "/var/lib/libvirt",
    "/var/log/libvirt",
    "/var/lib/systemd",
    "/var/log/journal",
    "/root/.ssh",
)
_GENERATORS = ("netplan",)
_UDEV_RULES = frozenset(
    ("50-udev-default.rules", "75-net-description.rules", "80-net-setup-link.rules", "99-systemd.rules")
)
MASKED_UNITS = (
    *("apparmor.service", "apt-daily.timer", "apt-daily-upgrade.timer", "blk-availability.service"),
    *("console-getty.service", "dev-hugepages.mount", "dpkg-db-backup.timer", "e2scrub_all.timer"),
    *("e2scrub_reap.service", "fstrim.timer", "getty.target", "kmod-static-nodes.service", "ldconfig.service"),
    *("libvirt-guests.service", "lvm2-monitor.service", "man-db.timer", "multipathd.service", "multipathd.socket"),
    *("proc-sys-fs-binfmt_misc.automount", "proc-sys-fs-binfmt_misc.mount", "sys-fs-fuse-connections.mount"),
    *("sys-kernel-config.mount", "sys-kernel-debug.mount", "sys-kernel-tracing.mount", "systemd-binfmt.service"),
    *("systemd-battery-check.service", "systemd-firstboot.service", "systemd-hwdb-update.service"),
    *("systemd-journal-catalog-update.service", "systemd-logind.service", "systemd-machine-id-commit.service"),
    *("systemd-modules-load.service", "systemd-networkd-wait-online.service", "systemd-oomd.service"),
    *("systemd-pstore.service", "systemd-random-seed.service", "systemd-repart.service"),
    *("systemd-resolved.service", "systemd-timesyncd.service", "systemd-update-done.service"),
    *("systemd-update-utmp-runlevel.service", "systemd-update-utmp.service", "snapd.service", "snapd.socket"),
)


def preparation() -> str:
    """The shell commands that empty `EMPTIED` and mask what the machine brings, run within the new root."""
    emptied = " ".join(shlex.quote(path) for path in EMPTIED)
    generators = "|".join(_GENERATORS)
    rules = "|".join(sorted(_UDEV_RULES))
    return f"""\
rm -rf {emptied}
mkdir -p {emptied} /etc/libvirt/qemu/networks/autostart /etc/systemd/system-generators /etc/udev/rules.d
mkdir -p /var/lib/libvirt/images /var/lib/libvirt/dnsmasq /var/lib/libvirt/network /var/lib/libvirt/boot
mkdir -p /var/lib/kvmplan-lab /var/log/kvmplan-lab
chmod 700 /root/.ssh
rm -f /etc/resolv.conf /etc/hostname /etc/machine-id /etc/ssh/ssh_host_* /etc/udev/rules.d/*
for path in /usr/lib/systemd/system-generators/* /etc/systemd/system-generators/* \\
    /usr/local/lib/systemd/system-generators/*; do
  [ -e "$path" ] || continue
  case ${{path##*/}} in
    {generators}) ;;
    *) ln -sfn /dev/null "/etc/systemd/system-generators/${{path##*/}}" ;;
  esac
done
for path in /usr/lib/udev/rules.d/*.rules /lib/udev/rules.d/*.rules; do
  case ${{path##*/}} in
    {rules}) ;;
    *) ln -sfn /dev/null "/etc/udev/rules.d/${{path##*/}}" ;;
  esac
done
for path in /usr/lib/sysctl.d/*.conf /lib/sysctl.d/*.conf /usr/local/lib/sysctl.d/*.conf; do
  if [ -e "$path" ]; then ln -sfn /dev/null "/etc/sysctl.d/${{path##*/}}"; fi
done
touch /etc/.updated /var/.updated
tar --extract --file=- --directory=/ --unlink-first --no-same-owner
chmod 700 /root/.ssh
"""
