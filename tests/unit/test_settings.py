"""Settings that contradict each other refuse to start, without printing a secret."""

import json
from pathlib import Path

import pytest

from paymail import settings
from paymail.errors import Misconfigured

REAL_TEST = {
    "stripe_secret_key": "sk_test_51Habchush",
    "stripe_publishable_key": "pk_test_51Habc",
    "stripe_webhook_secrets": "whsec_one, whsec_two",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.Settings.model_fields:
        monkeypatch.delenv(f"PAYMAIL_{name.upper()}", raising=False)
    monkeypatch.setenv("PAYMAIL_DATA_DIR", str(tmp_path))


def test_the_defaults_are_the_embedded_ones(tmp_path: Path) -> None:
    found = settings.load()
    assert found.database == f"sqlite:///{tmp_path / 'paymail.db'}"
    assert found.sandboxed
    assert found.stripe_api == found.sandbox_url


def test_real_keys_speak_to_stripe() -> None:
    found = settings.load(**REAL_TEST)
    assert not found.sandboxed
    assert found.stripe_api == "https://api.stripe.com"
    assert found.stripe_js == "https://js.stripe.com/v3/"
    assert found.webhook_secrets == ("whsec_one", "whsec_two")


@pytest.mark.parametrize(
    "change",
    [
        {"stripe_publishable_key": "pk_live_51Habc"},
        {"stripe_secret_key": "sk_live_51Habchush"},
        {"stripe_secret_key": settings.SANDBOX_SECRET_KEY},
        {"stripe_publishable_key": settings.SANDBOX_PUBLISHABLE_KEY},
        {"stripe_webhook_secrets": settings.SANDBOX_WEBHOOK_SECRET},
        {"stripe_webhook_secrets": f"whsec_one,{settings.SANDBOX_WEBHOOK_SECRET}"},
        {"stripe_secret_key": "hush"},
        {"stripe_secret_key": ""},
        {"public_url": "https://pay.example/"},
        {"public_url": "javascript:alert(1)"},
        {"smtp_port": 0},
        {"smtp_security": "ssl"},
    ],
)
def test_contradictions_are_refused_without_the_secret(change: dict[str, object]) -> None:
    with pytest.raises(Misconfigured) as caught:
        settings.load(**(REAL_TEST | change))
    assert "hush" not in str(caught.value)


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAYMAIL_PUBLIC_URL", "")
    assert settings.load().public_url == "http://127.0.0.1:8025"


def test_the_runtime_file_yields_to_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / settings.RUNTIME_FILE).write_text(json.dumps({"public_url": "http://127.0.0.1:9"}))
    assert settings.load().public_url == "http://127.0.0.1:9"
    monkeypatch.setenv("PAYMAIL_PUBLIC_URL", "https://pay.example")
    assert settings.load().public_url == "https://pay.example"


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00"])
def test_a_broken_runtime_file_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / settings.RUNTIME_FILE).write_text(text)
    assert settings.load().public_url == "http://127.0.0.1:8025"
