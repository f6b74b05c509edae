"""A drawing in Mermaid, which code hosts render in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from kvmplan.review.drawing.model import Drawing

_ESCAPES = str.maketrans({"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;"})


LONGEST, MOST_ARROWS = 50_000, 500
"""What Mermaid renders unless it is told otherwise, which code hosts do not let one do. (mermaid.js.org/config:
maxTextSize, maxEdges)
"""


def is_too_large(text: str) -> bool:
    """Whether code hosts will refuse to render ``text``."""
    return len(text) > LONGEST or text.count(" --> ") > MOST_ARROWS


def mermaid(drawing: Drawing) -> str:
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    """Names are numbers: any other may be a word of Mermaid's."""
    numbers = count(1)
    names = {box.name: f"n{next(numbers)}" for group in drawing.groups for box in group.boxes}
    yield "flowchart RL"
    for number, group in enumerate(drawing.groups, start=1):
        indent = "    " if group.label else "  "
        if group.label:
            yield f"  subgraph g{number}[{_quoted(group.label)}]"
        yield from (f"{indent}{names[box.name]}[{_quoted(box.label)}]" for box in group.boxes)
        if group.label:
            yield "  end"
    for start, end in drawing.pairs:
        yield f"  {names[start]} --> {names[end]}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
