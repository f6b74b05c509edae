"""What expressions may ask this provider, without a host."""

from __future__ import annotations

import re

from kvmplan_sdk import Function, FunctionError, Parameter
from kvmplan_sdk.interface_names import LONGEST_PREFIX, fitted
from kvmplan_sdk.schema import STRING


def _interface_name(prefix: str, name: str) -> str:
    if not re.fullmatch(rf"[A-Za-z0-9_.-]{{0,{LONGEST_PREFIX}}}", prefix):
        raise FunctionError(
            f"{prefix!r} cannot begin an interface's name: letters, digits and . _ -, at most {LONGEST_PREFIX}", 0
        )
    if not name:
        raise FunctionError("the name is empty: give at least one character", 1)
    return fitted(prefix, name)


FUNCTIONS = {
    "interface_name": Function(
        summary="A name for an interface, of at most 15 characters, made of a longer one.",
        parameters=(
            Parameter(name="prefix", type=STRING, doc=f"How it begins; at most {LONGEST_PREFIX} characters, or none."),
            Parameter(name="name", type=STRING, doc="What it is the interface of, as long as you like."),
        ),
        returns=STRING,
        call=_interface_name,
    )
}
