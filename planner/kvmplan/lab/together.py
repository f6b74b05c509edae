"""Several lab hosts brought up at the same time, all or none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from kvmplan.lab.errors import LabError
from kvmplan.lab.host import LabHost
from kvmplan.lab.lifecycle import Progress, unmake
from kvmplan.lab.registry import Registry


def up_together(make: Callable[[str, Progress], LabHost], names: Sequence[str], progress: Progress) -> list[LabHost]:
    """The hosts ``names``, each brought up by ``make``, in parallel where there are several.

    Where one fails, or we are interrupted, those made here are ended again; the ones that were up before stay.
    """
    if len(names) == 1:
        return [make(names[0], progress)]
    registry = Registry.default()
    before = {record.name for record in registry.hosts()}
    stopped = threading.Event()

    def told(message: str) -> None:
        # The making of a host speaks at every stage; an interrupted one gets no further than the next.
        if stopped.is_set():
            raise LabError("interrupted")
        progress(message)

    with ThreadPoolExecutor(len(names)) as pool:
        futures = [pool.submit(make, name, told) for name in names]
        try:
            return [future.result() for future in futures]
        except BaseException:
            stopped.set()
            pool.shutdown(wait=True, cancel_futures=True)
            for name in set(names) - before:
                unmake(registry, name)
            raise
