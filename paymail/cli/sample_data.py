"""The sample: an issuer, the 502 invoices of a host's export, and a staff login."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.clock import new_secret
from paymail.errors import Conflict
from paymail.models import Invoice, Issuer
from paymail.money import round_half_up, to_decimal, to_minor
from paymail.services.access.staff_passwords import set_password
from paymail.services.core.contexts import Context
from paymail.services.core.issuers import ensure_issuer
from paymail.services.imports import Report, import_invoices, open_host_file
from paymail.services.sending.invoice_emails import send_invoice
from paymail.wiring import App

SAMPLE_CSV = Path(__file__).resolve().parent.parent / "sample" / "host_invoices.csv"
SAMPLE_STAFF = "staff@paymail.example"
SAMPLE_SENDS = (500, 501, 502)
DOLLARS = {"EUR": Decimal("1.65"), "JPY": Decimal("0.0102"), "NZD": Decimal("0.91")}
"""Made up: what one of a currency is worth in Australian dollars."""
_PASSWORD_FILE = "staff-password.txt"  # noqa: S105 - a file name


def load_sample(app: App) -> Report:
    """Import the sample invoices for the sample issuer; a second time changes nothing."""
    with app.transaction() as session:
        issuer_id = sample_issuer(session, now=app.now()).issuer_id
    with SAMPLE_CSV.open("rb") as file:
        report = import_invoices(
            Context(app.transaction, app.now),
            source=open_host_file(file),
            issuer_id=issuer_id,
            actor="sample",
        )
    with app.transaction() as session:
        _say_tax_in_dollars(session, issuer_id)
    return report


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
        name="Southern IT Services Pty Ltd",
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
    for invoice_id in SAMPLE_SENDS:
        try:
            with app.transaction() as session:
                sent = send_invoice(session, invoice_id=invoice_id, actor="sample", now=app.now())
            queued.append(sent.message_id)
        except Conflict:
            continue
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
