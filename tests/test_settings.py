"""Settings that contradict each other refuse to start, without printing a secret."""

import json
from pathlib import Path

import pytest

from paymail import environment, settings, stripe_settings
from paymail.errors import Misconfigured
from paymail.wiring import build

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
    assert found.stripe_address == found.sandbox_url


def test_real_keys_speak_to_stripe() -> None:
    found = settings.load(**REAL_TEST)
    assert not found.sandboxed
    assert found.stripe_address == "https://api.stripe.com"
    assert found.stripe_js == "https://js.stripe.com/endive/stripe.js"
    assert found.webhook_secrets == ("whsec_one", "whsec_two")


def test_test_keys_may_be_pointed_at_another_stripe() -> None:
    found = settings.load(**REAL_TEST, stripe_api="http://127.0.0.1:8420")
    assert (found.stripe_address, found.stripe_mode) == ("http://127.0.0.1:8420", "test")


@pytest.mark.parametrize("kind", ["sk", "rk"])
def test_live_keys_are_sent_to_stripe_and_nowhere_else(kind: str) -> None:
    live = {"stripe_secret_key": f"{kind}_live_51Habchush", "stripe_publishable_key": "pk_live_51Habc"}
    assert settings.load(**REAL_TEST | live).stripe_address == "https://api.stripe.com"
    with pytest.raises(Misconfigured, match="PAYMAIL_STRIPE_API is refused with live keys") as caught:
        settings.load(**REAL_TEST | live, stripe_api="http://127.0.0.1:8420")
    assert "\n" not in str(caught.value)
    assert "hush" not in str(caught.value)


def test_the_sandbox_has_an_address_of_its_own() -> None:
    with pytest.raises(Misconfigured, match="PAYMAIL_SANDBOX_URL"):
        settings.load(stripe_api="http://127.0.0.1:8420")


@pytest.mark.parametrize(
    "change",
    [
        {"stripe_publishable_key": "pk_live_51Habc"},
        {"stripe_secret_key": "sk_live_51Habchush"},
        {"stripe_secret_key": stripe_settings.SANDBOX_SECRET_KEY},
        {"stripe_publishable_key": stripe_settings.SANDBOX_PUBLISHABLE_KEY},
        {"stripe_webhook_secrets": stripe_settings.SANDBOX_WEBHOOK_SECRET},
        {"stripe_webhook_secrets": f"whsec_one,{stripe_settings.SANDBOX_WEBHOOK_SECRET}"},
        {"stripe_secret_key": "hush"},
        {"stripe_secret_key": ""},
        {
            "stripe_secret_key": "sk_live_51Habchush",
            "stripe_publishable_key": "pk",
            "stripe_api": "https://x",
        },
        {"stripe_api": "https://stripe.example/"},
        {"stripe_api": "stripe.example"},
        {"public_url": "https://pay.example/"},
        {"public_url": "javascript:alert(1)"},
        {"smtp_port": 0},
        {"smtp_security": "ssl"},
        {"smtp_security": "none", "smtp_username": "u", "smtp_password": "hush"},
        {"smtp_username": "u", "smtp_password": "hüsh-hush"},
        {"smtp_timeout_final": 0},
        {"smtp_timeout_command": 1000},
        {"dkim_domain": "pay.example"},
        {"dkim_selector": "s1", "dkim_key_file": "key.pem"},
        {"dkim_domain": "Pay Example", "dkim_selector": "s1", "dkim_key_file": "key.pem"},
        {"dkim_domain": "pay.example; d=evil.example", "dkim_selector": "s1", "dkim_key_file": "key.pem"},
        {"dkim_domain": "pay.example", "dkim_selector": "s 1", "dkim_key_file": "key.pem"},
        {"dkim_domain": "pay.example\n", "dkim_selector": "s1", "dkim_key_file": "key.pem"},
        {"bounce_address": "bounces"},
        {"bounce_address": "bounces@localhost"},
        {"bounce_address": "a b@pay.example"},
        {"bounce_address": "a..b@pay.example"},
        {"bounce_address": "bounces@pay.example\n"},
        {"bounce_address": "jörg@pay.example"},
        {"bounce_address": f"{'b' * 40}@pay.example"},
    ],
)
def test_contradictions_are_refused_without_the_secret(change: dict[str, object]) -> None:
    with pytest.raises(Misconfigured) as caught:
        settings.load(**(REAL_TEST | change))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("address", ["bounces@pay.example", "a.b+c@pay.example", f"{'b' * 39}@pay.example"])
def test_a_bounce_address_may_be_any_plain_one(address: str) -> None:
    assert settings.load(bounce_address=address).bounce_address == address


def test_dkim_takes_all_three(tmp_path: Path) -> None:
    found = settings.load(dkim_domain="pay.example", dkim_selector="s1.2026", dkim_key_file="key.pem")
    assert (found.dkim_domain, found.dkim_selector) == ("pay.example", "s1.2026")


def test_a_key_that_cannot_be_read_refuses_to_start(tmp_path: Path) -> None:
    found = settings.load(
        dkim_domain="pay.example", dkim_selector="s1", dkim_key_file=str(tmp_path / "none.pem")
    )
    with pytest.raises(Misconfigured):
        build(found)


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


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [
        ("PAYMAIL_SMPT_HOST", "did you mean PAYMAIL_SMTP_HOST?"),
        ("PAYMAIL_DATABASE", "did you mean PAYMAIL_DATABASE_URL?"),
        ("PAYMAIL_XYZZY", ""),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_nearest(
    monkeypatch: pytest.MonkeyPatch, variable: str, nearest: str
) -> None:
    monkeypatch.setenv(variable, "hush")
    with pytest.raises(Misconfigured) as caught:
        settings.load()
    assert str(caught.value) == f"{variable}: no such setting" + (f"; {nearest}" if nearest else "")


def test_variables_that_kubernetes_adds_for_a_service_are_no_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PAYMAIL_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("PAYMAIL_WEB_SERVICE_PORT_HTTP", "80")
    monkeypatch.setenv("PAYMAIL_WEB_PORT_80_TCP_ADDR", "10.0.0.1")
    monkeypatch.setenv("PAYMAIL_PORT", "tcp://10.0.0.1:80")
    assert settings.load().sandboxed


def test_words_are_taken_in_any_case() -> None:
    found = settings.load(mail_transport="SMTP", smtp_security="StartTLS", log_level="info")
    assert (found.mail_transport, found.smtp_security, found.log_level) == ("smtp", "starttls", "INFO")


def test_a_lease_that_ends_before_the_last_reply_is_refused() -> None:
    with pytest.raises(Misconfigured, match="PAYMAIL_LEASE_SECONDS"):
        settings.load(mail_transport="smtp", smtp_timeout_final=120, lease_seconds=120)
    assert settings.load(smtp_timeout_final=120, lease_seconds=120).mail_transport == "mailbox"


def test_a_file_of_variables_yields_to_the_environment_and_wins_over_a_running_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "paymail.env"
    file.write_text(
        "# production\n\nPAYMAIL_PUBLIC_URL='https://pay.example'\nexport PAYMAIL_SMTP_HOST = relay\n"
        'PAYMAIL_SMTP_PASSWORD="a$b#c"\nPAYMAIL_SMTP_USERNAME=\nOTHER=1\n'
    )
    monkeypatch.setenv("PAYMAIL_ENV_FILE", str(file))
    monkeypatch.setenv("PAYMAIL_SMTP_HOST", "127.0.0.9")
    (tmp_path / settings.RUNTIME_FILE).write_text(json.dumps({"public_url": "http://127.0.0.1:9"}))
    found = settings.load()
    assert (found.public_url, found.smtp_host, found.smtp_username) == (
        "https://pay.example",
        "127.0.0.9",
        "",
    )
    assert found.smtp_password.get_secret_value() == "a$b#c"


def test_a_data_folder_that_the_file_names_is_where_up_is_looked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PAYMAIL_DATA_DIR")
    (tmp_path / "paymail.env").write_text(f"PAYMAIL_DATA_DIR={tmp_path}\n")
    (tmp_path / settings.RUNTIME_FILE).write_text(json.dumps({"public_url": "http://127.0.0.1:9"}))
    monkeypatch.setenv("PAYMAIL_ENV_FILE", str(tmp_path / "paymail.env"))
    assert settings.load().public_url == "http://127.0.0.1:9"


@pytest.mark.parametrize("text", ["PAYMAIL_SMPT_HOST=x", "hush", None])
def test_a_named_file_that_cannot_be_used_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None
) -> None:
    if text is not None:
        (tmp_path / "paymail.env").write_text(text)
    monkeypatch.setenv("PAYMAIL_ENV_FILE", str(tmp_path / "paymail.env"))
    with pytest.raises(Misconfigured) as caught:
        settings.load()
    assert "hush" not in str(caught.value)


def test_the_systems_file_is_read_when_no_other_is_named_and_may_be_missing(tmp_path: Path) -> None:
    file, other = tmp_path / "system.env", tmp_path / "other.env"
    assert environment.file_values({}, file) == {}
    file.write_text("PAYMAIL_LOG_JSON=true\n")
    other.write_text("PAYMAIL_LOG_LEVEL=ERROR\n")
    assert environment.file_values({}, file) == {"PAYMAIL_LOG_JSON": "true"}
    assert environment.file_values({"PAYMAIL_ENV_FILE": str(other)}, file) == {"PAYMAIL_LOG_LEVEL": "ERROR"}
