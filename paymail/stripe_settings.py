"""The settings of Stripe: keys, where they lead, and which must not meet."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

SANDBOX_SECRET_KEY = "sk_test_sandbox"  # noqa: S105 - opens nothing but the sandbox
SANDBOX_PUBLISHABLE_KEY = "pk_test_sandbox"
SANDBOX_WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105 - same
STRIPE = "https://api.stripe.com"
STRIPE_JS_RELEASE = "endive"
"""Of Stripe.js, as of the API version that the SDK is pinned to (Stripe docs, "Stripe.js versioning")."""


class StripeSettings(BaseSettings):
    """What `Settings` says about Stripe."""

    stripe_secret_key: SecretStr = Field(SecretStr(SANDBOX_SECRET_KEY), description="Stripe secret key.")
    stripe_publishable_key: str = Field(SANDBOX_PUBLISHABLE_KEY, description="Stripe publishable key.")
    stripe_webhook_secrets: SecretStr = Field(
        SecretStr(SANDBOX_WEBHOOK_SECRET),
        description="Signing secrets of the webhook endpoints, separated by commas.",
    )
    stripe_timeout: float = Field(10.0, gt=0, le=60, description="Timeout in seconds for one call to Stripe.")
    stripe_api: str = Field(
        "",
        description="Address of a stand-in for https://api.stripe.com (only with test keys); if empty, none.",
    )
    refund_application_fee: bool = Field(True, description="Whether refunds return the platform's fee.")
    sandbox_url: str = Field(
        "http://127.0.0.1:8026", description="Address of the sandbox (only with the sandbox keys)."
    )

    @property
    def sandboxed(self) -> bool:
        """Whether Stripe is the sandbox."""
        return self.stripe_secret_key.get_secret_value() == SANDBOX_SECRET_KEY

    @property
    def stripe_mode(self) -> str:
        """Which Stripe the keys are for: sandbox, test or live."""
        if self.sandboxed:
            return "sandbox"
        return "live" if "_live_" in self.stripe_publishable_key else "test"

    @property
    def stripe_address(self) -> str:
        """Base address of Stripe's API."""
        return self.sandbox_url if self.sandboxed else self.stripe_api or STRIPE

    @property
    def stripe_js(self) -> str:
        """Address of Stripe.js."""
        origin = self.sandbox_url if self.sandboxed else "https://js.stripe.com"
        return f"{origin}/{STRIPE_JS_RELEASE}/stripe.js"

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The signing secrets, in order."""
        return tuple(
            s.strip() for s in self.stripe_webhook_secrets.get_secret_value().split(",") if s.strip()
        )

    @field_validator("stripe_api")
    @classmethod
    def refuse_half_an_api_address(cls, url: str) -> str:
        """The SDK puts `/v1/…` behind it."""
        if url and (url.endswith("/") or not url.startswith(("http://", "https://"))):
            raise ValueError("must start with http:// or https:// and have no trailing slash")
        return url

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
        return self

    @model_validator(mode="after")
    def refuse_another_stripe_with_live_keys(self) -> Self:
        """Real money goes to Stripe and nowhere else, and the sandbox has an address of its own."""
        keys = self.stripe_secret_key.get_secret_value(), self.stripe_publishable_key
        if self.stripe_api and any("_live_" in key for key in keys):
            raise ValueError("PAYMAIL_STRIPE_API is refused with live keys: they are sent to Stripe only")
        if self.stripe_api and self.sandboxed:
            raise ValueError(
                "PAYMAIL_STRIPE_API needs test keys; the sandbox's address is PAYMAIL_SANDBOX_URL"
            )
        return self
