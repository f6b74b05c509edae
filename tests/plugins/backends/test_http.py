"""What only the backend ``http`` does: its protocol, its retries, what it says of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kvmplan.state.locking import our_information, who_holds
from kvmplan_backends.http import without_secrets
from kvmplan_sdk import DiagnosticError
from kvmplan_sdk.backend import HeldError

from .conftest import Kind, http_values
from .servers import GitLab


def made(gitlab: GitLab, **more: Any) -> Kind:
    return Kind("http", {**http_values(gitlab), **more}, Path())


AS_GITLAB = {"lock_method": "POST", "unlock_method": "DELETE"}


def test_the_requests_are_those_that_gitlab_documents(gitlab: GitLab) -> None:
    kind = made(gitlab, **AS_GITLAB)
    storage = kind.open()
    info = our_information("apply", "")
    storage.lock("default", info)
    storage.write("default", b"{}", None)
    storage.unlock("default", info.id)
    storage.delete("default")
    path = str(kind.values["address"]).removeprefix(gitlab.address.removesuffix("/api/v4/projects/1/terraform/state/"))
    assert gitlab.asked == [
        f"POST {path}/lock",
        f"GET {path}",
        f"POST {path}?ID={info.id}",
        f"DELETE {path}/lock",
        f"DELETE {path}",
    ]


def test_of_what_gitlab_tells_of_a_holder_only_what_it_knows_counts(gitlab: GitLab) -> None:
    kind = made(gitlab, **AS_GITLAB)
    info = our_information("apply", "there")
    kind.open().lock("default", info)
    with pytest.raises(HeldError) as refused:
        kind.open().lock("default", our_information("plan", "here"))
    holder = refused.value.holder
    assert holder is not None
    assert (holder.id, holder.who, holder.created) == (info.id, info.who, info.created)
    assert who_holds(holder) == f"{info.who}, since {info.created}"
    found = kind.open().holder("default")
    assert found is not None and found.id == info.id
    kind.open().unlock("default", info.id)
    assert kind.open().holder("default") is None


@pytest.mark.parametrize("fault", [503, 429, "drop"])
def test_what_gets_no_answer_is_asked_again(gitlab: GitLab, fault: int | str) -> None:
    storage = made(gitlab).open()
    gitlab.faults += [("POST", fault), ("POST", fault)]
    storage.write("default", b"1", None)
    found = storage.read("default")
    assert found is not None and found.data == b"1"


@pytest.mark.parametrize(
    ("status", "says"),
    [(500, "Look at the log of the server. It says: out of order"), (403, "may not do that"), (404, "Nothing is at")],
)
def test_a_refusal_says_what_the_server_says(gitlab: GitLab, status: int, says: str) -> None:
    storage = made(gitlab, retry_max=0).open()
    gitlab.faults.append(("POST", status))
    with pytest.raises(DiagnosticError) as refused:
        storage.write("default", b"1", None)
    (problem,) = refused.value.diagnostics
    assert problem.summary == "Cannot write the state"
    assert f"answered {status} " in problem.detail and says in problem.detail


def test_a_wrong_password(gitlab: GitLab) -> None:
    with pytest.raises(DiagnosticError) as refused:
        made(gitlab, password="wrong").open().read("default")
    assert "It wants another username or password." in refused.value.diagnostics[0].detail


def test_a_server_that_is_not_there() -> None:
    gitlab = GitLab(address="http://127.0.0.1:1/")
    with pytest.raises(DiagnosticError) as refused:
        made(gitlab, retry_max=1).open().read("default")
    assert refused.value.diagnostics[0].detail.startswith("127.0.0.1:1: ")


def test_settings_that_make_no_sense(gitlab: GitLab) -> None:
    with pytest.raises(DiagnosticError) as refused:
        made(gitlab, address="server/x", unlock_address=None, client_certificate_pem="x").open()
    assert [problem.summary for problem in refused.value.diagnostics] == [
        "Invalid address",
        "Half a client certificate",
        "Half a lock",
    ]


def test_no_secret_of_an_address_is_shown() -> None:
    assert without_secrets("https://user:token@server:8443/a?private_token=x") == "https://server:8443/a"


@pytest.mark.parametrize(("lock", "unlock"), [("POST", "DELETE"), ("LOCK", "UNLOCK")])
def test_a_lock_whose_answer_got_lost_is_ours(gitlab: GitLab, lock: str, unlock: str) -> None:
    storage = made(gitlab, lock_method=lock, unlock_method=unlock).open()
    gitlab.faults.append((lock, "drop late"))
    info = our_information("apply", "")
    storage.lock("default", info)
    storage.write("default", b"1", None)
    gitlab.faults.append((unlock, "drop late"))
    storage.unlock("default", info.id)
    assert gitlab.locks == {}
