"""Sources of modules: from the text of ``source`` to what it means. Nothing is looked at but the text.

Git addresses are those of Terraform: what it takes, this takes, and turns into the same canonical text.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from kvmplan_sdk.diagnostics import DiagnosticError, error

SHIPPED_PREFIX = "kvmplan//"
SUPPORTED = (
    'Modules come from directories ("./net"), from git ("git::https://HOST/PATH.git?ref=v1", "git@HOST:PATH.git"), and '
    f'with kvmplan ("{SHIPPED_PREFIX}NAME").'
)
_LOCAL = ("./", "../", ".\\", "..\\")
_SHORTHANDS = frozenset({"github.com", "gitlab.com", "bitbucket.org"})
_SHORTHAND = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(_SHORTHANDS)))})/[^/]+/[^/]")
_SCHEMES = frozenset({"https", "ssh", "file"})
_FORCED = re.compile(r"([A-Za-z0-9]+)::(.+)", re.DOTALL)
_SCP = re.compile(r"(?:([^@/:]+)@)?([^@/:]+):/?([^:/].*)")
_REGISTRY = re.compile(r"(?:[\w.-]+/){2,3}[\w-]+(?://.*)?")
_REF = re.compile(r"(?!-)[^\x00-\x20\x7f~^:?*\[\\]+")
_SECRETS = (
    (re.compile(r"(https?://)[^/\s'\"]*@"), r"\1***@"),
    (re.compile(r"(\w://[^/@:\s]*):[^/\s'\"]*@"), r"\1:***@"),
    (re.compile(r"([?&](?!ref=|depth=)[\w.-]+=)[^&\s'\"]*"), r"\1***"),
)


@dataclass(frozen=True, slots=True)
class Local:
    """``path``: from the caller's directory, begins with ``./`` or ``../``."""

    path: str

    def __str__(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Shipped:
    """A module that comes with kvmplan."""

    name: str

    def __str__(self) -> str:
        return SHIPPED_PREFIX + self.name


@dataclass(frozen=True, slots=True)
class Git:
    """``url``: as git takes it; ``ref``: a branch, a tag or a commit, or nothing for the repository's own choice;
    ``depth``: how many commits to fetch, 0 for all; ``subdir``: where in the repository the module is.
    """

    url: str
    ref: str = ""
    depth: int = 0
    subdir: str = ""

    def __str__(self) -> str:
        """The canonical text, without secrets."""
        query = [f"depth={self.depth}"] if self.depth else []
        query += [f"ref={self.ref}"] if self.ref else []
        subdir = f"//{self.subdir}" if self.subdir else ""
        return f"git::{without_secrets(self.url)}{subdir}" + ("?" + "&".join(query) if query else "")


Source = Local | Shipped | Git


def parse_source(text: str) -> Source:
    """What a source means. Raises `DiagnosticError`, without a place, when that is nothing we can get."""
    if text.startswith(_LOCAL):
        path = posixpath.normpath(text.replace("\\", "/"))
        return Local(path if f"{path}/".startswith("../") else f"./{path}")
    if text.startswith(SHIPPED_PREFIX):
        return Shipped(text.removeprefix(SHIPPED_PREFIX))
    forced = _FORCED.fullmatch(text)
    if forced is not None and forced[1] == "git":
        return _git(forced[2], text)
    scp = _SCP.fullmatch(text)
    if forced is None and (_SHORTHAND.match(text) or (scp is not None and scp[1])):
        return _git(text, text)
    raise _invalid(text, _why(text))


def without_secrets(text: str) -> str:
    """``text`` with the users, passwords and keys in its URLs hidden, as far as they give access."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _git(address: str, text: str) -> Git:
    address, subdir, query = _split(address)
    url, leading = _url(address)
    subdir = posixpath.normpath(posixpath.join(leading, subdir)) if leading or subdir else ""
    if subdir == ".." or subdir.startswith(("../", "/")):
        raise _invalid(text, f'The directory "{subdir}" leads out of the repository.')
    _check_url(url, text)
    ref, depth = _parameters(query, text)
    return Git(url, ref, depth, "" if subdir == "." else subdir)


def _split(address: str) -> tuple[str, str, str]:
    """The address of the repository, the directory in it, and the parameters, which may stand before the directory."""
    address, _, query = address.partition("?")
    start = address.find("://") + 3 if "://" in address else 0
    cut = address.find("//", start)
    if cut >= 0:
        return address[:cut], address[cut + 2 :].strip("/"), query
    query, _, subdir = query.partition("//")
    return address, subdir.strip("/"), query


def _url(address: str) -> tuple[str, str]:
    """The URL that ``address`` stands for, and the directory that it says beside."""
    if address.startswith("/"):
        return f"file://{address}", ""
    host, *path = address.split("/")
    if host in _SHORTHANDS and len(path) >= 2:
        organisation, repository = path[:2]
        return f"https://{host}/{organisation}/{repository.removesuffix('.git')}.git", "/".join(path[2:])
    scp = _SCP.fullmatch(address)
    if scp is not None:
        user = f"{scp[1]}@" if scp[1] else ""
        return f"ssh://{user}{scp[2]}/{scp[3]}", ""
    return address, ""


def _check_url(url: str, text: str) -> None:
    try:
        parts = urlsplit(url)
        host, user, _ = parts.hostname or "", parts.username or "", parts.port
    except ValueError:
        raise _invalid(
            text, "Its port is no number. For an address such as git@HOST:PATH.git leave out the ssh:// before it."
        ) from None
    if parts.scheme not in _SCHEMES:
        raise _invalid(text, "After git:: comes the URL of a repository, by https, ssh or file.")
    if any(ord(character) < 32 for character in url):
        raise _invalid(text, "There is a control character in it.")
    if parts.scheme == "file":
        if host not in {"", "localhost"} or not parts.path.strip("/"):
            raise _invalid(text, "After file:// comes an absolute path.")
    elif not host or host.startswith("-") or user.startswith("-") or not parts.path.strip("/"):
        raise _invalid(text, "Its URL needs the name of a host, and the path of a repository there.")


def _parameters(query: str, text: str) -> tuple[str, int]:
    ref, depth = "", 0
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "ref":
            if value and not _REF.fullmatch(value):
                raise _invalid(text, "Its ref cannot be the name of a branch or a tag, nor a commit.")
            ref = value
        elif name == "depth":
            if not re.fullmatch("[1-9][0-9]{0,8}", value):
                raise _invalid(text, "Its depth is not a number of commits from 1 up.")
            depth = int(value)
        else:
            keys = " SSH keys come from your agent and ~/.ssh/config." if name == "sshkey" else ""
            raise _invalid(text, f'There is no parameter "{name}", only "ref" and "depth".{keys}')
    return ref, depth


def _why(text: str) -> str:
    """What is wrong with a source of no kind that we know, and what to write instead."""
    shown = without_secrets(text)
    if not text.strip():
        return SUPPORTED
    if text.startswith("kvmplan/"):
        return f'Modules that come with kvmplan are written with two slashes: "{SHIPPED_PREFIX}{text[8:].strip("/")}".'
    if text.startswith("/"):
        return f"A directory is named by its path from this one, which begins with ./ or ../. {SUPPORTED}"
    if text.split("/")[0] in _SHORTHANDS:
        return "A repository there is named HOST/ORGANISATION/REPOSITORY."
    if text.startswith(("ssh://", "git://", "file://")) or re.match(r"https?://.*\.git\b", text):
        return f'Write "git::{shown}" for a git repository.'
    if "::" in text or "://" in text:
        return f"Archives, buckets and other tools than git are not supported. {SUPPORTED}"
    local = f'For the directory beside this file write "./{shown}".'
    if _REGISTRY.fullmatch(text):
        return f"There is no registry of modules: take it from its git repository. {local}"
    return f"{local} {SUPPORTED}"


def _invalid(text: str, detail: str) -> DiagnosticError:
    return DiagnosticError(error("Invalid module source", f'"{without_secrets(text)}" is not one. {detail}'))
