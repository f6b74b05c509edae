"""Plan files: a plan with everything that apply needs to carry out exactly it, on this machine or another.

`contents` is what is in one, `changes` how changes are written, `digest` what tells one plan from another, `container`
the bytes: a line in clear and the rest compressed, encrypted where that was asked for or where something is sensitive
(`protection`). `currency` refuses what has been overtaken.
"""

from kvmplan.plan.file.contents import PlanFile
from kvmplan.plan.file.currency import check_current, check_digest, check_expected, check_makers, makers_of
from kvmplan.plan.file.digest import digest_of
from kvmplan.plan.file.protection import KEY_FILE, protection_to_read, protection_to_write
from kvmplan.plan.file.reading import read_plan, write_plan

__all__ = [
    "KEY_FILE",
    "PlanFile",
    "check_current",
    "check_digest",
    "check_expected",
    "check_makers",
    "digest_of",
    "makers_of",
    "protection_to_read",
    "protection_to_write",
    "read_plan",
    "write_plan",
]
