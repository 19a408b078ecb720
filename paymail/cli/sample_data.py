"""The sample: an issuer, the 502 invoices of a host's export, dated from today, and a staff login."""

from contextlib import suppress
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.cli.sample_files import host_invoices
from paymail.clock import new_secret
from paymail.errors import Conflict
from paymail.models import Invoice, Issuer
from paymail.money import round_half_up, to_decimal, to_minor
from paymail.services.access.staff_passwords import set_password
from paymail.services.core.contexts import Context
from paymail.services.core.history import SAMPLE
from paymail.services.core.invoices import local_date
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import Report, import_invoices, open_host_file
from paymail.services.sending.invoice_emails import send_invoice
from paymail.wiring import App

SAMPLE_ISSUER = "Southern IT Services Pty Ltd"
SAMPLE_STAFF = "staff@paymail.example"
SAMPLE_SENDS = ("500", "501", "502")
"""By number; the last of them is the last of the file."""
DOLLARS = {"EUR": Decimal("1.65"), "JPY": Decimal("0.0102"), "NZD": Decimal("0.91")}
"""Made up: what one of a currency is worth in Australian dollars."""
_PASSWORD_FILE = "staff-password.txt"  # noqa: S105 - a file name


def load_sample(app: App) -> Report | None:
    """Import the sample invoices for the sample issuer; None if that was done before.

    They are dated from the day of the first start, also where that one was cut short.
    """
    with app.transaction() as session:
        issuer = sample_issuer(session, now=app.now())
        issuer_id, today = issuer.issuer_id, local_date(issuer, issuer.created_at)
        if invoice_of(session, issuer_id=issuer_id, number=SAMPLE_SENDS[-1]):
            return None
    report = import_invoices(
        Context(app.transaction, app.now),
        source=open_host_file(host_invoices(today)),
        issuer_id=issuer_id,
        actor=SAMPLE,
    )
    with app.transaction() as session:
        _say_tax_in_dollars(session, issuer_id)
    return report


def invoice_of(session: Session, *, issuer_id: int, number: str) -> int | None:
    """Return the id of the issuer's invoice of a number: ids may be those of somebody's own invoices."""
    statement = select(Invoice.invoice_id).where(Invoice.issuer_id == issuer_id, Invoice.number == number)
    return session.scalar(statement)


def _say_tax_in_dollars(session: Session, issuer_id: int) -> None:
    """Give GST in other currencies in Australian dollars too, as a tax invoice must; the file is older."""
    abroad = select(Invoice).where(
        Invoice.issuer_id == issuer_id,
        Invoice.currency.in_(DOLLARS),
        Invoice.tax_amount != 0,
        Invoice.tax_aud == 0,
    )
    for invoice in session.scalars(abroad):
        dollars = to_decimal(invoice.tax_amount, invoice.currency) * DOLLARS[invoice.currency]
        invoice.tax_aud = to_minor(round_half_up(dollars, "AUD"), "AUD")


def sample_issuer(session: Session, *, now: datetime) -> Issuer:
    """Return the sample issuer, making it if it is new; its account exists at the sandbox only."""
    return ensure_issuer(
        session,
        name=SAMPLE_ISSUER,
        email="billing@southern-it.example",
        now=now,
        tax_id="ABN 51 824 753 556",
        address="12 Harbour Street\nSydney NSW 2000",
        stripe_account="acct_sandbox",
        country="AU",
        subdivision="NSW",
    )


def send_sample(app: App) -> list[int]:
    """Queue the three sample emails; what is paid meanwhile is left alone. Returns message ids."""
    queued = []
    for number in SAMPLE_SENDS:
        with suppress(Conflict), app.transaction() as session:
            issuer_id = sample_issuer(session, now=app.now()).issuer_id
            if found := invoice_of(session, issuer_id=issuer_id, number=number):
                sent = send_invoice(session, invoice_id=found, actor=SAMPLE, now=app.now())
                queued.append(sent.message_id)
    return queued


def staff_password(app: App) -> str:
    """Return the password of the embedded staff login, made at the first start and kept in its folder."""
    file = app.settings.data_dir / _PASSWORD_FILE
    if file.exists():
        return file.read_text().strip()
    password = new_secret(12)
    set_password(app.login_context(), email=SAMPLE_STAFF, password=password)
    file.touch(mode=0o600)
    file.write_text(password + "\n")
    return password
