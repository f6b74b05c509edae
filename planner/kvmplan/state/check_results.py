"""What became of conditions, as the state keeps it: ``{"object_kind", "object_addr", "status", "failure_messages"?}``,
Terraform's names of the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kvmplan.addresses import ModulePath, parse_address

ORDER = ("pass", "unknown", "fail", "error")
"""The words of Terraform's representations, the worst last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What became of something's conditions. ``kind``: resource, output, var or check; ``module``: where it is;
    ``status``: pass, fail, error or unknown; ``messages``: of what failed.
    """

    kind: str
    address: str
    module: ModulePath
    status: str
    messages: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """What it is about; results are sorted by it."""
        return self.kind, self.address


def sorted_results(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    return tuple(sorted(results, key=lambda one: one.key))


def check_entry(result: CheckResult) -> dict[str, Any]:
    return {
        "object_kind": result.kind,
        "object_addr": result.address,
        "status": result.status,
        **({"failure_messages": list(result.messages)} if result.messages else {}),
    }


def read_check(entry: Mapping[str, Any]) -> CheckResult:
    """Raises `ValueError`, `KeyError` or `TypeError` when it is none."""
    address = parse_address(entry["object_addr"])
    if address is None:
        raise ValueError(f"{entry['object_addr']!r} is no address")
    if entry["status"] not in ORDER:
        raise ValueError(f"{entry['status']!r} is no status of a check")
    return CheckResult(
        kind=str(entry["object_kind"]),
        address=entry["object_addr"],
        module=address.module,
        status=entry["status"],
        messages=tuple(map(str, entry.get("failure_messages", ()))),
    )


__all__ = ["ORDER", "CheckResult", "check_entry", "read_check", "sorted_results"]
