"""Keys are found where they are kept, in both spellings; what is none is told, without telling it."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

import pytest

from kvmplan.encryption import AesGcm, KeySource, Protection
from kvmplan.encryption.external import External
from kvmplan.encryption.stored_keys import CommandKey, EnvironmentKey, FileKey
from kvmplan_sdk import DiagnosticError

KEY = bytes(range(32))


def refusal(source: KeySource) -> str:
    with pytest.raises(DiagnosticError) as refused:
        source.key()
    (problem,) = refused.value.diagnostics
    return f"{problem.summary}: {problem.detail}"


@pytest.mark.parametrize("text", [base64.b64encode(KEY).decode(), KEY.hex(), f"{KEY.hex().upper()}\n"])
def test_a_key_is_found(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THE_KEY", text)
    (tmp_path / "key").write_text(text)
    sources = (EnvironmentKey("THE_KEY"), FileKey(tmp_path / "key"), CommandKey(("cat", str(tmp_path / "key"))))
    assert [source.key().material for source in sources] == [KEY] * 3
    assert [source.kind for source in sources] == ["env", "file", "command"]


def test_what_is_no_key_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("hunter2hunter2", "Ünlesbar", base64.b64encode(KEY[:20]).decode()):
        monkeypatch.setenv("THE_KEY", text)
        said = refusal(EnvironmentKey("THE_KEY"))
        assert said.startswith("Not an encryption key: The environment variable THE_KEY must be 32 random bytes")
        assert text not in said


def test_a_key_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("THE_KEY", raising=False)
    assert refusal(EnvironmentKey("THE_KEY")).startswith("No encryption key: The environment variable THE_KEY is not")
    assert "No such file or directory" in refusal(FileKey(tmp_path / "key"))
    assert refusal(CommandKey(("no-such-program",))).endswith(
        "`no-such-program` cannot be run: No such file or directory."
    )
    assert refusal(CommandKey(("false",))) == "No encryption key: `false` ended with 1, without a key."


PROGRAM = """
import base64, json, sys
print(json.dumps({"magic": "OpenTofu-External-Key-Provider", "version": 1}), flush=True)
asked = json.load(sys.stdin)
number = 2 if asked is None else asked["external_data"]["number"]
key = base64.b64encode(bytes([number]) * 32).decode()
keys = {"encryption_key": key} if asked is None else {"encryption_key": key, "decryption_key": key}
print(json.dumps({"keys": keys, "meta": {"external_data": {"number": number}}}))
"""


def test_a_program_that_speaks_opentofus_protocol(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    command = (sys.executable, str(program))
    sealed = Protection(AesGcm(External(command))).encrypt(b"it", "state")
    assert json.loads(sealed)["key"]["external_data"] == {"number": 2}
    program.write_text(PROGRAM.replace("number = 2", "number = 3"))
    reader = Protection(AesGcm(External(command)))
    assert reader.decrypt(sealed, "state", "FILE") == b"it"
    assert json.loads(reader.encrypt(b"it", "state"))["key"]["external_data"] == {"number": 3}


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("hello", "does not answer as the protocol has it"),
        ('{"magic": "other", "version": 1}\n{"keys": {}}', "does not begin with the line"),
        ('{"magic": "OpenTofu-External-Key-Provider", "version": 1}\n{"keys": {}}', 'gives no "encryption_key"'),
        (
            '{"magic": "OpenTofu-External-Key-Provider", "version": 1}\n{"keys": {"encryption_key": "AAAA"}}',
            'gives a "encryption_key" of 3 bytes',
        ),
    ],
)
def test_a_program_that_does_not(printed: str, said: str) -> None:
    assert said in refusal(External((sys.executable, "-c", f"print('''{printed}''')")))
