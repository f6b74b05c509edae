"""Rollback: what a run did is undone, in reverse and verified, until everything is as it was before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.apply.events import Listener, RollbackEnded, RollbackStarted
from kvmplan.apply.inverse import Inverse
from kvmplan.apply.journal import Journal
from kvmplan.apply.result import Result, Undone
from kvmplan.apply.standing import Standing
from kvmplan.plan.model import Plan
from kvmplan.state.model import Instance, stored
from kvmplan_sdk.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Rollback:
    """``unread``: what could not be looked at before; ``execute``: carries out a plan, beginning with what stands."""

    inverse: Inverse
    unread: tuple[Diagnostic, ...]
    journal: Journal
    execute: Callable[[Plan, Standing], Result]
    listener: Listener

    def carry_out(self, result: Result, standing: Standing) -> Result:
        """``result`` with what was undone of it."""
        self.listener(RollbackStarted(self.inverse.plan.steps))
        now = Standing(self.inverse.standing)
        self.journal.moved(_differences(stored(standing), now))
        undoing = self.execute(self.inverse.plan, now)
        problems = (*self.unread, *self.inverse.left)
        named = [address for one in problems if (address := one.address)]
        left = tuple(sorted({*named, *(str(key[0]) for key in (*undoing.failed, *undoing.skipped))}))
        self.listener(RollbackEnded(left))
        return replace(
            result,
            instances=self._as_before(undoing.instances),
            undone=Undone(done=undoing.done, left=left),
            diagnostics=(*result.diagnostics, *problems, *undoing.diagnostics),
        )

    def _as_before(self, instances: Mapping[Address, Instance]) -> Mapping[Address, Instance]:
        """What state said of everything that is as it was before, with the values that were read."""
        before, left = self.inverse.before, {one.address for one in self.inverse.left}
        found: dict[Address, Instance] = {}
        for address, instance in instances.items():
            image = before.get(address)
            whole = image is not None and str(address) not in left
            if address in self.inverse.visiting and whole:
                continue
            found[address] = (
                replace(image, values=instance.values, private=instance.private, tag=instance.tag)
                if image is not None and whole
                else instance
            )
        return found


def _differences(
    before: Mapping[Address, Instance], now: Mapping[Address, Instance]
) -> Mapping[Address, Instance | None]:
    gone: dict[Address, Instance | None] = dict.fromkeys(address for address in before if address not in now)
    return {**gone, **{address: one for address, one in now.items() if before.get(address) != one}}


__all__ = ["Rollback"]
