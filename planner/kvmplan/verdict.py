"""A configuration that was found to be in order is not checked again while nothing that had a say in it has changed.

That is: the text of its files, the code of the engine and of the providers that were asked, where Python looks for
others, the directory that the command runs in, and its environment. Only a verdict without a single diagnostic is
remembered, in `kvmplan.cache`, and only where the texts tell everything: a configuration that mentions a function of
files or of the time is checked each time, and so is one with modules that were installed from elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

from kvmplan import __version__, cache
from kvmplan.config.files import is_json, read_sources
from kvmplan_sdk.diagnostics import DiagnosticError

_KIND = "valid"
_LAYOUT = b"1"
_OURS = ("kvmplan", "kvmplan_sdk")


def remember(directory: Path, sources: Mapping[str, str], packages: Iterable[str]) -> None:
    """Nothing is wrong with the configuration of ``sources`` (texts by file name), which was read from ``directory``.

    ``packages``: the top-level packages of the providers that it uses.
    """
    folders = sorted({str(Path(name).parent) for name in sources})
    if any(_is_hidden(Path(folder), directory) for folder in folders) or _looks_elsewhere(sources):
        return
    asked = sorted({*_OURS, *packages})
    try:
        said = {"folders": folders, "packages": asked, "digest": _digest(asked, sources)}
        cache.store(_KIND, _name(directory), json.dumps(said).encode())
    except (ImportError, OSError):
        return


def recall(directory: Path) -> Mapping[str, str] | None:
    """The texts of the configuration in ``directory``, if nothing was wrong with it and nothing has changed since."""
    try:
        stored = cache.load(_KIND, _name(directory))
        said = json.loads(stored) if stored is not None else None
        if not isinstance(said, dict):
            return None
        folders, packages = _strings(said["folders"]), _strings(said["packages"])
        sources = dict(chain.from_iterable(read_sources(Path(folder)).items() for folder in folders))
        return sources if _digest(packages, sources) == said["digest"] else None
    except (DiagnosticError, ImportError, LookupError, OSError, RecursionError, TypeError, ValueError):
        return None


def _name(directory: Path) -> str:
    """Names of files are shown, and found, from the current directory."""
    return cache.digest(_LAYOUT, os.fsencode(Path.cwd()), os.fsencode(directory))


def _digest(packages: Iterable[str], sources: Mapping[str, str]) -> str:
    """Of all that has a say. Raises `ImportError` or `OSError` where that cannot be told."""
    code = [cache.code_digest(_folder(package)) for package in packages]
    texts = (part.encode(errors="surrogatepass") for name in sorted(sources) for part in (name, sources[name]))
    return cache.digest(json.dumps([*code, *_surroundings()]).encode(), *texts)


def _folder(package: str) -> Path:
    found = find_spec(package) if package.isidentifier() else None
    if found is None or not found.submodule_search_locations:
        raise ImportError(package)
    return Path(found.submodule_search_locations[0])


def _surroundings() -> Sequence[object]:
    """A folder's time tells whether a package, and with it a provider, was installed there or removed."""
    environment = {name: text for name, text in os.environ.items() if name.startswith("KVMPLAN_") or name == "HOME"}
    path = [(folder, Path(folder).stat().st_mtime_ns if Path(folder).exists() else None) for folder in sys.path]
    return (__version__, sys.version, path, sorted(environment.items()))


def _strings(found: object) -> list[str]:
    if isinstance(found, list) and all(isinstance(item, str) for item in found):
        return found
    raise TypeError("strings are needed")


def _is_hidden(folder: Path, directory: Path) -> bool:
    """Whether it is not the configuration's texts that say that the files are in ``folder``."""
    inner = folder.relative_to(directory) if folder.is_relative_to(directory) else folder
    return any(part.startswith(".") and part != ".." for part in inner.parts)


def _looks_elsewhere(sources: Mapping[str, str]) -> bool:
    """Whether a function is mentioned that sees more than its arguments. In JSON, letters can be written as numbers."""
    from kvmplan.lang import FUNCTIONS

    names = "|".join([*(name for name, function in FUNCTIONS.items() if function.scoped), "pathexpand"])
    mention = re.compile(rf"(?<![\w.-])(?:{names})(?![\w-])")
    return any(mention.search(text) or (is_json(name) and "\\u00" in text.lower()) for name, text in sources.items())


__all__ = ["recall", "remember"]
