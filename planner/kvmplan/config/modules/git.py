"""Getting a git repository at a ref, with the user's own git, its configuration and credentials.

It asks nothing and runs nothing that a repository says: no prompts, no hooks, no transport but https, ssh and files.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from kvmplan.config.modules.source import Git, without_secrets
from kvmplan_sdk.diagnostics import DiagnosticError, error

TIME_LIMIT = 600.0
"""Seconds for one command of git."""
_OF_ANOTHER_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""What git tells its hooks, in one of which kvmplan may run."""
_COMMIT = re.compile(r"[0-9a-fA-F]{4,64}")


class Clones:
    """Repositories in a temporary folder below ``parent``, each cloned once for all who want the same of it. `close`
    it.
    """

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._made: dict[Git, tuple[Path, str] | DiagnosticError] = {}

    @cached_property
    def folder(self) -> Path:
        """Made when it is first asked for."""
        try:
            self._parent.mkdir(parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=".fetch-", dir=self._parent))
        except OSError as problem:
            raise cannot_write(self._parent, problem) from problem

    def close(self) -> None:
        if "folder" in self.__dict__:
            shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, source: Git) -> tuple[Path, str]:
        """The files of the repository, without what git keeps about them, and the commit. Raises `DiagnosticError`."""
        wanted = replace(source, subdir="")
        if wanted not in self._made:
            path = self.folder / f"clone-{len(self._made)}"
            try:
                self._made[wanted] = path, _clone(wanted, path)
            except DiagnosticError as problem:
                self._made[wanted] = problem
        found = self._made[wanted]
        if isinstance(found, DiagnosticError):
            raise DiagnosticError(*found.diagnostics)
        return found


def cannot_write(folder: Path, problem: OSError) -> DiagnosticError:
    why = problem.strerror or problem
    return DiagnosticError(error(f"Cannot write to {folder}", f"{why}. Make it a directory that you can write to."))


def _clone(source: Git, path: Path) -> str:
    command = ["clone", "--quiet", "--no-checkout", "--origin", "origin"]
    if source.depth:
        command += ["--depth", str(source.depth), *(["--branch", source.ref] if source.ref else [])]
    _git([*command, "--", source.url, str(path)], source)
    commit = _commit(source, path)
    _git(["-C", str(path), "checkout", "--quiet", "--detach", commit], source)
    if (path / ".gitmodules").is_file():
        depth = ["--depth", str(source.depth)] if source.depth else []
        _git(["-C", str(path), "submodule", "--quiet", "update", "--init", "--recursive", *depth], source, nested=True)
    _forget_git(path)
    _check_links(source, path)
    return commit


def _commit(source: Git, path: Path) -> str:
    """The commit that the ref means: a tag, else a branch, else a commit, as git itself would take it."""
    ref = source.ref
    candidates = [f"refs/tags/{ref}", f"refs/remotes/origin/{ref}"] if ref else ["HEAD"]
    candidates += [ref] if _COMMIT.fullmatch(ref) else []
    for candidate in candidates:
        found = _run(
            ["-C", str(path), "rev-parse", "--verify", "--quiet", "--end-of-options", f"{candidate}^{{commit}}"], source
        )
        if found.returncode == 0:
            return found.stdout.strip()
    what = f'no branch, tag or commit "{ref}"' if ref else "no commit yet"
    raise DiagnosticError(error("Cannot fetch module", f"{without_secrets(source.url)} has {what}."))


def _forget_git(path: Path) -> None:
    """Remove what git keeps: it may have the password of the URL in it, and nothing here needs it."""
    for folder, folders, files in os.walk(path):
        if ".git" in folders:
            folders.remove(".git")
            shutil.rmtree(Path(folder, ".git"))
        if ".git" in files:
            Path(folder, ".git").unlink()


def _check_links(source: Git, path: Path) -> None:
    top = path.resolve()
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            found = Path(folder, name)
            if found.is_symlink() and not found.resolve().is_relative_to(top):
                raise DiagnosticError(
                    error(
                        "Link out of a module's repository",
                        f"{found.relative_to(path)} in {without_secrets(source.url)} is a symbolic link to "
                        f"{found.readlink()}, outside of the repository. Modules may read what is in theirs only.",
                    )
                )


def _git(arguments: list[str], source: Git, *, nested: bool = False) -> None:
    done = _run(arguments, source, nested=nested)
    if done.returncode == 0:
        return
    said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("Cloning into")][-5:]
    hint = ""
    if source.depth and _COMMIT.fullmatch(source.ref):
        hint = "\nWith depth, ref must be a branch or a tag."
    raise DiagnosticError(
        error(
            "Cannot fetch module",
            f"git could not get {source}:\n" + "\n".join(map(without_secrets, said)) + hint,
        )
    )


def _run(arguments: list[str], source: Git, *, nested: bool = False) -> subprocess.CompletedProcess[str]:
    """Run git to its end, in a session of its own, so that nothing it starts can ask on the terminal."""
    command = ["git", "-c", "core.hooksPath=/dev/null", *arguments]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(source, nested=nested),
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as problem:
        raise DiagnosticError(
            error("git cannot be run", f"{problem.strerror}. Modules are fetched with it: install git.")
        ) from None
    try:
        stdout, stderr = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise DiagnosticError(
            error(
                "Cannot fetch module",
                f"git took longer than {TIME_LIMIT:g} seconds for {source}, and was stopped. Try `git clone` by hand "
                "to see what it waits for.",
            )
        ) from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return subprocess.CompletedProcess(command, process.wait(), stdout, stderr)


def _environment(source: Git, *, nested: bool) -> dict[str, str]:
    """``nested``: for submodules, whose addresses others wrote: these name no files here, unless all are."""
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
    files = not nested or source.url.startswith("file:")
    environment = {
        **inherited,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "https:ssh:file" if files else "https:ssh",
    }
    if "GIT_SSH" not in inherited:
        environment["GIT_SSH_COMMAND"] = f"{inherited.get('GIT_SSH_COMMAND') or _ssh_command()} -oBatchMode=yes"
    return environment


def _ssh_command() -> str:
    """The user's own from git's configuration, which the variable would hide."""
    try:
        found = subprocess.run(
            ["git", "config", "--get", "core.sshCommand"], capture_output=True, text=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return "ssh"
    return found.stdout.strip() or "ssh"
