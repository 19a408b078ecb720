"""Where emails go, in one sentence for First steps and for Home."""

from dataclasses import dataclass

from paymail.settings import Settings


@dataclass(frozen=True, slots=True)
class MailWay:
    """Whether emails reach anybody, in words, with the page that shows them."""

    real: bool
    text: str
    address: str
    page: str


def mail_way(settings: Settings) -> MailWay:
    """Return where these settings send emails."""
    if settings.mail_transport == "mailbox":
        return MailWay(
            False, "Emails go into the test mailbox and reach nobody.", "/staff/mailbox", "Test mailbox"
        )
    return MailWay(True, f"Emails go out by {settings.smtp_host}.", "/staff/messages", "Emails")
