"""The plugin contract of kvmplan: everything the author of a provider reads and imports.

It holds the hook, the schema vocabulary, types and plain values, diagnostics, impact, claims, the host protocol and the
provider contract, and in `kvmplan_sdk.testing` the kit to test a provider with. It is not the engine: it plans nothing,
reaches no host and imports neither `kvmplan` nor any provider.
"""

from kvmplan_sdk.capabilities import (
    Assesses,
    Change,
    ClaimedBy,
    Discovered,
    Discovers,
    DiscoversWithin,
    Findings,
    Imports,
    ReadsData,
    Rehearses,
)
from kvmplan_sdk.claims import Claim, InterfaceClaim, MacClaim, PortClaim, SubnetClaim
from kvmplan_sdk.diagnostics import (
    Diagnostic,
    DiagnosticError,
    Position,
    Severity,
    SourceRange,
    error,
    has_errors,
    warning,
)
from kvmplan_sdk.functions import Function, FunctionError, Parameter
from kvmplan_sdk.hookspecs import hookimpl
from kvmplan_sdk.host import Completed, Facts, Host, HostError
from kvmplan_sdk.impact import NO_IMPACT, Impact, ImpactLevel, worst
from kvmplan_sdk.provider import (
    UNTAGGED,
    Known,
    Observed,
    Operation,
    Outcome,
    Planned,
    Proposal,
    Provider,
    Session,
    Step,
    Verb,
)
from kvmplan_sdk.schema import Attribute, Block, Nesting, ObjectSchema, ProviderSchema, type_of
from kvmplan_sdk.values import UNKNOWN, Object, Path, Unknown, Value

__all__ = [
    "NO_IMPACT",
    "UNKNOWN",
    "UNTAGGED",
    "Assesses",
    "Attribute",
    "Block",
    "Change",
    "Claim",
    "ClaimedBy",
    "Completed",
    "Diagnostic",
    "DiagnosticError",
    "Discovered",
    "Discovers",
    "DiscoversWithin",
    "Facts",
    "Findings",
    "Function",
    "FunctionError",
    "Host",
    "HostError",
    "Impact",
    "ImpactLevel",
    "Imports",
    "InterfaceClaim",
    "Known",
    "MacClaim",
    "Nesting",
    "Object",
    "ObjectSchema",
    "Observed",
    "Operation",
    "Outcome",
    "Parameter",
    "Path",
    "Planned",
    "PortClaim",
    "Position",
    "Proposal",
    "Provider",
    "ProviderSchema",
    "ReadsData",
    "Rehearses",
    "Session",
    "Severity",
    "SourceRange",
    "Step",
    "SubnetClaim",
    "Unknown",
    "Value",
    "Verb",
    "error",
    "has_errors",
    "hookimpl",
    "type_of",
    "warning",
    "worst",
]
