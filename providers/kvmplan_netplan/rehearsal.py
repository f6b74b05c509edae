"""Asking netplan itself, without touching the host: `netplan generate` over a copy of its files and the new one."""

from __future__ import annotations

from kvmplan_netplan.activation import explain
from kvmplan_netplan.document import Document
from kvmplan_sdk import Diagnostic, Host

_SCRIPT = """set -eu
root=$(mktemp -d)
trap 'rm -rf -- "$root"' EXIT
for folder in /lib/netplan /etc/netplan /run/netplan; do
  if [ -d "$folder" ]; then mkdir -p -- "$root$folder"; cp -p -- "$folder"/*.yaml "$root$folder" 2>/dev/null || :; fi
done
mkdir -p -- "$root/etc/netplan"
rm -f -- "$root/etc/netplan/90-kvmplan.yaml"
if [ "$1" = with ]; then umask 077; cat >"$root/etc/netplan/90-kvmplan.yaml"; fi
netplan generate --root-dir "$root"
"""


def rehearse(host: Host, document: Document, lineage: str) -> tuple[Diagnostic, ...]:
    """What netplan says against ``document`` together with the host's other files."""
    text = document.render(lineage)
    done = host.run(["sh", "-c", _SCRIPT, "sh", "with" if document.bridges else "without"], input=text)
    return () if done.ok else explain(done.stderr or done.stdout, text)
