"""Every setting of paymail: read from `PAYMAIL_*`, else a file, else what a running `paymail up` published.

Only `wiring` and `cli` read this module. A structure test checks that each field is documented.
"""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from paymail import environment
from paymail.errors import Misconfigured
from paymail.host_settings import HostSettings
from paymail.mail_settings import MailSettings
from paymail.stripe_settings import StripeSettings

RUNTIME_FILE = environment.RUNTIME_FILE


class RuntimeSource(PydanticBaseSettingsSource):
    """Addresses that a running `up` published in the data folder, so that a CLI beside it agrees with it."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Not used: the whole file is one answer."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the published settings, or nothing when no `up` has run here."""
        return environment.published(Path(self.current_state.get("data_dir") or ".paymail"))


class FileSource(RuntimeSource):
    """Variables of the file that `--env-file` names, else of the system's."""

    def __call__(self) -> dict[str, Any]:
        """Return the settings that the file holds; an empty one counts as not set."""
        given = environment.file_values(os.environ)
        environment.refuse_unknown(given, self.settings_cls.model_fields)
        names = {name: f"{environment.PREFIX}{name.upper()}" for name in self.settings_cls.model_fields}
        return {name: given[variable] for name, variable in names.items() if given.get(variable)}


class Settings(MailSettings, StripeSettings, HostSettings):
    """The settings; the environment wins over the file, then comes what `up` published, then the defaults."""

    model_config = SettingsConfigDict(env_prefix="PAYMAIL_", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(Path(".paymail"), description="Folder for everything paymail stores on disk.")
    database_url: str = Field(
        "", description="Database, e.g. postgresql://…; if empty, SQLite in the data folder."
    )
    embedded: bool = Field(
        False, description="Whether a new SQLite database may be created in the data folder."
    )
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

    metrics_port: int = Field(
        0, ge=0, le=65535, description="Port for Prometheus, of web or worker; 0 is off."
    )
    metrics_host: str = Field("127.0.0.1", description="Address that the metrics port listens on.")

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
        "10/minute",
        description="Starting or confirming a payment, per pay link; verifying a paper, per IP address and"
        " per code.",
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
    login_account_rate_limit: str = Field("10/5minutes", description="Failed staff sign-ins per account.")
    login_total_rate_limit: str = Field(
        "60/minute", description="Staff sign-in attempts in total, from addresses new to the account."
    )
    api_rate_limit: str = Field("600/minute", description="Staff API requests per IP address.")

    header_seconds: float = Field(10.0, gt=0, le=300, description="Seconds for request headers to arrive.")
    body_seconds: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="Seconds for a request body to arrive, and one more for each 16 kB that has come.",
    )
    import_megabytes: int = Field(
        64, ge=1, le=1024, description="Largest file to import by the staff pages or the API, in MB."
    )
    keep_alive_seconds: int = Field(5, ge=1, le=600, description="Seconds that an idle connection is kept.")
    max_connections: int = Field(1000, ge=2, le=100_000, description="Connections at once; more get a 503.")

    traces_url: str = Field("", description="OTLP/HTTP address to send traces to; if empty, none.")
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
        """Arguments, then environment, then the file of variables, then the runtime file."""
        return init_settings, env_settings, FileSource(settings_cls), RuntimeSource(settings_cls)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'paymail.db'}"

    @field_validator("log_level", mode="before")
    @classmethod
    def ignore_case(cls, word: Any) -> Any:
        """Take `info` for INFO."""
        return word.upper() if isinstance(word, str) else word

    @field_validator("database_url")
    @classmethod
    def name_the_driver(cls, url: str) -> str:
        """Take the addresses that hosting companies hand out, and refuse databases that nobody tested."""
        scheme, _, rest = url.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        if url and scheme not in ("postgresql+psycopg", "sqlite"):
            raise ValueError("must start with postgresql:// or sqlite://")
        return url

    @field_validator("public_url")
    @classmethod
    def refuse_half_an_address(cls, url: str) -> str:
        """Links in emails begin with it."""
        if url.endswith("/") or not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https:// and have no trailing slash")
        return url

    @model_validator(mode="after")
    def refuse_a_lease_shorter_than_the_last_wait(self) -> Self:
        """Otherwise a message becomes unknown while its reply is still being waited for."""
        if self.mail_transport == "smtp" and self.smtp_timeout_final >= self.lease_seconds:
            raise ValueError("PAYMAIL_SMTP_TIMEOUT_FINAL must be shorter than PAYMAIL_LEASE_SECONDS")
        return self


def load(**overrides: Any) -> Settings:
    """Read the settings. Raises Misconfigured with one line per fault and no secret in it."""
    environment.refuse_unknown(os.environ, Settings.model_fields)
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = "; ".join(
            f"{_variable(e['loc'])}{e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        )
        raise Misconfigured(faults) from None


def _variable(place: tuple[int | str, ...]) -> str:
    """Return the variable that a fault is about; a fault of several names them itself."""
    return f"PAYMAIL_{str(place[0]).upper()}: " if place else ""
