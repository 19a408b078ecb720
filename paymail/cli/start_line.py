"""The first log line of a service: what runs, and on what."""

from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from paymail import __version__, observability
from paymail.settings import Settings

log = observability.logger(__name__)


def say(service: str, settings: Settings) -> None:
    """Log which version of which service starts, with its database, broker, mail and Stripe; no secret."""
    log.info(
        "starting",
        service=service,
        version=__version__,
        database=make_url(settings.database)._replace(username=None, password=None).render_as_string(),
        broker=_broker(settings),
        mail=_mail(settings),
        stripe=settings.stripe_mode,
    )


def _broker(settings: Settings) -> str:
    if not settings.broker_url:
        return "files"
    parts = urlsplit(settings.broker_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _mail(settings: Settings) -> str:
    if settings.mail_transport == "mailbox":
        return "mailbox"
    return f"smtp://{settings.smtp_host}:{settings.smtp_port} {settings.smtp_security}"
