"""A Python program for a guest: the program, this machine's Python, and as much of its library as the program imports.

It is an archive of its own, which the kernel unpacks after the guest's system.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import json
import marshal
import re
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from kvmplan.lab import initramfs
from kvmplan.lab.initramfs import Entry
from kvmplan.lab.process import call

PATH = "/program.py"
"""Where it is in the guest, beside ``/bin/python3``."""
_LIBRARY = re.compile(r"(/\S+) \(0x")
# By the module os Python knows where its library is.
_LOADED = """
import json, os, sys
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps(sorted({file for file in files if file.startswith("/")})))
"""


@functools.cache
def archive(program: Path) -> bytes:
    """``program`` may import the standard library alone. Raises LabError where it imports what is not there."""
    python = Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    imports = (
        node for node in ast.walk(ast.parse(program.read_bytes())) if isinstance(node, ast.Import | ast.ImportFrom)
    )
    script = "\n".join((*(ast.unparse(node) for node in imports), _LOADED))
    said = call([str(python), "-I", "-S", "-c", script], timeout=120.0).stdout
    loaded = [Path(file) for file in json.loads(said)]
    binaries = [python, *(path for path in loaded if path.suffix == ".so")]
    files = {*loaded, python, *(Path(found) for binary in binaries for found in libraries(binary))}
    members = {path: _file(path) for path in sorted(files)}
    return initramfs.archive(
        [
            *(Entry(str(folder).lstrip("/"), stat.S_IFDIR | 0o755) for folder in _folders(members)),
            *members.values(),
            Entry("bin/python3", stat.S_IFLNK | 0o777, str(python).encode()),
            Entry(PATH.lstrip("/"), stat.S_IFREG | 0o644, program.read_bytes()),
        ]
    )


def libraries(binary: Path) -> list[str]:
    """The shared libraries that ``binary`` is linked with, and the loader that finds them."""
    return _LIBRARY.findall(call(["ldd", str(binary)], timeout=120.0, check=False).stdout.decode())


def _folders(files: dict[Path, Entry]) -> Iterator[Path]:
    """Every folder once, before what is in it."""
    yield from sorted({parent for path in files for parent in path.parents} - {Path("/"), Path("/bin")})


def _file(path: Path) -> Entry:
    """Modules are compiled: an emulated guest would take seconds for it."""
    content = path.read_bytes()
    if path.suffix == ".py":
        content = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile(content, str(path), "exec"))
        path = path.with_suffix(".pyc")
    return Entry(str(path).lstrip("/"), stat.S_IFREG | 0o755, content)
