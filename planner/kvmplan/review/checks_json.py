"""What became of conditions, as Terraform's representations of plans and states have it."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from kvmplan.addresses import Address, format_module, parse_address, unkeyed
from kvmplan.state.check_results import ORDER, CheckResult

_KINDS = {"output": "output_value"}


def checks_json(results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    """``[{"address", "status", "instances": [{"address", "status", "problems"}]}]``, one entry for each block."""
    entries = []
    for _, group in groupby(sorted(results, key=_key), _block):
        members = list(group)
        entries.append(
            {
                "address": _address(members[0]),
                "status": max((member.status for member in members), key=ORDER.index),
                "instances": [_instance(member) for member in members],
            }
        )
    return entries


def _resource(result: CheckResult) -> Address | None:
    return parse_address(result.address) if result.kind == "resource" else None


def _block(result: CheckResult) -> str:
    """The block as it is written, wherever its module is."""
    address = _resource(result)
    if address is not None:
        return str(address.everywhere)
    return ".".join([*format_module(unkeyed(result.module)).split(), f"{result.kind}.{_name(result)}"])


def _name(result: CheckResult) -> str:
    return result.address.rpartition(".")[2]


def _key(result: CheckResult) -> tuple[object, ...]:
    address = _resource(result)
    where = address or Address("", "", module=result.module)
    return (_block(result), where.sort_key)


def _address(result: CheckResult) -> dict[str, Any]:
    address = _resource(result)
    module = format_module(unkeyed(result.module))
    named = {"mode": address.mode, "type": address.type, "name": address.name} if address else {"name": _name(result)}
    return {
        "kind": _KINDS.get(result.kind, result.kind),
        "to_display": _block(result),
        **({"module": module} if module else {}),
        **named,
    }


def _instance(result: CheckResult) -> dict[str, Any]:
    address = _resource(result)
    module = format_module(result.module)
    return {
        "address": {
            "to_display": result.address,
            **({"module": module} if module else {}),
            **({"instance_key": address.key} if address is not None and address.key is not None else {}),
        },
        "status": result.status,
        **({"problems": [{"message": message} for message in result.messages]} if result.messages else {}),
    }
