"""The SSH keys of a lab: made once, the same on all its hosts, gone with the last of them."""

from __future__ import annotations

from kvmplan.lab.furnish import Keys, known_hosts
from kvmplan.lab.process import call
from kvmplan.lab.registry import Registry

_USER, _HOST = "id_ed25519", "host_ed25519"


def ensure(registry: Registry) -> Keys:
    """The keys of this machine's lab, made if need be. Call with the registry locked."""
    folder = registry.base / "ssh"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (_USER, _HOST):
        if not (folder / f"{name}.pub").exists():
            (folder / name).unlink(missing_ok=True)
            call(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "kvmplan-lab", "-f", str(folder / name)],
                timeout=60,
            )
    user, host = folder / _USER, folder / _HOST
    keys = Keys(
        user.read_bytes(),
        user.with_suffix(".pub").read_bytes(),
        host.read_bytes(),
        host.with_suffix(".pub").read_bytes(),
    )
    (folder / "known_hosts").write_bytes(known_hosts(keys))
    return keys
