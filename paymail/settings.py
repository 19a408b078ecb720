"""Every setting of paymail: read from `PAYMAIL_*`, else from what a running `paymail up` left in its folder.

Only `wiring` and `cli` read this module. A structure test checks that each field is documented.
"""

import json
import os
import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from paymail.errors import Misconfigured

SANDBOX_SECRET_KEY = "sk_test_sandbox"  # noqa: S105 - opens nothing but the sandbox
SANDBOX_PUBLISHABLE_KEY = "pk_test_sandbox"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105 - same
RUNTIME_FILE = "runtime.json"

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_LABELS = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+", re.ASCII)
# RFC 5321 §4.5.3.1.1: 64 octets before the @, of which `+` and 24 hex characters name the message.
_BOUNCE_LOCAL = re.compile(r"(?=.{1,39}$)[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", re.ASCII)


class RuntimeSource(PydanticBaseSettingsSource):
    """Addresses that a running `up` published in the data folder, so that a CLI beside it agrees with it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: the whole file is one answer."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the published settings, or nothing when no `up` has run here."""
        folder = Path(self.current_state.get("data_dir") or os.environ.get("PAYMAIL_DATA_DIR") or ".paymail")
        try:
            published = json.loads((folder / RUNTIME_FILE).read_text())
        except (OSError, ValueError):
            return {}
        return published if isinstance(published, dict) else {}


class Settings(BaseSettings):
    """The settings; the environment wins over the runtime file, which wins over the defaults."""

    model_config = SettingsConfigDict(env_prefix="PAYMAIL_", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(Path(".paymail"), description="Folder for everything paymail stores on disk.")
    database_url: str = Field("", description="SQLAlchemy URL; if empty, SQLite in the data folder.")
    broker_url: str = Field(
        "", description="Celery broker, e.g. redis://…; if empty, files in the data folder."
    )
    public_url: str = Field(
        "http://127.0.0.1:8025",
        description="Address where customers reach paymail, without a trailing slash.",
    )
    trusted_proxies: str = Field(
        "", description="Proxies whose X-Forwarded-For is trusted, separated by commas."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Lowest severity to log."
    )
    log_json: bool = Field(False, description="Log as JSON lines, for log collectors.")

    mail_transport: Literal["mailbox", "smtp"] = Field(
        "mailbox", description="Where emails go: files (mailbox) or SMTP."
    )
    smtp_host: str = Field("127.0.0.1", description="SMTP server host name.")
    smtp_port: int = Field(587, ge=1, le=65535, description="SMTP server port.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="How the SMTP connection is encrypted."
    )
    smtp_username: str = Field("", description="SMTP user name; if empty, no login.")
    smtp_password: SecretStr = Field(SecretStr(""), description="SMTP password.")
    smtp_ca_file: str = Field("", description="PEM file of a private CA; if empty, the system's CAs.")
    smtp_timeout_connect: float = Field(
        10.0, gt=0, le=300, description="Timeout in seconds for each step of connecting, TLS and login."
    )
    smtp_timeout_command: float = Field(
        20.0, gt=0, le=300, description="Timeout in seconds for each SMTP command, and for the message body."
    )
    smtp_timeout_final: float = Field(
        60.0,
        gt=0,
        le=600,
        description="Seconds to wait for the final reply before a message becomes unknown.",
    )
    bounce_address: str = Field(
        "", description="Address for bounces, as bounces+…@ per message; if empty, the issuer's."
    )
    dkim_domain: str = Field(
        "", description="Domain to sign emails for (DKIM); if empty, emails are not signed."
    )
    dkim_selector: str = Field(
        "", description="DKIM selector: the public key is at <selector>._domainkey.<domain>."
    )
    dkim_key_file: str = Field("", description="PEM file of the private RSA key for DKIM.")

    stripe_secret_key: SecretStr = Field(SecretStr(SANDBOX_SECRET_KEY), description="Stripe secret key.")
    stripe_publishable_key: str = Field(SANDBOX_PUBLISHABLE_KEY, description="Stripe publishable key.")
    stripe_webhook_secrets: SecretStr = Field(
        SecretStr(SANDBOX_WEBHOOK_SECRET),
        description="Signing secrets of the webhook endpoints, separated by commas.",
    )
    stripe_timeout: float = Field(10.0, gt=0, le=60, description="Timeout in seconds for one call to Stripe.")
    sandbox_url: str = Field(
        "http://127.0.0.1:8026", description="Address of the sandbox (only with the sandbox keys)."
    )

    lease_seconds: int = Field(120, ge=5, le=3600, description="Seconds a worker may hold a message.")
    sweep_seconds: float = Field(2.0, gt=0, le=60, description="Seconds between checks for due work.")
    max_attempts: int = Field(100, ge=1, le=1000, description="Delivery attempts before a message fails.")
    delivery_hours: int = Field(
        48, ge=1, le=168, description="Hours after the first failed attempt before a message fails."
    )
    sender_rate: str = Field(
        "",
        description="Emails per minute per issuer, or a preset: office365, ses. If empty, no limit.",
    )
    session_hours: int = Field(12, ge=1, le=720, description="Hours before staff have to sign in again.")
    pay_rate_limit: str = Field("60/minute", description="Public requests per IP address.")
    pay_link_rate_limit: str = Field("120/minute", description="Public requests per pay link.")
    pay_total_rate_limit: str = Field("6000/minute", description="Public requests in total.")
    pay_start_rate_limit: str = Field(
        "10/minute", description="Starting or confirming a payment, per pay link."
    )
    pay_ask_rate_limit: str = Field(
        "10/hour", description="Asking for a new link or messaging staff, per IP address and per link."
    )
    pay_ask_total_rate_limit: str = Field(
        "1000/hour", description="Asking for a new link or messaging staff, in total."
    )
    login_rate_limit: str = Field(
        "10/minute", description="Staff sign-in attempts and wrong API keys, per IP address."
    )
    api_rate_limit: str = Field("600/minute", description="Staff API requests per IP address.")

    header_seconds: float = Field(10.0, gt=0, le=300, description="Seconds for request headers to arrive.")
    body_seconds: float = Field(30.0, gt=0, le=3600, description="Seconds for a request body to arrive.")
    keep_alive_seconds: int = Field(5, ge=1, le=600, description="Seconds that an idle connection is kept.")
    max_connections: int = Field(1000, ge=2, le=100_000, description="Connections at once; more get a 503.")

    reconcile_minutes: float = Field(
        10.0,
        ge=0,
        le=1440,
        description="Minutes between checks for what Stripe's webhooks missed; 0 is off.",
    )

    bounce_dir: str = Field("", description="Maildir or folder to read bounce reports from; if empty, none.")
    relay_log: str = Field("", description="Postfix log to follow for proof of acceptance; if empty, none.")
    retention_days: int = Field(
        0, ge=0, le=36500, description="Days after which stored emails are erased; 0 keeps them forever."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then environment, then the runtime file."""
        return init_settings, env_settings, RuntimeSource(settings_cls)

    @property
    def sandboxed(self) -> bool:
        """Whether Stripe is the sandbox."""
        return self.stripe_secret_key.get_secret_value() == SANDBOX_SECRET_KEY

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'paymail.db'}"

    @property
    def stripe_api(self) -> str:
        """Base address of Stripe's API."""
        return self.sandbox_url if self.sandboxed else "https://api.stripe.com"

    @property
    def stripe_js(self) -> str:
        """Address of Stripe.js."""
        return f"{self.sandbox_url}/v3/" if self.sandboxed else "https://js.stripe.com/v3/"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The signing secrets, in order."""
        return tuple(
            s.strip() for s in self.stripe_webhook_secrets.get_secret_value().split(",") if s.strip()
        )

    @model_validator(mode="after")
    def refuse_mixed_keys(self) -> Self:
        """Live and test keys must not meet, and a live key must never speak to a sandbox."""
        secret, public = self.stripe_secret_key.get_secret_value(), self.stripe_publishable_key
        modes = {key.split("_")[1] for key in (secret, public) if key.count("_") >= 2}
        if not secret.startswith(("sk_test_", "sk_live_", "rk_test_", "rk_live_")):
            raise ValueError(
                "PAYMAIL_STRIPE_SECRET_KEY must start with sk_test_, sk_live_, rk_test_ or rk_live_"
            )
        if len(modes) != 1:
            raise ValueError("the Stripe keys mix live and test mode")
        if self.sandboxed != (public == SANDBOX_PUBLISHABLE_KEY):
            raise ValueError("one Stripe key is for the sandbox and the other is not")
        if not self.sandboxed and SANDBOX_WEBHOOK_SECRET in self.webhook_secrets:
            raise ValueError("real Stripe keys need PAYMAIL_STRIPE_WEBHOOK_SECRETS, not the sandbox's")
        if self.public_url.endswith("/") or not self.public_url.startswith(("http://", "https://")):
            raise ValueError(
                "PAYMAIL_PUBLIC_URL must start with http:// or https:// and have no trailing slash"
            )
        return self

    @model_validator(mode="after")
    def refuse_mail_that_cannot_work(self) -> Self:
        """DKIM has three settings or none, a bounce address takes a suffix, a login needs TLS."""
        if len({bool(value) for value in (self.dkim_domain, self.dkim_selector, self.dkim_key_file)}) > 1:
            raise ValueError("set all of PAYMAIL_DKIM_DOMAIN, _SELECTOR and _KEY_FILE, or none of them")
        if self.dkim_domain and not (
            _DOMAIN.fullmatch(self.dkim_domain) and _LABELS.fullmatch(self.dkim_selector)
        ):
            raise ValueError("PAYMAIL_DKIM_DOMAIN and _SELECTOR must be DNS names in lower case (IDNA)")
        local, _, domain = self.bounce_address.rpartition("@")
        if self.bounce_address and not (_BOUNCE_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
            raise ValueError(
                "PAYMAIL_BOUNCE_ADDRESS must be an address such as bounces@pay.example.com, in ASCII, its "
                "domain in lower case, with at most 39 characters before the @"
            )
        if self.smtp_username and self.smtp_security == "none":
            raise ValueError("PAYMAIL_SMTP_USERNAME requires PAYMAIL_SMTP_SECURITY to be starttls or tls")
        if not (self.smtp_username + self.smtp_password.get_secret_value()).isascii():
            raise ValueError("PAYMAIL_SMTP_USERNAME and _PASSWORD must be ASCII")
        return self


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises Misconfigured with one line per fault and no secret in it."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors()
        )
        raise Misconfigured(faults) from None
