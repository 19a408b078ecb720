"""An email or an invoice as it would look with settings that are not saved: on a real invoice, or a sample.

Nothing is stored or sent, and the pay link is one that leads nowhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.documents import Document, Seller
from paymail.emails import SAMPLES, TO_STAFF, Email, ReminderEmail
from paymail.emails.own_words import OwnWords
from paymail.i18n import language_of
from paymail.models import Invoice, InvoiceStatus, Issuer, Message, MessageKind
from paymail.ports.rendering import Copies, Enclosed, Letter
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.core.parties import seller_of
from paymail.services.letters import own_words, previews
from paymail.services.letters.letters import letter_for
from paymail.services.letters.sample_document import sample_document

NO_TOKEN = "0" * 64
"""Of the pay link in previews and tests: no invoice has it."""
TEMPLATES = tuple(sorted(name for name, email in SAMPLES.items() if email.kind not in TO_STAFF))
"""What can be shown: each kind that customers get, a reminder in each tone."""
_ANY_TIME = (MessageKind.INVOICE, MessageKind.REMINDER)
"""Kinds that an invoice can be shown in though it was never mailed so."""
T = TypeVar("T", bound=Email | Document)


@dataclass(frozen=True, slots=True)
class Unsaved:
    """Settings of an issuer that are not saved, checked, and its logo (a PNG; empty: none)."""

    values: Mapping[str, Any]
    logo: bytes
    logo_url: str
    """A `data:` address: the picture is nowhere on our pages."""
    words: OwnWords | None = None
    """Own words that are not saved; None: those that are in use."""
    language: str = ""
    """One of `i18n.LANGUAGES`, whatever the customer's is; empty: the customer's."""

    def locale(self, theirs: str) -> str:
        """Return the locale to show to a customer with a locale."""
        return self.language if self.language not in ("", language_of(theirs)) else theirs

    def seller(self, issuer: Issuer, currency: str) -> Seller:
        """Return the issuer as its customers would see it."""
        return replace(seller_of(issuer, "", currency), logo=self.logo, logo_url=self.logo_url)


def shown_invoice(session: Session, *, issuer_id: int, number: str = "") -> Invoice | None:
    """Return the issuer's invoice of a number, or its newest that is issued; None if there is none."""
    statement = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer_id)
    if number:
        statement = statement.where(Invoice.number == number)
    else:
        statement = statement.where(Invoice.status == InvoiceStatus.SENT)
    found = session.scalar(statement.order_by(Invoice.invoice_id.desc()).limit(1))
    return load_invoice(session, invoice_id=found) if found else None


def invoice_with(session: Session, invoice: Invoice, unsaved: Unsaved) -> Invoice:
    """Let an invoice and its issuer look as with unsaved settings, in a session of `reading` that must not
    flush any more: until its end `autoflush` is off."""
    session.autoflush = False
    _pretend(invoice, unsaved)
    return invoice


def letter_of(
    session: Session,
    *,
    issuer: Issuer,
    invoice: Invoice | None,
    unsaved: Unsaved,
    template: str,
    public_url: str,
    now: datetime,
) -> Letter:
    """Return the letter of a template with unsaved settings: of `invoice` where that has one of its kind.

    Else it is the sample with the issuer's settings. From and Reply-To are as they are saved. `session` must
    be one of `reading`. Raises NoSuchSample.
    """
    sample = previews.sample(template=template, now=now)
    address, reply_to = issuer.email, issuer.reply_to
    message = _message(session, invoice, sample.email, now) if invoice else None
    session.autoflush = False
    if invoice is None or message is None:
        planned = _planned(issuer, unsaved)
        looks = _looks(planned, unsaved.locale(planned.locale), unsaved.seller(planned, planned.currency))
        made = sample
        if sample.email.kind in _ANY_TIME:
            paper = sample_document(looks["seller"], looks["locale"], planned.terms)
            made = replace(sample, document=paper, filename="invoice-sample.pdf")
    else:
        _pretend(invoice, unsaved)
        date = _day_of(sample.email, invoice, now)
        made = letter_for(session, message=message, public_url=public_url, date=date)
        locale = invoice.customer.locale or invoice.issuer.locale
        looks = _looks(
            invoice.issuer, unsaved.locale(locale), unsaved.seller(invoice.issuer, invoice.currency)
        )
    if getattr(made.email, "payment_url", ""):
        looks["payment_url"] = f"{public_url}/pay/{NO_TOKEN}"
    email = _like(made.email, looks)
    saved, _ = own_words.of_email(session, issuer_id=issuer.issuer_id, email=email)
    return replace(
        made,
        from_name=issuer.name,
        from_address=address,
        reply_to=reply_to,
        email=email,
        words=unsaved.words or saved,
        document=_like(made.document, looks) if made.document else None,
        version=None,
        enclosed=_anew(made.enclosed, looks),
        copies=Copies(),
    )


def _looks(issuer: Issuer, locale: str, seller: Seller) -> dict[str, Any]:
    return {
        "seller": seller,
        "issuer": seller,
        "issuer_name": seller.name,
        "issuer_email": seller.email,
        "locale": locale,
        "zone": issuer.timezone,
    }


def _pretend(invoice: Invoice, unsaved: Unsaved) -> None:
    for name, value in unsaved.values.items():
        setattr(invoice.issuer, name, value)
    invoice.payment_token = NO_TOKEN


def _day_of(email: Email, invoice: Invoice, now: datetime) -> datetime:
    """Return when an email would go out: a reminder whose tone is not true today, when it is."""
    if not isinstance(email, ReminderEmail):
        return now
    days_overdue = (local_date(invoice.issuer, now) - invoice.due_date).days
    if email.tone.fits(days_overdue):
        return now
    return now + timedelta(days=email.days_overdue - days_overdue)


def _planned(issuer: Issuer, unsaved: Unsaved) -> Issuer:
    columns = {column.key: getattr(issuer, column.key) for column in Issuer.__table__.columns}
    return Issuer(**columns | dict(unsaved.values))


def _message(session: Session, invoice: Invoice, email: Email, now: datetime) -> Message | None:
    """Return the newest message of a kind about an invoice, or one that will never be kept."""
    newest = (
        select(Message)
        .where(Message.invoice_id == invoice.invoice_id, Message.kind == email.kind)
        .order_by(Message.message_id.desc())
        .limit(1)
    )
    tone = getattr(email, "tone", "")
    if email.kind not in _ANY_TIME:
        return session.scalars(newest).one_or_none()
    return Message(
        kind=email.kind,
        invoice_id=invoice.invoice_id,
        recipient=invoice.customer.email,
        tone=str(tone),
        step="hand",
        detail="",
        header_id="<preview@paymail.invalid>",
        next_at=now,
    )


def _anew(enclosed: Enclosed | None, looks: Mapping[str, Any]) -> Enclosed | None:
    """Return what goes along without the PDF that is kept of it, which has the look of its day."""
    return Enclosed(_like(enclosed.document, looks), None) if enclosed else None


def _like(value: T, looks: Mapping[str, Any]) -> T:
    own = {field.name for field in fields(value)}
    return replace(value, **{name: it for name, it in looks.items() if name in own})
