"""What is encrypted comes back with its key and its purpose, and with nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.encryption import PLAIN, AesGcm, KeySource, Method, Protection, Unencrypted
from kvmplan.encryption.keys import Key
from kvmplan.encryption.passphrase import Passphrase
from kvmplan_sdk import DiagnosticError


class FixedKey:
    kind = "fixed"

    def __init__(self, material: bytes) -> None:
        self._key = Key(material, {})

    def key(self) -> Key:
        return self._key

    def again(self, _recipe: object) -> Key:
        return self._key


OURS, OTHER = FixedKey(b"1" * 32), FixedKey(b"2" * 32)


def protection(keys: KeySource, fallbacks: Sequence[Method] = ()) -> Protection:
    return Protection(AesGcm(keys), tuple(fallbacks), configured=True)


def passphrase(iterations: int = 200_000) -> Passphrase:
    return Passphrase("a long passphrase", iterations=iterations)


def refusal(reader: Protection, data: bytes, purpose: str = "state") -> str:
    with pytest.raises(DiagnosticError) as refused:
        reader.decrypt(data, purpose, "FILE")
    (problem,) = refused.value.diagnostics
    return problem.summary


@given(st.binary(), st.text(), st.integers())
def test_it_comes_back(data: bytes, purpose: str, serial: int) -> None:
    sealed = protection(OURS).encrypt(data, purpose, {"serial": serial})
    assert protection(OURS).decrypt(sealed, purpose, "FILE") == data
    assert b"\n" not in sealed
    assert json.loads(sealed)["serial"] == serial


@given(st.binary(min_size=4))
def test_nothing_of_it_is_to_be_seen(data: bytes) -> None:
    first, second = (protection(OURS).encrypt(data, "state") for _ in range(2))
    assert json.loads(first)["nonce"] != json.loads(second)["nonce"]
    assert json.loads(first)["data"] != json.loads(second)["data"]


SEALED = protection(OURS).encrypt(b'{"serial": 7}', "state", {"serial": 7, "lineage": "x"})


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_change_to_a_byte_goes_unnoticed(at: int, change: int) -> None:
    damaged = bytes([*SEALED[:at], SEALED[at] ^ change, *SEALED[at + 1 :]])
    try:
        assert protection(OURS).decrypt(damaged, "state", "FILE") == b'{"serial": 7}'
        assert json.loads(damaged) == json.loads(SEALED)
    except DiagnosticError:
        pass


@pytest.mark.parametrize("length", [30, 100, len(SEALED) - 1])
def test_what_is_cut_off_is_damaged(length: int) -> None:
    assert refusal(protection(OURS), SEALED[:length]) == "FILE is damaged"


def test_a_plan_does_not_pass_for_a_state() -> None:
    assert refusal(protection(OURS), SEALED, "plan") == "FILE is damaged"


def test_another_key_is_told_from_damage() -> None:
    assert refusal(protection(OTHER), SEALED) == "Wrong key for FILE"
    assert refusal(protection(passphrase()), SEALED) == "Wrong key for FILE"


def test_without_any_key_it_says_that_one_is_needed() -> None:
    assert refusal(PLAIN, SEALED) == "FILE is encrypted"


def test_what_is_not_encrypted_is_read_only_where_that_was_said() -> None:
    assert refusal(protection(OURS), b"{}") == "FILE is not encrypted"
    assert protection(OURS, [Unencrypted()]).decrypt(b"{}", "state", "FILE") == b"{}"
    assert PLAIN.decrypt(b"{}", "state", "FILE") == b"{}"


def test_a_key_is_changed_by_way_of_a_fallback() -> None:
    rotating = protection(OTHER, [AesGcm(OURS)])
    assert rotating.decrypt(SEALED, "state", "FILE") == b'{"serial": 7}'
    anew = rotating.encrypt(b"new", "state")
    assert protection(OTHER).decrypt(anew, "state", "FILE") == b"new"
    assert refusal(protection(OURS), anew) == "Wrong key for FILE"


def test_encryption_is_left_by_way_of_a_fallback() -> None:
    leaving = Protection(Unencrypted(), (AesGcm(OURS),), configured=True)
    assert leaving.decrypt(SEALED, "state", "FILE") == b'{"serial": 7}'
    assert leaving.encrypt(b"{}", "state") == b"{}"


def test_a_passphrase_has_another_salt_each_time_but_derives_once_where_it_has_read() -> None:
    first, second = passphrase(), passphrase()
    sealed = protection(first).encrypt(b"it", "state")
    assert first.key().recipe["salt"] != passphrase().key().recipe["salt"]
    assert protection(second).decrypt(sealed, "state", "FILE") == b"it"
    assert second.key() == first.key()


def test_settings_of_a_passphrase_may_change() -> None:
    before = Passphrase("a long passphrase", iterations=200_000, hash_function="sha256", key_length=16, salt_length=16)
    sealed = protection(before).encrypt(b"it", "state")
    now = passphrase(200_001)
    assert protection(now).decrypt(sealed, "state", "FILE") == b"it"
    assert now.key().recipe["iterations"] == 200_001
    assert len(now.key().material) == 32


def test_a_recipe_that_nobody_writes_is_damage() -> None:
    sealed = json.loads(protection(passphrase()).encrypt(b"it", "state"))
    for wrong in ({"iterations": 10**12}, {"hash_function": "md5"}, {"salt": 3}, {"key_length": "32"}):
        changed = {**sealed, "key": {**sealed["key"], **wrong}}
        reader = protection(passphrase())
        assert refusal(reader, json.dumps(changed).encode()) == "FILE is damaged"
