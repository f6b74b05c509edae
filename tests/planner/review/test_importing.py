"""What is only taken in: the plan shows all of it, and apply does not say that it is modified."""

from __future__ import annotations

import re

from kvmplan.apply.events import Event, StepStarted
from kvmplan.review.progress import Tally, progress_lines
from kvmplan.review.redaction import Redaction
from kvmplan.review.resource_text import resource_body
from kvmplan.review.stream.apply import event_lines
from kvmplan.review.style import PLAIN

from ..workspace import Workspace, address

THING = 'resource "toy_thing" "a" {\n  name = "a"\n  size = 3\n}\n'
IMPORT = 'import {\n  to = toy_thing.a\n  id = "a"\n}\n'


def test_apply_says_that_it_imports(workspace: Workspace) -> None:
    workspace.write(THING)
    workspace.apply()
    workspace.state_path.unlink()
    hosts = workspace.world()["hosts"]
    for thing in hosts["local"].values():
        thing["tag"] = ""
    workspace.change_world(hosts=hosts)
    workspace.write(THING + IMPORT)
    plan = workspace.plan()
    (change,) = plan.changes.values()
    assert change.only_takes_in
    said: list[str] = []
    streamed: list[str] = []
    imports = {address("toy_thing.a")}
    tally = Tally(1, imports)

    def listener(event: Event) -> None:
        said.extend(progress_lines(event, PLAIN, imports))
        streamed.extend(one["@message"] for one in event_lines(event, plan, Redaction(())))
        tally.take(event)
        if isinstance(event, StepStarted):
            assert "toy_thing.a: importing" in tally.line(80, tally.since)

    assert workspace.apply(listener=listener).complete
    for told in (said[1:], streamed):
        assert [re.split(r" after| \[", line)[0] for line in told] == [
            "toy_thing.a: Importing...",
            "toy_thing.a: Import complete",
        ]


def test_a_plan_shows_all_that_it_takes_in() -> None:
    values = {"domain": "web1", "mac": "52:54:00:00:00:01", "mtu": None, "driver": {"queues": 2}}
    taken = {"actions": ["no-op"], "importing": {"id": "web1/52:54:00:00:00:01"}, "before": values, "after": values}
    trees: dict[str, dict[str, bool]] = {key: {} for key in ("after_unknown", "before_sensitive", "after_sensitive")}
    shape = {"blocks": {"driver": {"nesting": "single", "blocks": {}, "sets": []}}, "sets": []}
    assert list(resource_body({**taken, **trees}, shape, PLAIN)) == [
        '        domain = "web1"',
        '        mac    = "52:54:00:00:00:01"',
        "",
        "        driver {",
        "            queues = 2",
        "        }",
    ]
