"""Records what Terraform itself says of the cases here: ``python record.py [NAME...]``, with ``terraform`` on the path.

A case is a folder: all its steps but the last are applied, the last is planned with the arguments in ``given.json``;
``terraform.json`` is the plan representation, identifiers and times masked; ``terraform.plan.jsonl`` and
``terraform.apply.jsonl`` are the streams of planning and of applying that plan, without diagnostics, sorted;
``terraform.checks.json``, where there are any, the ``checks`` of the state then. ``there.tfstate`` in a step is for
data sources to read.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
IDENTIFIER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BUILT_IN = "terraform.io/builtin/terraform"


def masked(document: dict[str, Any]) -> dict[str, Any]:
    text = IDENTIFIER.sub("ID", json.dumps({**document, "timestamp": "MOMENT"})).replace(BUILT_IN, "terraform")
    found: dict[str, Any] = json.loads(text)
    found.get("relevant_attributes", []).sort(key=json.dumps)
    return found


def stream(text: str) -> list[str]:
    """The lines of a stream that say what is done, as text, in an order that is the same from run to run."""
    found = [json.loads(IDENTIFIER.sub("ID", line)) for line in text.splitlines()]
    kept = [{**line, "@timestamp": "MOMENT"} for line in found if line["type"] not in {"diagnostic", "version"}]
    return sorted(json.dumps(line, ensure_ascii=False, sort_keys=True) for line in kept)


def arguments(case: Path) -> list[str]:
    given = case / "given.json"
    return list(json.loads(given.read_text())) if given.exists() else []


def _record(case: Path) -> None:
    steps = sorted(case.glob("step*"))
    with tempfile.TemporaryDirectory() as folder:
        for step in steps:
            _lay_out(step, Path(folder))
            _terraform(folder, "init")
            if step is not steps[-1]:
                _terraform(folder, "apply", "-auto-approve")
        streams = {"plan": _terraform(folder, "plan", "-json", "-out", "p", *arguments(case))}
        document = masked(json.loads(_terraform(folder, "show", "-json", "p")))
        streams["apply"] = _terraform(folder, "apply", "-json", "p")
        checks = json.loads(_terraform(folder, "show", "-json")).get("checks", [])
    if checks:
        lines = (json.dumps(one, ensure_ascii=False) for one in checks)
        (case / "terraform.checks.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    for name, text in streams.items():
        (case / f"terraform.{name}.jsonl").write_text("".join(f"{line}\n" for line in stream(text)))
    lines = (f"{json.dumps(key)}: {json.dumps(document[key], ensure_ascii=False)}" for key in sorted(document))
    (case / "terraform.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _lay_out(step: Path, into: Path) -> None:
    for old in into.rglob("*.tf"):
        old.unlink()
    for path in step.rglob("*.tfstate"):
        shutil.copy(path, into)
    for path in step.rglob("*.kvm.hcl"):
        target = into / path.relative_to(step).with_name(path.name.replace(".kvm.hcl", ".tf"))
        target.parent.mkdir(exist_ok=True, parents=True)
        text = path.read_text().replace("kvmplan {", "terraform {")
        target.write_text(re.sub(r'(source +=) "terraform"', rf'\1 "{BUILT_IN}"', text))


def _terraform(folder: str, *words: str) -> str:
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["terraform", *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.parent.name for path in HERE.glob("*/step1")):
        _record(HERE / name)
