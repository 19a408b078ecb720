"""What the page of a pay link shows."""

from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from paymail.documents import InvoiceDocument
from paymail.models import Invoice
from paymail.money import Money, charge_obstacle, exponent
from paymail.ports.payment_methods import EXCLUDED
from paymail.ports.saved_methods import FUTURE_USAGE
from paymail.services.core.invoices import local_date
from paymail.services.customers import objections, saved_methods
from paymail.services.customers.promises import replies_of
from paymail.services.ledger.attempts import live_attempt
from paymail.services.letters.invoice_facts import full_document
from paymail.services.links.lookup import find_by_token
from paymail.services.payments.made import MadePayment, newest
from paymail.services.payments.summary import PaymentSummary, State, summary_of
from paymail.web.pay.script_data import ScriptData
from paymail.web.pay.script_words import script_words
from paymail.web.pay.transfer import transfer_of
from paymail.web.pay.waiting_view import waiting_view
from paymail.wiring import App

_STEPS = {0: "1", 2: "0.01", 3: "0.01"}
"""What an amount can be raised by, per decimals; Stripe takes three-decimal ones in tens only."""

DONE = frozenset(("done", "copied", "copied_earlier", "bad_address", "not_copied", "too_many_copies"))
"""What is said on the page that thanks for a payment: that, and what became of a copy of its receipt."""
JUST_MADE = timedelta(minutes=15)
"""How long a part payment is thanked for instead of showing the form for the rest."""
HEARD = frozenset(
    "paid promise said_enough nothing_owed bad_promise text_too_long wrong already_objected words_too_long"
    " bad_answer_address".split()
)
"""What became of what the customer told us."""


def contents(app: App, token: str, said: str = "") -> tuple[bool, dict[str, object]]:
    """Return whether the invoice of a link can be paid, and what its page shows. Raises NotFound, Gone."""
    with app.reading() as session:
        return contents_of(session, app, find_by_token(session, token=token, now=app.now()), said)


def contents_of(
    session: Session, app: App, invoice: Invoice, said: str = ""
) -> tuple[bool, dict[str, object]]:
    """Return whether an invoice can be paid, and what its page shows."""
    summary = summary_of(session, invoice=invoice, now=app.now())
    document = full_document(session, invoice=invoice, public_url=app.settings.public_url)
    replies = _replies(session, app, invoice)
    saved = _saved(session, invoice, summary)
    made = _made(session, app, invoice, summary, said)
    payable = summary.state is State.PAYABLE
    attempt = live_attempt(session, invoice_id=invoice.invoice_id) if payable else None
    form = _form(app, invoice, document, summary)
    return payable and not form["obstacle"], {
        "summary": summary,
        "document": document,
        "transfer": transfer_of(document, summary.asked),
        "made": made,
        "done_said": DONE if (made and summary.balance.minor) or said == "done" else (),
        "waiting": _waiting(app, invoice, summary),
        "pending": attempt.intent_id if attempt else None,
        "sandboxed": app.settings.sandboxed,
        "money_of": partial(Money, currency=document.total.currency),
        **replies,
        **saved,
        **form,
    }


def _made(
    session: Session, app: App, invoice: Invoice, summary: PaymentSummary, said: str
) -> MadePayment | None:
    """Return the payment to thank for. Where more is owed only one just made: its address may be kept."""
    if summary.state is State.PAID:
        return newest(session, invoice=invoice, now=app.now())
    if said in DONE and summary.state in (State.PAYABLE, State.UNAVAILABLE):
        return newest(session, invoice=invoice, now=app.now(), since=app.now() - JUST_MADE)
    return None


def _replies(session: Session, app: App, invoice: Invoice) -> dict[str, object]:
    objection = objections.open_objection(session, invoice_id=invoice.invoice_id)
    return {
        "heard": HEARD,
        "replies": replies_of(session, invoice=invoice, now=app.now()),
        "objected_on": local_date(invoice.issuer, objection.opened_at) if objection else None,
        "may_object": objections.may_object(session, invoice=invoice),
    }


def _saved(session: Session, invoice: Invoice, summary: PaymentSummary) -> dict[str, object]:
    account = invoice.issuer.stripe_account
    offered = summary.state is State.PAYABLE and saved_methods.may_save(session, invoice=invoice)
    return {
        "saved": saved_methods.current(session, customer_id=invoice.customer_id, account=account),
        "consent": saved_methods.CONSENT if offered else "",
        "future_usage": FUTURE_USAGE,
    }


def _waiting(app: App, invoice: Invoice, summary: PaymentSummary) -> object:
    if summary.state is not State.WAITING or summary.awaited is None:
        return None
    return waiting_view(summary.awaited, invoice.issuer.timezone, app.settings, app.now())


def _form(
    app: App, invoice: Invoice, document: InvoiceDocument, summary: PaymentSummary
) -> dict[str, object]:
    """Return what Stripe's form needs, or `obstacle`: why there is none."""
    currency, settings = document.total.currency, app.settings
    account = invoice.issuer.stripe_account
    script = ScriptData(settings.stripe_publishable_key, account, currency, document.locale)
    # Where a part can be paid online instead, there is a form.
    parts = summary.choice and script.whole(summary.balance)
    asked = None if parts else charge_obstacle(summary.asked.minor, currency)
    return {
        "obstacle": (summary.obstacle or asked) if summary.state is State.PAYABLE else None,
        "script": script,
        "step": _STEPS[exponent(currency)],
        "stripe_js": settings.stripe_js,
        "excluded": " ".join(EXCLUDED),
        "words": script_words(document.locale),
    }
