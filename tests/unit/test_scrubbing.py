"""Nothing that opens a door reaches a log, whoever logs it."""

import io
import json
import logging
import sys

import pytest

from paymail import observability
from paymail.observability import scrub

SECRETS = [
    "ab" * 32,
    "AB" * 32,
    "pi_3Abc_secret_dEf",
    "sk_live_51Habc",
    "sk_test_sandbox",
    "rk_live_x1",
    "whsec_abc123",
    "v1=" + "5" * 64,
    "pm_0123456789ab_" + "Zk-_9" * 8,
    "pm_0123456789ab_cut",
    "4242 4242 4242 4242",
    "4242424242424242",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_are_hidden(secret: str) -> None:
    assert secret not in scrub(f"GET /pay/{secret} failed: {secret}!")


def test_passwords_in_addresses_are_hidden() -> None:
    assert scrub("postgresql://user:pa55@host/db") == "postgresql://[hidden]@host/db"


def test_whatever_was_presented_as_a_bearer_is_hidden() -> None:
    assert scrub("Authorization: Bearer not-one-of-ours-123") == "Authorization: Bearer [hidden]"


def test_ordinary_words_stay() -> None:
    line = "invoice 502 of 2026-03-12 to The Vacuum Shop, AUD 82.50, pi_3Abc pm_1NabcDEF, a bearer key"
    assert scrub(line) == line


@pytest.fixture
def stderr(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    before = logging.getLogger().handlers[:]
    observability.configure("INFO", as_json=True)
    yield stream
    logging.getLogger().handlers[:] = before


def test_events_exceptions_and_foreign_loggers_are_scrubbed(stderr: io.StringIO) -> None:
    token = "ab" * 32
    observability.logger("paymail.x").info(f"seen {token}", url=f"/pay/{token}", nested={"t": token})
    logging.getLogger("somebody.else").warning("their %s", token)
    try:
        raise RuntimeError(f"failed at {token}")
    except RuntimeError:
        observability.logger("paymail.x").exception("it failed")
    lines = [json.loads(line) for line in stderr.getvalue().splitlines()]
    assert len(lines) == 3
    assert token not in stderr.getvalue()
    assert "RuntimeError" in stderr.getvalue()
