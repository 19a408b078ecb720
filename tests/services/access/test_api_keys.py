"""API keys: shown once, kept as a digest, refused alike whatever is wrong with them."""

import pytest
from sqlalchemy import Engine

from paymail import db
from paymail.errors import Denied
from paymail.models import ApiKey
from paymail.services.access import api_keys
from paymail.services.access.api_keys import (
    BadKeyRequest,
    Issued,
    KeyRefused,
    KeyScope,
    NoSuchKey,
    ScopeMissing,
)
from tests.factories import NOW


def issued(engine: Engine, *scopes: str, name: str = "Book keeping") -> Issued:
    with db.transaction(engine) as session:
        return api_keys.issue(session, name=name, scopes=scopes or ("read",), now=NOW)


def check(engine: Engine, presented: str, scope: KeyScope = KeyScope.READ) -> api_keys.Holder:
    with db.reading(engine) as session:
        return api_keys.check(session, presented=presented, scope=scope)


def test_a_key_opens_what_its_scopes_say_and_nothing_else(engine: Engine) -> None:
    key = issued(engine, "write", "read").key
    assert check(engine, key).scopes == {"read", "write"}
    assert check(engine, key, KeyScope.WRITE).name == "Book keeping"
    with pytest.raises(ScopeMissing):
        check(engine, key, KeyScope.BOUNCES)


def test_the_secret_is_not_kept_and_not_shown_by_accident(engine: Engine) -> None:
    made = issued(engine)
    secret = made.key.partition("_")[2].partition("_")[2]
    with db.reading(engine) as session:
        (row,) = session.query(ApiKey)
    kept = " ".join(str(value) for value in vars(row).values())
    assert made.key.startswith(f"pm_{row.prefix}_")
    assert secret not in kept + repr(made)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: "",
        lambda key: "pm_",
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key[:-1] + ("A" if key[-1] != "A" else "B"),
        lambda key: key.replace("pm_", "sk_", 1),
        lambda key: "pm_" + "0" * 12 + key[15:],
        lambda key: key.upper(),
        lambda key: f" {key}",
        lambda key: f"{key}\n",
        lambda key: "\ud800" * 59,
        lambda key: "é" * 59,
        lambda key: "x" * 1_000_000,
    ],
)
def test_a_key_that_is_not_exactly_right_is_refused_alike(engine: Engine, spoil: object) -> None:
    key = issued(engine).key
    with pytest.raises(KeyRefused, match="a valid API key is required") as refused:
        check(engine, spoil(key))  # type: ignore[operator]
    assert key[16:] not in str(refused.value)


def test_a_revoked_key_is_refused_from_then_on_and_keeps_its_first_time(engine: Engine) -> None:
    made, other = issued(engine), issued(engine)
    for _ in range(2):
        with db.transaction(engine) as session:
            assert api_keys.revoke(session, prefix=made.prefix, now=NOW).revoked_at == NOW
    with pytest.raises(KeyRefused):
        check(engine, made.key)
    assert check(engine, other.key).prefix == other.prefix
    with db.reading(engine) as session:
        assert {row.prefix: row.revoked_at for row in api_keys.listed(session)} == {
            made.prefix: NOW,
            other.prefix: None,
        }


def test_a_key_that_nobody_has_cannot_be_revoked(engine: Engine) -> None:
    with db.transaction(engine) as session, pytest.raises(NoSuchKey):
        api_keys.revoke(session, prefix="0" * 12, now=NOW)


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("", ["read"]),
        ("  ", ["read"]),
        ("x" * 81, ["read"]),
        ("a\x00b", ["read"]),
        ("a", []),
        ("a", ["admin"]),
    ],
)
def test_a_key_without_a_name_or_with_unknown_scopes_is_not_made(
    engine: Engine, name: str, scopes: list[str]
) -> None:
    with db.transaction(engine) as session, pytest.raises(BadKeyRequest):
        api_keys.issue(session, name=name, scopes=scopes, now=NOW)


def test_a_refused_key_is_told_apart_from_a_missing_scope() -> None:
    # The web answers 401 to one and 403 to the other.
    assert issubclass(KeyRefused, Denied)
    assert not issubclass(ScopeMissing, KeyRefused)
