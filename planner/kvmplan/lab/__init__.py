"""The lab: disposable KVM hosts on this machine, for demonstrations, tests and rehearsals.

A lab host is a systemd container over an overlay of this machine's own root: a real libvirtd, networkd with netplan,
nftables and sshd, that boots small real guests and forgets everything when it ends. Hosts of one segment share a LAN
with a namespace that plays gateway, client and Internet. It is not a security boundary (what runs in it is root on
this kernel) and no model of a kernel other than this one. It knows nothing of configuration, plans and providers:
the engine and the tests use it through `LabHost`, and people through ``kvmplan lab``, which is `kvmplan.cli.lab`.
"""

from kvmplan.lab.errors import LabError
from kvmplan.lab.host import LabHost, passed_environment, quiet
from kvmplan.lab.lifecycle import unmake, unmake_all
from kvmplan.lab.registry import HostRecord, Registry
from kvmplan.lab.requirements import Missing, explain, missing
from kvmplan.lab.status import HostStatus, statuses
from kvmplan.lab.together import up_together

__all__ = [
    "HostRecord",
    "HostStatus",
    "LabError",
    "LabHost",
    "Missing",
    "Registry",
    "explain",
    "missing",
    "passed_environment",
    "quiet",
    "statuses",
    "unmake",
    "unmake_all",
    "up_together",
]
