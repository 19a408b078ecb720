"""The settings of mail: where it goes, how it is signed, and where bounces come back to."""

import re
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_LABELS = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+", re.ASCII)
# RFC 5321 §4.5.3.1.1: 64 octets before the @, of which `+` and 24 hex characters name the message.
_BOUNCE_LOCAL = re.compile(r"(?=.{1,39}$)[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*", re.ASCII)


class MailSettings(BaseSettings):
    """What `Settings` says about mail."""

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

    @field_validator("mail_transport", "smtp_security", mode="before")
    @classmethod
    def ignore_case_of_mail_words(cls, word: Any) -> Any:
        """Take `SMTP` and `StartTLS` as they are written elsewhere."""
        return word.lower() if isinstance(word, str) else word

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
