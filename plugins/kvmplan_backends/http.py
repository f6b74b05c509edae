"""The backend ``http``: Terraform's protocol for states, as GitLab and others serve it.

GET reads, POST (or ``update_method``) writes, DELETE removes; LOCK and UNLOCK carry the holder's information as JSON,
and a lock that is held is answered by 423 or 409 with that of its holder. A write names the lock as ``?ID=``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from kvmplan_backends.http_client import Answer, Client, Credentials
from kvmplan_sdk import hookimpl
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, Backend, ChangedError, HeldError, LockInfo, Storage, Stored
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.schema import BOOL, NUMBER, STRING, Attribute, ObjectSchema
from kvmplan_sdk.types import MapType
from kvmplan_sdk.values import Object, Value

_HELD = frozenset({409, 423})
_MISSING = frozenset({204, 404})


class HttpStorage(Storage):
    """``lock`` and ``unlock``: method and address; None where there are no locks."""

    def __init__(
        self,
        client: Client,
        address: str,
        *,
        update_method: str,
        lock: tuple[str, str] | None,
        unlock: tuple[str, str] | None,
    ) -> None:
        self._client = client
        self._address = address
        self._update_method = update_method
        self._lock = lock
        self._unlock = unlock
        self._held: LockInfo | None = None
        self.tells_holder = lock is not None and unlock is not None

    def place(self, workspace: str) -> str:
        return without_secrets(self._address)

    def earlier(self, workspace: str) -> str:
        return "Look whether the server keeps earlier versions, as GitLab does."

    def read(self, workspace: str) -> Stored | None:
        answer = self._client.ask("GET", self._address)
        if answer.status in _MISSING or (answer.status == 200 and not answer.body):
            return None
        if answer.status != 200:
            raise _refused("read", answer)
        return Stored(answer.body, _version(answer.body))

    def write(self, workspace: str, data: bytes, over: Stored | None) -> str:
        # The protocol has no conditional write. The lock is what keeps others out; this finds those without one.
        there = self.read(workspace)
        if (there.version if there else "") != (over.version if over else ""):
            raise ChangedError
        headers = {
            "Content-Type": "application/json",
            "Content-MD5": base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode(),
        }
        answer = self._client.ask(self._update_method, self._with_lock(), data, headers)
        if answer.status in _HELD:
            raise _lost(answer)
        if answer.status not in (200, 201, 204):
            raise _refused("write", answer)
        return _version(data)

    def delete(self, workspace: str) -> None:
        answer = self._client.ask("DELETE", self._with_lock())
        if answer.status not in (200, 202, 204, 404):
            raise _refused("delete", answer)

    def workspaces(self) -> Sequence[str]:
        return () if self.read(DEFAULT_WORKSPACE) is None else (DEFAULT_WORKSPACE,)

    def lock(self, workspace: str, info: LockInfo) -> None:
        if self._lock is None:
            return
        method, address = self._lock
        answer = self._client.ask(method, address, info.to_json(), {"Content-Type": "application/json"})
        if answer.status in _HELD:
            holder = _holder(answer, info)
            if holder is None or holder.id != info.id:  # else an answer got lost, and we asked again
                raise HeldError(holder)
        elif answer.status not in (200, 201, 204):
            raise _refused("lock", answer)
        self._held = info

    def unlock(self, workspace: str, id: str) -> None:  # noqa: A002
        if self._unlock is None:
            return
        method, address = self._unlock
        ours = self._held if self._held is not None and self._held.id == id else LockInfo(id=id)
        answer = self._client.ask(method, address, ours.to_json(), {"Content-Type": "application/json"})
        if answer.status in _HELD:
            self._held = None
            holder = LockInfo.from_json(answer.body) or self.holder(workspace)
            if holder is not None:  # else nobody has it: an answer got lost, and we asked again
                raise HeldError(holder)
        elif answer.status not in (200, 204):
            raise _refused("unlock", answer)
        self._held = None

    def holder(self, workspace: str) -> LockInfo | None:
        """The protocol has no question for it, so this tries to lock."""
        if self._lock is None or self._unlock is None or self._held is not None:
            return self._held
        asking = LockInfo(id="kvmplan-asks-who-holds-it", operation="force-unlock")
        try:
            self.lock(workspace, asking)
        except HeldError as problem:
            return problem.holder or LockInfo(id="")
        self.unlock(workspace, asking.id)
        return None

    def _with_lock(self) -> str:
        if self._held is None:
            return self._address
        parts = urlsplit(self._address)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), ("ID", self._held.id)])
        return urlunsplit(parts._replace(query=query))


def without_secrets(address: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _holder(answer: Answer, asked: LockInfo) -> LockInfo | None:
    """Who holds the lock. GitLab knows its ID, who and since when, and gives back the rest as it was asked."""
    found = LockInfo.from_json(answer.body)
    if found is not None and (found.operation, found.info) == (asked.operation, asked.info):
        return replace(found, operation="", info="")
    return found


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


_ADVICE = {
    401: "It wants another username or password.",
    403: "Whoever the username and password are for may not do that.",
    404: "Nothing is at that address.",
    405: "It does not know this method: see update_method, lock_method and unlock_method.",
}


def _refused(what: str, answer: Answer) -> DiagnosticError:
    said = answer.body.decode(errors="replace").strip()[:300]
    return DiagnosticError(
        error(
            f"Cannot {what} the state",
            f"{without_secrets(answer.address)} answered {answer.status} {answer.reason}. "
            f"{_ADVICE.get(answer.status, 'Look at the log of the server.')}{f' It says: {said}' if said else ''}",
        )
    )


def _lost(answer: Answer) -> DiagnosticError:
    holder = LockInfo.from_json(answer.body)
    who = f" Now {holder.who} holds it, since {holder.created}." if holder else ""
    return DiagnosticError(
        error(
            "The server refuses the write",
            f"{without_secrets(answer.address)} answered {answer.status} {answer.reason}: the lock of this run is not "
            f"there any more.{who} Plan again.",
        )
    )


class HttpBackend(Backend):
    name = "http"
    workspaces = False
    schema = ObjectSchema(
        doc="A web server that keeps one state, such as GitLab's managed state.",
        attributes={
            "address": Attribute(type=STRING, required=True, doc="Where the state is: read by GET."),
            "update_method": Attribute(type=STRING, default="POST", doc="The method that writes it."),
            "lock_address": Attribute(type=STRING, doc="Where it is locked; left out, nothing is locked."),
            "lock_method": Attribute(type=STRING, default="LOCK", doc="The method that locks it."),
            "unlock_address": Attribute(type=STRING, doc="Where it is unlocked; left out, nothing is locked."),
            "unlock_method": Attribute(type=STRING, default="UNLOCK", doc="The method that unlocks it."),
            "username": Attribute(type=STRING, doc="For HTTP basic authentication."),
            "password": Attribute(type=STRING, sensitive=True, doc="For HTTP basic authentication."),
            "headers": Attribute(type=MapType(STRING), sensitive=True, doc="More header fields of every request."),
            "skip_cert_verification": Attribute(
                type=BOOL, default=False, doc="Trust whatever certificate the server has: for tests only."
            ),
            "client_ca_certificate_pem": Attribute(
                type=STRING, doc="The certificate, in PEM, of who signed the server's; else the system's are trusted."
            ),
            "client_certificate_pem": Attribute(type=STRING, doc="Our certificate, in PEM, where the server asks."),
            "client_private_key_pem": Attribute(type=STRING, sensitive=True, doc="Its key, in PEM."),
            "retry_max": Attribute(type=NUMBER, default=2, doc="How often to ask again when no answer can be had."),
            "retry_wait_min": Attribute(
                type=NUMBER, default=1, doc="Seconds before the first time, doubled each time."
            ),
            "retry_wait_max": Attribute(type=NUMBER, default=30, doc="Seconds at most."),
        },
    )
    environment = {  # noqa: RUF012 - never changed
        name: (f"KVMPLAN_HTTP_{name.upper()}",) for name, one in schema.attributes.items() if name != "headers"
    }

    def open(self, configuration: Object, directory: str) -> HttpStorage:
        _check(configuration)
        text = {name: str(value) for name, value in configuration.items() if value is not None}
        headers = configuration["headers"]
        client = Client(
            Credentials(
                username=text.get("username", ""),
                password=text.get("password", ""),
                ca=text.get("client_ca_certificate_pem", ""),
                certificate=text.get("client_certificate_pem", ""),
                key=text.get("client_private_key_pem", ""),
                verify=not configuration["skip_cert_verification"],
            ),
            headers={name: str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
            tries=1 + int(text["retry_max"]),
            pause=(float(text["retry_wait_min"]), float(text["retry_wait_max"])),
        )
        locks = "lock_address" in text and "unlock_address" in text
        return HttpStorage(
            client,
            text["address"],
            update_method=text["update_method"],
            lock=(text["lock_method"], text["lock_address"]) if locks else None,
            unlock=(text["unlock_method"], text["unlock_address"]) if locks else None,
        )


def _check(configuration: Object) -> None:
    wrong = [
        error("Invalid address", f'"{name}" must be a whole address: https://server/path.')
        for name in ("address", "lock_address", "unlock_address")
        if (value := configuration[name]) is not None and not _is_address(value)
    ]
    if (configuration["client_certificate_pem"] is None) != (configuration["client_private_key_pem"] is None):
        wrong.append(
            error("Half a client certificate", "client_certificate_pem and client_private_key_pem go together.")
        )
    if (configuration["lock_address"] is None) != (configuration["unlock_address"] is None):
        wrong.append(error("Half a lock", "lock_address and unlock_address go together."))
    if wrong:
        raise DiagnosticError(*wrong)


def _is_address(value: Value) -> bool:
    parts = urlsplit(str(value))
    return parts.scheme in ("http", "https") and bool(parts.netloc)


@hookimpl
def kvmplan_backend() -> Backend:
    return HttpBackend()
