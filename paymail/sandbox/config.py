"""What one sandbox is told at start."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

API_VERSION = "2026-10-28.endive"


@dataclass(frozen=True, kw_only=True)
class SandboxConfig:
    """The made-up platform, its connected accounts and where its webhooks go."""

    secret_keys: tuple[str, ...] = ("sk_test_sandbox",)
    publishable_keys: tuple[str, ...] = ("pk_test_sandbox",)
    platform_account: str = "acct_platform"
    accounts: tuple[str, ...] = ("acct_sandbox",)
    country: str = "AU"
    default_currency: str = "aud"
    webhook_url: str | None = None
    webhook_enabled: bool = True
    webhook_connect: bool = True
    webhook_events: tuple[str, ...] = ("*",)
    webhook_secret: str = "whsec_sandbox"
    webhook_attempts: int = 8
    webhook_retry_base_s: float = 0.5
    webhook_timeout_s: float = 10.0
    state_path: Path | None = None
    becs_delay_s: float | None = None
    api_version: str = API_VERSION
