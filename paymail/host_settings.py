"""The settings of sync with a host's own database."""

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?", re.ASCII)


class HostSettings(BaseSettings):
    """What `Settings` says about the host's database."""

    host_database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL database of your own system for `paymail sync`; if empty, none.",
    )
    host_view: str = Field(
        "paymail_invoices_v1", description="View of your invoices there, also as schema.name."
    )
    host_issuer: str = Field(
        "", description="Issuer id or name that the view's invoices belong to; if empty, the only issuer."
    )
    host_told_by: Literal["nothing", "table", "function"] = Field(
        "nothing", description="How your system is told of payments there: nothing, table, function."
    )
    host_told_name: str = Field(
        "",
        description="That table or function; if empty, paymail_updates_v1 or paymail_payment_recorded.",
    )
    host_overlap_minutes: float = Field(
        10.0,
        ge=0,
        le=1440,
        description="Minutes read again in each run, for transactions of your system that commit late.",
    )
    host_sync_seconds: float = Field(
        30.0, ge=1, le=86400, description="Seconds between runs of `paymail sync --follow`."
    )
    host_timeout_seconds: int = Field(
        60, ge=1, le=3600, description="Seconds that one query to your system's database may take."
    )

    @property
    def host_told(self) -> str:
        """The table or function that the host is told by; empty: none."""
        names = {"table": "paymail_updates_v1", "function": "paymail_payment_recorded"}
        return (self.host_told_name or names[self.host_told_by]) if self.host_told_by != "nothing" else ""

    @field_validator("host_database_url")
    @classmethod
    def refuse_what_would_be_taken_apart_wrongly(cls, url: SecretStr) -> SecretStr:
        """Part of a password would be taken for a host, and shown in errors. The message quotes nothing."""
        text = url.get_secret_value().replace("postgresql+psycopg://", "postgresql://", 1)
        if not text:
            return url
        scheme, _, rest = text.partition("://")
        credentials, at, behind = rest.rpartition("@")
        if scheme not in ("postgres", "postgresql"):
            raise ValueError("must start with postgresql://")
        if at and (set(credentials) & set("@/?#") or credentials.count(":") > 1 or "@" in behind):
            raise ValueError("percent-encode special characters in the user name and the password")
        return SecretStr(text)

    @field_validator("host_view", "host_told_name")
    @classmethod
    def refuse_other_names(cls, name: str) -> str:
        """Names that need no quotes."""
        if name and not _NAME.fullmatch(name):
            raise ValueError("must be name or schema.name, in small letters, digits and _")
        return name
