"""The backend ``s3``: states as objects in a bucket of Amazon's S3, or of whatever speaks its protocol.

Every write is conditional on what was read, and the lock is an object that is written only where there is none: no
table beside it. The server must know ``If-Match`` and ``If-None-Match``; one that takes no notice of them is refused.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kvmplan_sdk import hookimpl
from kvmplan_sdk.backend import (
    DEFAULT_WORKSPACE,
    Backend,
    ChangedError,
    HeldError,
    LockInfo,
    Storage,
    Stored,
)
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.schema import BOOL, NUMBER, STRING, Attribute, ObjectSchema
from kvmplan_sdk.values import Object

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CONFLICT = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "409", "412"})
_MISSING = frozenset({"NoSuchKey", "404", "NotFound"})


class S3Storage(Storage):
    """``key``: of the default workspace's state; ``prefix``: of the others', before workspace and key; ``extra``: what
    every written object has; ``locks``: whether there are any.
    """

    def __init__(
        self, client: S3Client, bucket: str, key: str, prefix: str, *, extra: Mapping[str, str], locks: bool
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._default = key
        self._prefix = prefix
        self._extra = dict(extra)
        self._locks = locks
        self._is_conditional = False
        self.tells_holder = locks

    def place(self, workspace: str) -> str:
        return f"s3://{self._bucket}/{self._key(workspace)}"

    def earlier(self, workspace: str) -> str:
        return "Where the bucket keeps versions, the object before the last change is one of them."

    def read(self, workspace: str) -> Stored | None:
        return self._get(self._key(workspace))

    def write(self, workspace: str, data: bytes, over: Stored | None) -> str:
        self._try_conditions()
        condition = {"IfNoneMatch": "*"} if over is None else {"IfMatch": over.version}
        etag = self._put(self._key(workspace), data, condition)
        return etag if etag is not None else self._ours_after_all(workspace, data)

    def delete(self, workspace: str) -> None:
        self._delete(self._key(workspace))

    def workspaces(self) -> Sequence[str]:
        found = [DEFAULT_WORKSPACE] if self.read(DEFAULT_WORKSPACE) is not None else []
        start, end = f"{self._prefix}/", f"/{self._default}"
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=start):
                for item in page.get("Contents", ()):
                    key = item.get("Key", "")
                    name = key.removeprefix(start).removesuffix(end)
                    if f"{start}{name}{end}" == key and "/" not in name:
                        found.append(name)
        except self._errors() as problem:
            raise _failed("list", self.place(DEFAULT_WORKSPACE), problem) from problem
        return found

    def lock(self, workspace: str, info: LockInfo) -> None:
        if not self._locks:
            return
        key, data = self._lock_key(workspace), info.to_json()
        if self._put(key, data, {"IfNoneMatch": "*"}) is None:
            holder = self.holder(workspace)
            if holder != info:  # else an answer got lost, and the client asked again
                raise HeldError(holder)
        try:
            self._check_conditions(key, data)
        except DiagnosticError:
            self._delete(key)
            raise

    def unlock(self, workspace: str, id: str) -> None:  # noqa: A002
        if not self._locks:
            return
        holder = self.holder(workspace)
        if holder is None or holder.id != id:
            raise HeldError(holder)
        self._delete(self._lock_key(workspace))

    def holder(self, workspace: str) -> LockInfo | None:
        found = self._get(self._lock_key(workspace)) if self._locks else None
        return None if found is None else LockInfo.from_json(found.data) or LockInfo(id="")

    def close(self) -> None:
        self._client.close()

    def _ours_after_all(self, workspace: str, data: bytes) -> str:
        """The version of what is there, if it is ``data``: an answer got lost, and the client asked again."""
        found = self.read(workspace)
        if found is None or found.data != data:
            raise ChangedError
        return found.version

    def _key(self, workspace: str) -> str:
        return self._default if workspace == DEFAULT_WORKSPACE else f"{self._prefix}/{workspace}/{self._default}"

    def _lock_key(self, workspace: str) -> str:
        return f"{self._key(workspace)}.lock"

    def _get(self, key: str) -> Stored | None:
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
            return Stored(found["Body"].read(), found["ETag"])
        except self._errors() as problem:
            if _code(problem) in _MISSING:
                return None
            raise _failed("read", f"s3://{self._bucket}/{key}", problem) from problem

    def _put(self, key: str, data: bytes, condition: Mapping[str, str]) -> str | None:
        """The new object's tag, None where the condition does not hold."""
        sent: Any = {**self._extra, **condition}
        try:
            return self._client.put_object(
                Bucket=self._bucket, Key=key, Body=data, ContentType="application/json", **sent
            )["ETag"]
        except self._errors() as problem:
            if _code(problem) in _CONFLICT or ("IfMatch" in condition and _code(problem) in _MISSING):
                return None
            raise _failed("write", f"s3://{self._bucket}/{key}", problem) from problem

    def _delete(self, key: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        except self._errors() as problem:
            raise _failed("delete", f"s3://{self._bucket}/{key}", problem) from problem

    def _try_conditions(self) -> None:
        """With an object of its own, where there is no lock to try it with. Raises as `_check_conditions` does."""
        if self._is_conditional:
            return
        key, data = f"{self._default}.probe-{uuid.uuid4()}", b"1"
        self._put(key, data, {"IfNoneMatch": "*"})
        try:
            self._check_conditions(key, data)
        finally:
            self._delete(key)

    def _check_conditions(self, key: str, data: bytes) -> None:
        """``key`` and ``data``: of an object that is there. Raises `DiagnosticError` where the server takes no notice
        of conditions: then nothing protects the state.
        """
        conditions = ({"IfNoneMatch": "*"}, {"IfMatch": '"0123456789abcdef0123456789abcdef"'})
        if not self._is_conditional and any(self._put(key, data, one) is not None for one in conditions):
            raise DiagnosticError(
                error(
                    "The server knows no conditional writes",
                    "It wrote an object over another though it was told not to (If-None-Match, If-Match), so two runs "
                    f"at once could destroy the state in {self._bucket}. Upgrade the server, or take another backend.",
                )
            )
        self._is_conditional = True

    @staticmethod
    def _errors() -> tuple[type[Exception], ...]:
        from botocore.exceptions import BotoCoreError, ClientError

        return (BotoCoreError, ClientError)


def _code(problem: Exception) -> str:
    response = getattr(problem, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


_ADVICE = {
    "NoSuchBucket": "Make the bucket first: kvmplan makes none.",
    "AccessDenied": "The credentials may not do that: reading, writing and deleting objects, and listing the bucket.",
    "InvalidAccessKeyId": "The server does not know these credentials.",
    "SignatureDoesNotMatch": "The secret key is another one.",
    "NoCredentialsError": "Give them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or in a profile.",
}


def _failed(what: str, place: str, problem: Exception) -> DiagnosticError:
    advice = _ADVICE.get(_code(problem) or type(problem).__name__, "Check endpoint, region and credentials.")
    return DiagnosticError(error(f"Cannot {what} {place}", f"{str(problem).rstrip('.')}. {advice}"))


class S3Backend(Backend):
    name = "s3"
    schema = ObjectSchema(
        doc="A bucket of Amazon S3, or of a server that speaks its protocol and knows conditional writes.",
        attributes={
            "bucket": Attribute(type=STRING, required=True, doc="The bucket, which must be there."),
            "key": Attribute(type=STRING, required=True, doc="The object of the default workspace's state."),
            "workspace_key_prefix": Attribute(
                type=STRING, default="env:", doc="Before NAME/KEY in the keys of other workspaces."
            ),
            "region": Attribute(type=STRING, doc="The region; that of the environment or profile otherwise."),
            "endpoint": Attribute(type=STRING, doc="The server's address, where it is not Amazon's."),
            "use_path_style": Attribute(
                type=BOOL, default=False, doc="The bucket is in the path of addresses, not in the server's name."
            ),
            "access_key": Attribute(type=STRING, doc="Credentials; better left to the environment or a profile."),
            "secret_key": Attribute(type=STRING, sensitive=True, doc="Its secret."),
            "token": Attribute(type=STRING, sensitive=True, doc="The token of temporary credentials."),
            "profile": Attribute(type=STRING, doc="The profile in AWS's shared files to use."),
            "encrypt": Attribute(type=BOOL, default=False, doc="Have the server encrypt objects (AES256)."),
            "kms_key_id": Attribute(type=STRING, doc="Have it do so with this key of AWS KMS."),
            "acl": Attribute(type=STRING, doc="A canned ACL of the objects, such as bucket-owner-full-control."),
            "custom_ca_bundle": Attribute(type=STRING, doc="A file of certificates that are trusted, in PEM."),
            "insecure": Attribute(type=BOOL, default=False, doc="Trust whatever certificate it has: for tests only."),
            "max_retries": Attribute(type=NUMBER, default=5, doc="How often to ask at most."),
            "use_lockfile": Attribute(type=BOOL, default=True, doc="Lock, with an object beside the state, KEY.lock."),
        },
    )
    environment = {  # noqa: RUF012 - never changed
        name: (f"KVMPLAN_S3_{name.upper()}",) for name in ("bucket", "key", "region", "endpoint", "profile")
    }

    def open(self, configuration: Object, directory: str) -> S3Storage:
        given = {name: value for name, value in configuration.items() if value is not None}
        extra = {"ACL": str(given["acl"])} if "acl" in given else {}
        if "kms_key_id" in given:
            extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": str(given["kms_key_id"])}
        elif given["encrypt"]:
            extra["ServerSideEncryption"] = "AES256"
        return S3Storage(
            _client(given),
            str(given["bucket"]),
            str(given["key"]).strip("/"),
            str(given["workspace_key_prefix"]).strip("/"),
            extra=extra,
            locks=bool(given["use_lockfile"]),
        )


def _client(given: Mapping[str, Any]) -> S3Client:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as problem:
        raise DiagnosticError(
            error(
                "The driver for S3 is not installed",
                f"The backend \"s3\" needs boto3 ({problem}). Install it beside kvmplan: pip install 'kvmplan[s3]'",
            )
        ) from problem
    settings = Config(
        retries={"max_attempts": int(given["max_retries"]), "mode": "standard"},
        s3={"addressing_style": "path" if given["use_path_style"] else "auto"},
        request_checksum_calculation="when_required",  # servers that are not Amazon's know no others
        response_checksum_validation="when_required",
    )
    try:
        session = boto3.Session(
            aws_access_key_id=given.get("access_key"),
            aws_secret_access_key=given.get("secret_key"),
            aws_session_token=given.get("token"),
            region_name=given.get("region"),
            profile_name=given.get("profile"),
        )
        return session.client(
            "s3",
            endpoint_url=given.get("endpoint"),
            verify=False if given["insecure"] else given.get("custom_ca_bundle"),
            region_name=session.region_name or ("us-east-1" if "endpoint" in given else None),
            config=settings,
        )
    except (BotoCoreError, ValueError) as problem:
        raise DiagnosticError(error("The S3 client cannot be set up", f"{problem}")) from problem


@hookimpl
def kvmplan_backend() -> Backend:
    return S3Backend()
