"""Parsed files are kept in `kvmplan.cache`: a text that was parsed before is read back as a tree, its places included.

What is kept is named by the text and by everything that makes a tree of it: this package's code and the grammar. A file
with mistakes in it is parsed each time, so its diagnostics are always fresh.
"""

from __future__ import annotations

import functools
from pathlib import Path

from kvmplan import __version__, cache
from kvmplan.syntax.grammar import grammar_file
from kvmplan.syntax.nodes import Body
from kvmplan.syntax.packing import LAYOUT, pack, unpack
from kvmplan.syntax.parse import BYTE_ORDER_MARK, parse_configuration, paused_gc
from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Diagnostic

_KIND = "tree"


def kept_configuration(text: str, filename: str) -> tuple[Body, list[Diagnostic]]:
    """What `parse_configuration` says of ``text``."""
    name = cache.digest(_maker(), text.encode(errors="surrogatepass"))
    found = cache.load(_KIND, name)
    if found is not None:
        try:
            with paused_gc():
                return unpack(found, Source(text.removeprefix(BYTE_ORDER_MARK), filename)), []
        except ValueError:
            pass
    body, problems = parse_configuration(text, filename)
    if not problems:
        _keep(name, body)
    return body, problems


def _keep(name: str, body: Body) -> None:
    try:
        data = pack(body)
    except (ValueError, RecursionError):
        return
    cache.store(_KIND, name, data)


@functools.cache
def _maker() -> bytes:
    code = cache.code_digest(Path(__file__).parent)
    return cache.digest(LAYOUT, __version__.encode(), code.encode(), grammar_file().read_bytes()).encode()


__all__ = ["kept_configuration"]
