"""Checks, and what became of all conditions of a plan: noted for reviews, failures of checks being warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kvmplan.addresses import Address, ModulePath, format_module
from kvmplan.graph import Node
from kvmplan.plan.conditions import Verdict, judge
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.modules import Modules
from kvmplan.state.check_results import ORDER, CheckResult
from kvmplan_sdk.diagnostics import Diagnostic, Severity, warning


class Checks:
    """Collects results, in the order in which they are found."""

    def __init__(self) -> None:
        self._results: dict[tuple[str, str], CheckResult] = {}

    @property
    def results(self) -> tuple[CheckResult, ...]:
        return tuple(self._results[key] for key in sorted(self._results))

    def note(self, kind: str, of: Address | str, verdict: Verdict, module: ModulePath = ()) -> None:
        """Note what became of conditions; of those noted before of the same, the worst stands. ``of``: a resource
        instance, or the name of something in ``module``.
        """
        if verdict.judged:
            self._note(kind, of, module, verdict.status, tuple(failure.message for failure in verdict.failures))

    def unread(self, check: str, module: ModulePath, problems: Iterable[Diagnostic]) -> None:
        """Note that what a check is to read cannot be read."""
        self._note("check", check, module, "fail", tuple(f"{one.summary}: {one.detail}" for one in problems))

    def _note(self, kind: str, of: Address | str, module: ModulePath, status: str, messages: tuple[str, ...]) -> None:
        address = str(of) if isinstance(of, Address) else _address(kind, of, module)
        key = (kind, address)
        module = of.module if isinstance(of, Address) else module
        before = self._results.get(key, CheckResult(kind=kind, address=address, module=module, status="pass"))
        self._results[key] = replace(
            before,
            status=max(before.status, status, key=ORDER.index),
            messages=(*before.messages, *messages),
        )

    def gather(self, modules: Modules) -> None:
        """Note what was judged while module instances were evaluated."""
        for evaluation in modules.every():
            for (kind, name), verdict in evaluation.judged.items():
                self.note(kind, name, verdict, evaluation.module)

    def _awaits(self, check: str, evaluation: Evaluation) -> bool:
        found = self._results.get(("check", _address("check", check, evaluation.module)))
        return found is not None and found.status == "unknown"

    def check(self, modules: Modules, node: Node) -> Iterator[Diagnostic]:
        """Judge a check block wherever its module is; failures come back as warnings."""
        for evaluation in modules.instances(node.module):
            block = evaluation.configuration.checks[node.name]
            found: list[Diagnostic] = []
            verdict = judge(block.assertions, evaluation.scope([]), found)
            self.note("check", node.name, verdict, evaluation.module)
            yield from map(as_warning, found)
            if self._awaits(node.name, evaluation) and not modules.setting.applying:
                yield warning(
                    "Check cannot be judged yet",
                    f'What the check "{node.name}" looks at is known only after apply, which judges it again.',
                    source=block.range,
                )
            for failure in verdict.failures:
                yield warning("Check block assertion failed", failure.message, source=failure.condition.condition.range)


def _address(kind: str, name: str, module: ModulePath) -> str:
    return ".".join([*format_module(module).split(), f"{kind}.{name}"])


def as_warning(diagnostic: Diagnostic) -> Diagnostic:
    return replace(diagnostic, severity=Severity.WARNING)
