"""The one place that chooses implementations: settings in, a working App out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES
from sqlalchemy import Engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from paymail import clock, db, top_folder
from paymail.errors import Misconfigured
from paymail.gateway import StripeConfig, StripeGateway, StripePaymentDomains
from paymail.host_database import HostConfig, PostgresqlHost
from paymail.mail.dkim_key import key_of
from paymail.mail.mailbox import MailboxMailer
from paymail.mail.measured import MeasuredMailer
from paymail.mail.sender_records import DnsSenderRecords
from paymail.mail.smtp import SmtpConfig, SmtpMailer
from paymail.ports.host_database import HostDatabase
from paymail.ports.mail import Mailer
from paymail.ports.payment_domains import PaymentDomains
from paymail.ports.payments import Gateway
from paymail.ports.queue import Doorbell
from paymail.ports.rendering import PdfRenderer, Writer
from paymail.ports.sender_records import SenderRecords
from paymail.queue.celery_app import make_celery
from paymail.queue.doorbell import CeleryDoorbell
from paymail.render.dkim import Signer
from paymail.render.letter_writer import LetterWriter
from paymail.render.measured import MeasuredWriter
from paymail.render.pdf import WeasyPdfRenderer
from paymail.render.remembered import MOST_BYTES
from paymail.services.access.asking import Asking
from paymail.services.access.logins import LoginContext
from paymail.services.access.password_hasher import PasswordHasher
from paymail.services.core.contexts import Context, GatewayContext
from paymail.services.core.listed_intents import ListedIntents
from paymail.services.delivery.deliveries import DeliveryContext
from paymail.services.delivery.outcomes import RetryPolicy
from paymail.services.outbox.gates import BadRate, rate_of
from paymail.services.outbox.queue import RINGS
from paymail.settings import Settings

TEMPLATES = top_folder("email_templates")
MOST_RINGS = 50
"""Rings per transaction; a bulk send is worked off by the sweeps, which need no hint each."""


class UnusableDataFolder(Misconfigured):
    """Nothing can be stored in the data folder."""


@dataclass(frozen=True)
class App:
    """Everything that web, tasks and CLI use, chosen and connected."""

    settings: Settings
    engine: Engine
    celery: Celery
    doorbell: Doorbell
    gateway: Gateway
    payment_domains: PaymentDomains
    mailer: Mailer
    sender_records: SenderRecords
    writer: Writer
    pdf: PdfRenderer
    now: Callable[[], datetime] = clock.utc_now
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    listed_intents: ListedIntents = field(default_factory=ListedIntents)
    sender_rate: int = 0
    asking: Asking = field(default_factory=Asking)
    failpoint: Callable[[str], None] = lambda _name: None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction; rings the doorbell for the messages it queued, after the commit."""
        with db.transaction(self.engine) as session:
            yield self.asking.watch(session)
            told = self.asking.finish(session, self.now)
        self.asking.recorded = self.asking.recorded or told
        for message_id in session.info.get(RINGS, [])[:MOST_RINGS]:
            self.doorbell.ring(message_id)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction for queries only."""
        with db.reading(self.engine) as session:
            yield self.asking.begin(session)

    def asked_by(self, asking: Asking) -> "App":
        """Return the same application for one request: its transactions see what whoever asks may see."""
        return replace(self, asking=asking)

    @property
    def live(self) -> bool:
        """Whether real money is taken: events of the other mode are ignored."""
        return "_live_" in self.settings.stripe_publishable_key

    @property
    def mailbox(self) -> Path:
        """Folder of the embedded mailbox."""
        return self.settings.data_dir / "mailbox"

    def context(self) -> Context:
        """What use cases with several transactions are given."""
        return Context(transaction=self.transaction, now=self.now)

    def gateway_context(self) -> GatewayContext:
        """What use cases that speak to Stripe are given."""
        known = self.listed_intents
        return GatewayContext(
            transaction=self.transaction, now=self.now, gateway=self.gateway, listed_intents=known
        )

    def login_context(self) -> LoginContext:
        """What checking and setting passwords of staff are given."""
        return LoginContext(
            transaction=self.transaction, now=self.now, reading=self.reading, hasher=self.hasher
        )

    def delivery_context(self) -> DeliveryContext:
        """What delivering emails is given."""
        return DeliveryContext(
            transaction=self.transaction,
            now=self.now,
            writer=self.writer,
            mailer=self.mailer,
            gateway=self.gateway,
            public_url=self.settings.public_url,
            lease=timedelta(seconds=self.settings.lease_seconds),
            retries=RetryPolicy(
                attempts=self.settings.max_attempts, deadline=timedelta(hours=self.settings.delivery_hours)
            ),
            sender_rate=self.sender_rate,
            failpoint=self.failpoint,
        )

    def host_database(self) -> HostDatabase | None:
        """The host's own database, if there is one. Raises Misconfigured."""
        url = self.settings.host_database_url.get_secret_value()
        if not url:
            return None
        found = self.settings
        told = found.host_told_by, found.host_told
        return PostgresqlHost(HostConfig(url, found.host_view, *told, found.host_timeout_seconds))

    def close(self) -> None:
        """Release connections."""
        self.mailer.close()
        self.engine.dispose()


def build(settings: Settings) -> App:
    """Choose and connect everything. Creates the data folder; opens no connection yet.

    Raises Misconfigured for settings that cannot work, UnusableDataFolder among them.
    """
    celery = build_celery(settings)
    pdf = WeasyPdfRenderer(TEMPLATES, remembered=MOST_BYTES)
    key = key_of(settings.dkim_domain, settings.dkim_selector, settings.dkim_key_file)
    signer = Signer.load(domain=key.domain, selector=key.selector, key_file=key.key_file) if key else None
    letters = LetterWriter(TEMPLATES, pdf, bounce_address=settings.bounce_address, signer=signer)
    return App(
        settings=settings,
        engine=_engine(settings),
        celery=celery,
        doorbell=CeleryDoorbell(celery),
        gateway=StripeGateway(_stripe(settings), clock.utc_now),
        payment_domains=StripePaymentDomains(_stripe(settings)),
        mailer=MeasuredMailer(_mailer(settings)),
        sender_records=DnsSenderRecords(settings.mail_transport == "smtp", key),
        writer=MeasuredWriter(letters),
        pdf=pdf,
        sender_rate=_sender_rate(settings),
    )


def _sender_rate(settings: Settings) -> int:
    try:
        return rate_of(settings.sender_rate)
    except BadRate as error:
        raise Misconfigured(f"PAYMAIL_SENDER_RATE: {error}") from error


def _engine(settings: Settings) -> Engine:
    try:
        return db.make_engine(settings.database)
    except (ArgumentError, ValueError):
        # Without the words of the error: they may quote the address, and with it the password.
        raise Misconfigured(
            "PAYMAIL_DATABASE_URL: not an address such as postgresql://user:password@host/name; "
            "percent-encode special characters in the password"
        ) from None


def build_celery(settings: Settings) -> Celery:
    """Return the Celery instance of these settings. Creates the data folder. Raises Misconfigured."""
    scheme = settings.broker_url.partition("://")[0]
    if settings.broker_url and scheme not in TRANSPORT_ALIASES:
        raise Misconfigured("PAYMAIL_BROKER_URL: must start with redis://, rediss:// or amqp://")
    folder = make_data_folder(settings)
    try:
        return make_celery(settings.broker_url, folder, tick_seconds=settings.sweep_seconds)
    except OSError as error:
        raise _unusable(folder, error) from error


def make_data_folder(settings: Settings) -> Path:
    """Return the data folder, which is there now. Raises UnusableDataFolder."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _unusable(settings.data_dir, error) from error
    return settings.data_dir


def _unusable(folder: Path, error: OSError) -> UnusableDataFolder:
    return UnusableDataFolder(f"PAYMAIL_DATA_DIR: {folder}: {error.strerror or type(error).__name__}")


def _stripe(settings: Settings) -> StripeConfig:
    return StripeConfig(
        secret_key=settings.stripe_secret_key.get_secret_value(),
        webhook_secrets=settings.webhook_secrets,
        api_base=settings.stripe_address,
        timeout=settings.stripe_timeout,
    )


def _mailer(settings: Settings) -> Mailer:
    if settings.mail_transport == "mailbox":
        return MailboxMailer(settings.data_dir / "mailbox", clock.utc_now)
    return SmtpMailer(
        SmtpConfig(
            host=settings.smtp_host,
            port=settings.smtp_port,
            security=settings.smtp_security,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value(),
            ca_file=settings.smtp_ca_file,
            timeout_connect=settings.smtp_timeout_connect,
            timeout_command=settings.smtp_timeout_command,
            timeout_final=settings.smtp_timeout_final,
        )
    )
