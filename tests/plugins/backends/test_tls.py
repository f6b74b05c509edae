"""The backend ``http`` over TLS: whom it trusts, and how it shows who we are."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from kvmplan_sdk import DiagnosticError

from . import servers
from .conftest import Kind, http_values
from .servers import GitLab


@dataclass(frozen=True)
class Signed:
    """A certificate and its key, in PEM."""

    certificate: str
    key: str


def signed(name: str) -> Signed:
    """One that signs itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Signed(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    )


SERVER, CLIENT = signed("server"), signed("client")


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GitLab]:
    """It has a certificate of its own, and wants ours."""
    for name, text in (("certificate", SERVER.certificate), ("key", SERVER.key), ("clients", CLIENT.certificate)):
        (tmp_path / name).write_text(text)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "clients")
    context.load_cert_chain(tmp_path / "certificate", tmp_path / "key")
    context.verify_mode = ssl.CERT_REQUIRED
    with servers.gitlab(context) as found:
        yield found


OURS = {"client_certificate_pem": CLIENT.certificate, "client_private_key_pem": CLIENT.key}
TRUSTED = {"client_ca_certificate_pem": SERVER.certificate}


def made(gitlab: GitLab, **more: object) -> Kind:
    return Kind("http", {**http_values(gitlab), "retry_max": 0, **more}, Path())  # type: ignore[dict-item]


def test_both_show_who_they_are(guarded: GitLab) -> None:
    storage = made(guarded, **OURS, **TRUSTED).open()
    storage.write("default", b"1", None)
    found = storage.read("default")
    assert found is not None and found.data == b"1"
    assert made(guarded, **OURS, skip_cert_verification=True).open().read("default") is None


def test_a_server_that_nobody_vouches_for_is_not_asked(guarded: GitLab) -> None:
    with pytest.raises(DiagnosticError) as refused:
        made(guarded, **OURS, retry_max=50, retry_wait_min=10).open().read("default")
    assert "certificate" in refused.value.diagnostics[0].detail
    assert guarded.asked == []


def test_a_server_that_wants_a_certificate_gets_none(guarded: GitLab) -> None:
    with pytest.raises(DiagnosticError):
        made(guarded, **TRUSTED).open().read("default")
    assert guarded.asked == []


def test_what_is_no_certificate(guarded: GitLab) -> None:
    for wrong in ({"client_ca_certificate_pem": "x"}, {**OURS, "client_private_key_pem": "x"}):
        with pytest.raises(DiagnosticError) as refused:
            made(guarded, **wrong).open()
        assert refused.value.diagnostics[0].summary == "Certificate or key cannot be read"
