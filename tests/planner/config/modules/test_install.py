"""Fetching modules from real repositories: what is got, what is refused, and what is left when something fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvmplan.config.loader import load_configuration
from kvmplan.config.model import Configuration
from kvmplan.config.modules import Installer, git
from kvmplan_sdk import Diagnostic, DiagnosticError

from .repository import Repository, module_text, output_text


class Root:
    """A root module to install into."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.told: list[str] = []
        path.mkdir()

    def write(self, text: str, name: str = "main.kvm.hcl") -> None:
        target = self.path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def install(self, *, upgrade: bool = False) -> tuple[Configuration, list[Diagnostic]]:
        self.told = []
        installer = Installer(str(self.path), upgrade=upgrade, tell=self.told.append)
        try:
            configuration, diagnostics = load_configuration(self.path, find=installer.locate)
            installer.record(complete=not diagnostics)
        finally:
            installer.close()
        return configuration, diagnostics

    def installed(self) -> Configuration:
        configuration, diagnostics = self.install()
        assert diagnostics == []
        again, problems = load_configuration(self.path)
        assert problems == []
        assert [module.directory for module in again.tree()] == [module.directory for module in configuration.tree()]
        return again

    def refused(self) -> str:
        """What is told of the only problem, which is placed."""
        _, diagnostics = self.install()
        (found,) = diagnostics
        assert found.source is not None
        return f"{found.summary}: {found.detail}"

    def load(self) -> list[str]:
        return [f"{found.summary}: {found.detail}" for found in load_configuration(self.path)[1]]

    @property
    def modules(self) -> Path:
        return self.path / ".kvmplan" / "modules"

    def record(self) -> dict[str, dict[str, str]]:
        found = json.loads((self.modules / "modules.json").read_text())["Modules"]
        return {module.pop("Key"): module for module in found}

    def folders(self) -> set[str]:
        return {path.name for path in self.modules.iterdir() if path.is_dir()}


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


@pytest.fixture
def net(tmp_path: Path) -> Repository:
    return Repository.make(
        tmp_path / "net", {"main.kvm.hcl": output_text("net"), "sub/main.kvm.hcl": output_text("sub")}
    )


def which(configuration: Configuration, *path: str) -> str:
    """The text of the module's output."""
    module = configuration.module(path)
    assert module is not None
    return str(getattr(module.outputs["which"].expression, "value", ""))


def test_a_module_is_fetched_and_recorded(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source) + module_text("sub", f"{net.source}//sub") + module_text("own", "./own"))
    root.write(output_text("own"), "own/main.kvm.hcl")
    configuration = root.installed()
    assert [which(configuration, name) for name in ("net", "sub", "own")] == ["net", "sub", "own"]
    commit = net.git("rev-parse", "HEAD")
    assert root.record() == {
        "": {"Source": "", "Dir": "."},
        "net": {"Source": net.source, "Dir": ".kvmplan/modules/net", "Commit": commit},
        "sub": {"Source": f"{net.source}//sub", "Dir": ".kvmplan/modules/sub/sub", "Commit": commit},
        "own": {"Source": "./own", "Dir": "own"},
    }
    assert not list(root.path.rglob(".git"))
    assert root.folders() == {"net", "sub"}


def test_a_configuration_without_modules_leaves_no_trace(root: Root) -> None:
    root.write(output_text("root"))
    assert root.install()[1] == []
    assert [path.name for path in root.path.iterdir()] == ["main.kvm.hcl"]


@pytest.mark.parametrize("depth", ["", "&depth=1"])
def test_refs(root: Root, net: Repository, depth: str) -> None:
    net.git("tag", "--annotate", "--message", "one", "v1")
    net.git("checkout", "--quiet", "-b", "next/a")
    net.commit({"main.kvm.hcl": output_text("next")})
    net.git("checkout", "--quiet", "main")
    net.commit({"main.kvm.hcl": output_text("main")})
    root.write(
        "".join(
            module_text(name, f"{net.source}?ref={ref}{depth}")
            for name, ref in (("tag", "v1"), ("branch", "next/a"), ("main", "main"))
        )
    )
    configuration = root.installed()
    assert [which(configuration, name) for name in ("tag", "branch", "main")] == ["net", "next", "main"]


def test_a_commit(root: Root, net: Repository) -> None:
    first = net.git("rev-parse", "HEAD")
    net.commit({"main.kvm.hcl": output_text("later")})
    root.write(module_text("long", f"{net.source}?ref={first}") + module_text("short", f"{net.source}?ref={first[:9]}"))
    configuration = root.installed()
    assert which(configuration, "long") == which(configuration, "short") == "net"
    assert root.record()["short"]["Commit"] == first


def test_a_tag_wins_over_a_branch(root: Root, net: Repository) -> None:
    net.git("tag", "v1")
    net.git("checkout", "--quiet", "-b", "v1")
    net.commit({"main.kvm.hcl": output_text("branch")})
    root.write(module_text("net", f"{net.source}?ref=v1"))
    assert which(root.installed(), "net") == "net"


def test_one_repository_is_cloned_once(root: Root, net: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    cloned: list[str] = []
    run = git._run

    def counted(arguments: list[str], *rest: object, **more: object) -> object:
        cloned.extend(argument for argument in arguments if argument == "clone")
        return run(arguments, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(git, "_run", counted)
    root.write(module_text("a", net.source) + module_text("b", f"{net.source}//sub") + module_text("c", net.source))
    root.installed()
    assert len(cloned) == 1
    root.installed()
    assert len(cloned) == 1, "what is there is not fetched again"


def test_a_fetched_module_calls_others(root: Root, net: Repository, tmp_path: Path) -> None:
    outer = Repository.make(
        tmp_path / "outer",
        {
            "modules/a/main.kvm.hcl": module_text("sibling", "../b") + module_text("net", net.source),
            "modules/b/main.kvm.hcl": output_text("b"),
        },
    )
    root.write(module_text("outer", f"{outer.source}//modules/a"))
    configuration = root.installed()
    assert which(configuration, "outer", "sibling") == "b"
    assert which(configuration, "outer", "net") == "net"
    assert root.folders() == {"outer", "outer.net"}
    assert root.record()["outer.sibling"]["Dir"] == ".kvmplan/modules/outer/modules/b"


def test_submodules_are_fetched(root: Root, net: Repository, tmp_path: Path) -> None:
    outer = Repository.make(tmp_path / "outer", {"main.kvm.hcl": module_text("net", "./vendor/net")})
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{net.path}", "vendor/net")
    outer.commit()
    root.write(module_text("outer", outer.source))
    assert which(root.installed(), "outer", "net") == "net"
    assert not list(root.path.rglob(".git"))


def test_upgrade_fetches_what_a_branch_is_now(root: Root, net: Repository) -> None:
    root.write(module_text("net", f"{net.source}?ref=main"))
    root.installed()
    commit = net.commit({"main.kvm.hcl": output_text("newer")})
    assert which(root.installed(), "net") == "net"
    _, diagnostics = root.install(upgrade=True)
    assert diagnostics == []
    assert which(root.installed(), "net") == "newer"
    assert root.record()["net"]["Commit"] == commit


def test_a_failed_upgrade_leaves_what_was_there(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source))
    root.installed()
    before = root.record()
    net.path.rename(net.path.with_name("gone"))
    _, diagnostics = root.install(upgrade=True)
    assert [found.summary for found in diagnostics] == ["Cannot fetch module"]
    assert root.record() == before
    assert which(root.installed(), "net") == "net"


def test_what_is_not_installed_or_has_changed(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source))
    (told,) = root.load()
    assert told.startswith("Module not installed: ") and "`kvmplan init`" in told
    root.installed()
    root.write(module_text("net", f"{net.source}//sub"))
    (told,) = root.load()
    assert "`kvmplan init`" in told
    root.write(module_text("net", f"{net.source}?ref=main"))
    (told,) = root.load()
    assert told.startswith("Module source has changed: ") and net.source in told and "`kvmplan init`" in told
    root.installed()


def test_what_is_called_no_more_goes(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source) + module_text("other", net.source))
    root.installed()
    root.write(module_text("net", net.source))
    root.installed()
    assert root.folders() == {"net"}
    assert set(root.record()) == {"", "net"}


def test_a_damaged_record_is_told_and_mended(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source))
    root.installed()
    for damage in ("", "[]", '{"Modules": [1]}', '{"Modules": [{"Key": "a"}]}'):
        (root.modules / "modules.json").write_text(damage)
        (told,) = root.load()
        assert told.startswith("Damaged record of modules") and "Run it again" in told
        root.installed()


def test_errors_are_told_together_and_the_rest_is_installed(root: Root, net: Repository, tmp_path: Path) -> None:
    broken = Repository.make(tmp_path / "broken", {"main.kvm.hcl": "output {\n"})
    root.write(
        module_text("net", net.source)
        + module_text("no_ref", f"{net.source}?ref=v9")
        + module_text("no_directory", f"{net.source}//nowhere")
        + module_text("no_repository", f"git::file://{tmp_path}/nowhere")
        + module_text("again", f"git::file://{tmp_path}/nowhere")
        + module_text("broken", broken.source)
        + module_text("registry", "org/net/libvirt")
    )
    _, diagnostics = root.install()
    told = [(found.summary, found.detail) for found in diagnostics]
    assert [detail for _, detail in told if 'no branch, tag or commit "v9"' in detail]
    assert [detail for _, detail in told if 'no directory "nowhere"' in detail]
    assert len([detail for _, detail in told if "fatal: '" in detail and "does not appear to be a git" in detail]) == 2
    assert [summary for summary, _ in told if summary == "Invalid module source"]
    assert [found for found in diagnostics if found.source and "modules/broken/main" in found.source.filename]
    assert root.folders() == {"net", "broken"}
    assert set(root.record()) == {"", "net", "broken"}


def test_depth_needs_a_name(root: Root, net: Repository) -> None:
    commit = net.git("rev-parse", "HEAD")
    root.write(module_text("net", f"{net.source}?ref={commit}&depth=1"))
    assert "With depth, ref must be a branch or a tag." in root.refused()


def test_an_empty_repository(root: Root, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    Repository(tmp_path / "empty").git("init", "--quiet")
    root.write(module_text("net", f"git::file://{tmp_path}/empty"))
    assert "has no commit yet" in root.refused()


def test_a_local_path_out_of_what_was_fetched(root: Root, tmp_path: Path) -> None:
    outer = Repository.make(tmp_path / "outer", {"a/main.kvm.hcl": module_text("b", "../../own")})
    root.write(output_text("own"), "own/main.kvm.hcl")
    root.write(module_text("outer", f"{outer.source}//a"))
    assert root.refused().startswith("Local module outside of its package: ")


@pytest.mark.parametrize("target", ["/etc", "../../outside", "sub/../../x"])
def test_a_link_out_of_what_was_fetched(root: Root, net: Repository, target: str) -> None:
    (net.path / "link").symlink_to(target)
    net.commit()
    root.write(module_text("net", f"{net.source}//sub"))
    assert root.refused().startswith("Link out of a module's repository: link in ")
    assert root.folders() == set()


def test_a_link_within_what_was_fetched(root: Root, net: Repository) -> None:
    (net.path / "link").symlink_to("sub")
    net.commit()
    root.write(module_text("net", f"{net.source}//link"))
    assert which(root.installed(), "net") == "sub"


def test_a_repository_that_calls_itself(root: Root, tmp_path: Path) -> None:
    path = tmp_path / "self"
    Repository.make(path, {"main.kvm.hcl": module_text("again", f"git::file://{path}")})
    root.write(module_text("self", f"git::file://{path}"))
    assert root.refused().startswith("Module calls itself: module.again ")


def test_a_version_is_for_registries(root: Root, net: Repository) -> None:
    root.write(f'module "net" {{\n  source  = "{net.source}"\n  version = "~> 1"\n}}\n')
    assert root.refused().startswith("Invalid version constraint: ")
    assert "?ref=TAG" in root.load()[0]


def test_hooks_and_templates_of_the_user_do_not_run(
    root: Root, net: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    (tmp_path / "config").write_text(f"[core]\n  hooksPath = {hooks}\n[clone]\n  defaultRemoteName = upstream\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    root.write(module_text("net", f"{net.source}?ref=main"))
    root.installed()
    assert not (tmp_path / "ran").exists()


def test_a_place_that_cannot_be_written_to(root: Root, net: Repository) -> None:
    root.write(module_text("net", net.source))
    (root.path / ".kvmplan").write_text("")
    assert root.refused().startswith(f"Cannot write to {root.modules}: Not a directory.")
    root.write(module_text("own", "./own"))
    root.write(output_text("own"), "own/main.kvm.hcl")
    with pytest.raises(DiagnosticError) as problem:
        root.install()
    assert "Not a directory" in problem.value.diagnostics[0].detail


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for ssh, which writes down its arguments and fails; where it writes."""
    script, log = tmp_path / "ssh", tmp_path / "arguments"
    script.write_text(f'#!/bin/sh\necho "$@" >>{log}\necho "no such host" >&2\nexit 255\n')
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(script))
    return log


def test_ssh_asks_nothing(root: Root, ssh: Path) -> None:
    root.write(module_text("net", "git@git.example:org/net.git?ref=v1"))
    told = root.refused()
    assert "git::ssh://git@git.example/org/net.git?ref=v1" in told and "no such host" in told
    assert "-oBatchMode=yes" in ssh.read_text()
    assert "git@git.example git-upload-pack '/org/net.git'" in ssh.read_text()


def test_a_submodule_cannot_name_files_of_this_machine(root: Root, net: Repository, tmp_path: Path) -> None:
    """The repository comes by https as far as we know, and from a file in truth, as ``insteadOf`` has it."""
    outer = Repository.make(tmp_path / "outer", {"main.kvm.hcl": output_text("outer")})
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{net.path}", "vendor/net")
    outer.commit()
    with pytest.MonkeyPatch.context() as patch:
        (tmp_path / "config").write_text(f'[url "file://{tmp_path}/"]\n  insteadOf = https://git.example/\n')
        patch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        root.write(module_text("outer", "git::https://git.example/outer"))
        assert "transport 'file' not allowed" in root.refused()


def test_a_password_is_told_to_nobody(root: Root, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root.write(module_text("net", "git::https://me:hunt%40er2@127.0.0.1:1/net.git"))
    (found,) = root.install()[1]
    assert "hunt" not in found.detail and "er2" not in found.detail
    assert found.source is not None and found.source.start.line == 1, "the line that is shown has no password in it"
    net = Repository.make(tmp_path / "net.git", {"main.kvm.hcl": output_text("net")})
    config = f'[url "file://{net.path.parent}/"]\n  insteadOf = https://me:hunt%40er2@127.0.0.1:1/\n'
    (tmp_path / "config").write_text(config)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    root.installed()
    kept = [path for path in root.modules.rglob("*") if path.is_file() and "er2" in path.read_text(errors="replace")]
    assert kept == []
    assert not [line for line in root.told if "er2" in line]


def test_git_that_takes_too_long_or_is_not_there(
    root: Root, tmp_path: Path, net: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.write(module_text("net", net.source))
    slow = tmp_path / "bin"
    slow.mkdir()
    (slow / "git").write_text("#!/bin/sh\nsleep 60 &\nwait\n")
    (slow / "git").chmod(0o755)
    monkeypatch.setattr(git, "TIME_LIMIT", 0.5)
    monkeypatch.setattr(git, "_ssh_command", lambda: "ssh")
    with monkeypatch.context() as patch:
        patch.setenv("PATH", f"{slow}:/usr/bin:/bin")
        assert "took longer than 0.5 seconds" in root.refused()
        patch.setenv("PATH", str(tmp_path))
        assert root.refused().startswith("git cannot be run: ")
