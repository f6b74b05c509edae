"""Functions of files and paths, and templates."""

from __future__ import annotations

import base64
import posixpath
import stat
from dataclasses import replace
from pathlib import Path

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions import glob
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    DYNAMIC,
    MapValue,
    ObjectValue,
    Value,
    is_null,
    make_set,
)
from kvmplan.syntax.nodes import Call, Expression, Index, Relative, Traversal
from kvmplan.syntax.parse import parse_template
from kvmplan.syntax.static import references
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import ANY, BOOL, STRING, SetType

REGISTRY: Registry = {}
_PATH = Param("path", STRING)
_MAX_TEMPLATES = 50


def _full(scope: Scope, path: str) -> Path:
    return scope.base_dir / Path(_expanded(path))


def _expanded(path: str) -> str:
    if not path.startswith("~"):
        return path
    if len(path) > 1 and path[1] != "/":
        raise FunctionError(f"failed to expand ~: cannot expand user-specific home dir in {path}", 0)
    return _clean(str(Path.home()) + path[1:])


def read_bytes(scope: Scope, path: str) -> bytes:
    """The content of a file. Raises `FunctionError` saying what is wrong with it."""
    full = _full(scope, path)
    try:
        return full.read_bytes()
    except FileNotFoundError:
        raise FunctionError(
            f'no file exists at "{path}"; this function works only with files that are there before planning begins', 0
        ) from None
    except IsADirectoryError:
        raise FunctionError(f'"{path}" is a directory, not a file', 0) from None
    except (OSError, ValueError) as problem:
        raise FunctionError(f'failed to read "{path}": {getattr(problem, "strerror", None) or problem}', 0) from None


def read_text(scope: Scope, path: str) -> str:
    try:
        return read_bytes(scope, path).decode("utf-8")
    except UnicodeDecodeError:
        raise FunctionError(f'the content of "{path}" is not valid UTF-8; use filebase64 instead', 0) from None


@define(REGISTRY, "file", _PATH, returns=STRING, scoped=True)
def file(scope: Scope, path: str) -> Value:
    """The text of the file at `path`."""
    return normalized(read_text(scope, path))


@define(REGISTRY, "filebase64", _PATH, returns=STRING, scoped=True)
def filebase64(scope: Scope, path: str) -> Value:
    """The bytes of the file at `path` in base64."""
    return base64.b64encode(read_bytes(scope, path)).decode()


@define(REGISTRY, "fileexists", _PATH, returns=BOOL, scoped=True)
def fileexists(scope: Scope, path: str) -> Value:
    """Whether there is a regular file at `path`."""
    try:
        mode = _full(scope, path).stat().st_mode
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as problem:
        raise FunctionError(f'failed to look at "{path}": {problem}', 0) from None
    if not stat.S_ISREG(mode):
        kind = "a directory" if stat.S_ISDIR(mode) else "something else"
        raise FunctionError(f'"{path}" is not a regular file, but {kind}', 0)
    return True


@define(REGISTRY, "fileset", _PATH, Param("pattern", STRING), returns=SetType(STRING), scoped=True)
def fileset(scope: Scope, path: str, pattern: str) -> Value:
    """The files under `path` whose relative path fits `pattern`, with `*`, `**`, `?`, `[a-z]` and `{one,other}`."""
    joined = posixpath.normpath(posixpath.join(path, pattern.lstrip("/") if path else pattern) or ".")
    try:
        found = [name for name in glob.find(scope.base_dir, joined) if (scope.base_dir / name).is_file()]
    except glob.GlobError as problem:
        raise FunctionError(f'"{pattern}" is no pattern for files: {problem}', 1) from None
    return make_set(STRING, [normalized(posixpath.relpath(name, path or ".")) for name in found])


@define(REGISTRY, "abspath", _PATH, returns=STRING, scoped=True)
def abspath(scope: Scope, path: str) -> Value:
    """`path` as an absolute path."""
    return normalized(_clean(str(Path.cwd() / path)))


@define(REGISTRY, "basename", _PATH, returns=STRING)
def basename(path: str) -> Value:
    """The last part of `path`."""
    if not path:
        return "."
    return path.rstrip("/").rpartition("/")[2] or "/"


@define(REGISTRY, "dirname", _PATH, returns=STRING)
def dirname(path: str) -> Value:
    """`path` without its last part."""
    folder = path[: path.rfind("/") + 1]
    return _clean(folder)


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path) if path else "."
    return cleaned[1:] if cleaned.startswith("//") else cleaned


@define(REGISTRY, "pathexpand", _PATH, returns=STRING)
def pathexpand(path: str) -> Value:
    """`path` with a leading `~` replaced by the home folder."""
    return _expanded(path)


# Templates

_VARS = Param("vars", ANY)


def _render(scope: Scope, text: str, name: str, variables: Value) -> Value:
    """A template's text evaluated with ``variables`` alone in scope."""
    if scope.depth >= _MAX_TEMPLATES:
        raise FunctionError(f"maximum recursion depth {_MAX_TEMPLATES} reached while evaluating templates")
    from kvmplan.lang.evaluate import evaluate

    expression, problems = parse_template(text, name)
    if expression is None:
        raise FunctionError("; ".join(f"{p.source}: {p.summary}: {p.detail}" for p in problems))
    names = _variables(variables)
    for reference in references(expression):
        if reference.root not in names:
            raise FunctionError(f'vars map does not contain key "{reference.root}", referenced at {reference.range}', 1)
    apart = scope.alone(names)
    apart.diagnostics = []
    result = evaluate(expression, apart)
    errors = [found for found in apart.diagnostics if found.is_error]
    if errors:
        raise FunctionError("; ".join(f"{found.source}: {found.summary}: {found.detail}" for found in errors))
    if is_null(result):
        raise FunctionError("the result of the template is null")
    return result


def _variables(value: Value) -> dict[str, Value]:
    if is_null(value) or not isinstance(value, (MapValue, ObjectValue)):
        raise FunctionError("invalid vars value: must be a map or object", 1)
    for name in value.entries:
        if not name.replace("-", "_").isidentifier():
            raise FunctionError(
                f'invalid template variable name "{name}": must start with a letter, followed by zero or more letters, '
                "digits, and underscores",
                1,
            )
    return dict(value.entries)


@define(REGISTRY, "templatefile", _PATH, _VARS, returns=ANY, scoped=True)
def templatefile(scope: Scope, path: str, variables: Value) -> Value:
    """The template in the file at `path`, evaluated with the variables `vars`."""
    return _render(scope, read_text(scope, path), path, variables)


@define(REGISTRY, "templatestring", Param("template", STRING), _VARS, returns=STRING, scoped=True)
def templatestring(scope: Scope, template: str, variables: Value) -> Value:
    """The template in the string that `template` refers to (`local.greeting`), evaluated with the variables `vars`."""
    return _render(scope, template, "<templatestring argument>", variables)


def _is_reference(node: Expression) -> bool:
    while isinstance(node, (Relative, Index)):
        node = node.base
    return isinstance(node, Traversal)


def _templatestring(call: Call, scope: Scope) -> Value:
    """Only references are taken: a template written in place is evaluated where it stands."""
    from kvmplan.lang.evaluate import call_function

    if call.arguments and not _is_reference(call.arguments[0]):
        problem = (
            "The template must be a reference to a string, such as local.greeting. Write other templates in place."
        )
        scope.error("Invalid function argument", problem, call.arguments[0])
        return DYNAMIC
    return call_function(REGISTRY["templatestring"], call, scope)


REGISTRY["templatestring"] = replace(REGISTRY["templatestring"], special=_templatestring)
