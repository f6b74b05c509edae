"""Secrets are found wherever they stand, and nothing else is."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.review.redaction import HIDDEN, NOTHING, Redaction
from kvmplan_sdk.diagnostics import Position, SourceRange, error
from kvmplan_sdk.types import STRING, SetType
from kvmplan_sdk.values import UNKNOWN, Typed, Value

from ..strategies import partly_unknown, values

long = st.text(min_size=8).filter(lambda text: len(text.strip()) >= 8 and not text.strip().isdecimal())


@given(st.lists(long, min_size=1), st.text(), st.text(), st.data())
def test_a_long_one_is_found_anywhere(secrets: list[str], before: str, behind: str, data: st.DataObject) -> None:
    secret = data.draw(st.sampled_from(secrets)).strip()
    redaction = Redaction(secrets)
    assert secret not in redaction.text(f"{before}{secret}{behind}")
    masked = redaction.masked(f"{before}{secret}{behind}")
    assert secret not in masked or set(secret) == {"*"}
    assert len(masked.encode(errors="surrogatepass")) == len(f"{before}{secret}{behind}".encode(errors="surrogatepass"))


@given(st.text(), st.lists(st.text()))
def test_what_has_none_stays_as_it_is(text: str, secrets: list[str]) -> None:
    redaction = Redaction(secrets)
    if not any(secret.strip() and secret.strip() in text for secret in secrets):
        assert redaction.text(text) == text
        assert not redaction.hides(text)
    assert NOTHING.text(text) == text


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("s3cret", "password s3cret, or 's3cret'", f"password {HIDDEN}, or '{HIDDEN}'"),
        ("lan0", "vlan0 and lan0.5 and lan01", f"vlan0 and {HIDDEN}.5 and lan01"),
        ("correct horse", "wholecorrect horsebattery", f"whole{HIDDEN}battery"),
        ("abc", "abc", "abc"),
        ("", "", ""),
        ("   \n", "   \n", "   \n"),
        ("true", "true", "true"),
        ("NULL", "NULL", "NULL"),
        ("12345", "12345", "12345"),
        ("123456", "is 123456.", f"is {HIDDEN}."),
        ("a.*[b]^-", "a.*[b]^- and axxb", f"{HIDDEN} and axxb"),
        ('say "it" now', json.dumps({"key": 'say "it" now'}), f'{{"key": "{HIDDEN}"}}'),
        ("secret-key\n", "secret-key", HIDDEN),
        ("Schlüssel", '"Schl\\u00fcssel"', f'"{HIDDEN}"'),
    ],
)
def test_how_it_must_stand(secret: str, text: str, shown: str) -> None:
    assert Redaction([secret]).text(text) == shown


def test_the_longest_counts() -> None:
    redaction = Redaction(["password", "password-of-root"])
    assert redaction.text("password-of-root password") == f"{HIDDEN} {HIDDEN}"


@given(values(partly_unknown))
def test_paths_lead_to_what_has_one(value: Value) -> None:
    holding = {"other": [value, {"inner": "of s3cret-s3cret!"}], "safe": value}
    assert list(Redaction(["s3cret-s3cret"]).paths(holding)) == [("other", 1, "inner")]


def test_numbers_keys_and_sets() -> None:
    redaction = Redaction(["123456789", "s3cret-key"])
    value: Value = {
        "number": 123456789,
        "fraction": Decimal("1.5"),
        "unknown": UNKNOWN,
        "flag": True,
        "map": {"s3cret-key": 1},
        "set": Typed(["a", "s3cret-key"], SetType(STRING)),
        "list": ["a", "s3cret-key"],
    }
    assert set(redaction.paths(value)) == {("number",), ("map",), ("set",), ("list", 1)}


def test_diagnostics_say_the_rest() -> None:
    at = SourceRange("f", Position(1, 1, 0), Position(1, 2, 1))
    (told,) = Redaction(["s3cret-key"]).diagnostics([error("No s3cret-key", "s3cret-key is wrong.", source=at)])
    assert (told.summary, told.detail, told.source) == (f"No {HIDDEN}", f"{HIDDEN} is wrong.", at)


def test_many_secrets_that_begin_alike() -> None:
    redaction = Redaction(f"secret-{number:06}" for number in range(20_000))
    text = " ".join(f"secret-{number:06}" for number in range(0, 40_000, 4))
    assert redaction.text(text).count(HIDDEN) == 5_000


def test_more_secrets_are_added_as_they_are() -> None:
    once = Redaction(['a "quoted" one', "another one"])
    grown = NOTHING
    for _ in range(50):
        grown = grown.with_more(['a "quoted" one', "true"]).with_more(["another one"])
    assert grown._secrets == once._secrets
