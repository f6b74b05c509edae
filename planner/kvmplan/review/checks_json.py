"""What became of conditions, as Terraform's plan representation has it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from kvmplan.addresses import Address, parse_address
from kvmplan.plan.model import CheckResult

_ORDER = ("pass", "unknown", "fail", "error")


def checks_json(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """``[{"address", "status", "instances": [{"address", "status", "problems"}]}]``, one entry for each block."""
    entries = []
    for (kind, block), group in groupby(sorted(results, key=_key), lambda result: (result.kind, _block(result))):
        members = list(group)
        entries.append(
            {
                "address": _address(kind, block),
                "status": max((member.status for member in members), key=_ORDER.index),
                "instances": [_instance(member) for member in members],
            }
        )
    return entries


def _key(result: CheckResult) -> tuple[object, ...]:
    address = parse_address(result.address)
    return (result.kind, _block(result), address.sort_key if address and result.kind == "resource" else ())


def _block(result: CheckResult) -> str:
    address = parse_address(result.address) if result.kind == "resource" else None
    return str(address.everywhere) if address else result.address


def _address(kind: str, block: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": {"output": "output_value"}.get(kind, kind), "to_display": block}
    address = parse_address(block) if kind == "resource" else None
    if isinstance(address, Address):
        return {**shown, "mode": address.mode, "type": address.type, "name": address.name}
    return {**shown, "name": block.rpartition(".")[2]}


def _instance(result: CheckResult) -> dict[str, Any]:
    address = parse_address(result.address) if result.kind == "resource" else None
    return {
        "address": {
            "to_display": result.address,
            **({"instance_key": address.key} if address is not None and address.key is not None else {}),
        },
        "status": result.status,
        **({"problems": [{"message": message} for message in result.messages]} if result.messages else {}),
    }
