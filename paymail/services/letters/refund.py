"""The email about money that goes back, with its credit note."""

from paymail.documents import CreditNoteDocument
from paymail.emails import RefundEmail
from paymail.errors import InvalidInput
from paymail.models import Channel, Payment, Refund
from paymail.money import Money
from paymail.services.core.documents import WAYS
from paymail.services.core.invoices import local_date
from paymail.services.letters.credit_notes import credit_note_document, credit_note_number
from paymail.services.letters.kind import Group, Kind, Source
from paymail.services.letters.letterhead import bill_of, letterhead
from paymail.services.letters.send_rules import always


class NoRefund(InvalidInput):
    """The message about a refund names none."""

    code = "no_refund"


def refund_email(source: Source) -> RefundEmail:
    """Return the context of the email about a refund."""
    refund, bill = _refund(source), bill_of(source)
    by_card = refund.channel is Channel.STRIPE
    note = credit_note_document(source.invoice, refund) if refund.credit_note else None
    nothing = Money(0, refund.currency)
    return RefundEmail(
        **letterhead(bill),
        credit_note=credit_note_number(refund),
        refunded_on=local_date(source.invoice.issuer, refund.created_at),
        amount=Money(refund.amount, refund.currency),
        by_card=by_card,
        method=_method(source, refund),
        reason=refund.reason,
        tax_name=bill.tax_name,
        net=note.net if note else nothing,
        tax=note.tax if note else nothing,
        credited=note.total if note else nothing,
        invoice_total=bill.total,
        before=note.before if note else None,
        after=note.after if note else None,
        balance=bill.balance,
        adjustment=note is not None and note.adjustment,
        planned=source.invoice.plan is not None,
    )


def _method(source: Source, refund: Refund) -> str:
    if refund.channel is Channel.STRIPE:
        return source.session.get_one(Payment, refund.payment_id).method
    return WAYS[refund.channel] if refund.payment_id else ""


def _credit_note(source: Source) -> CreditNoteDocument | None:
    refund = _refund(source)
    return credit_note_document(source.invoice, refund) if refund.credit_note else None


def _refund(source: Source) -> Refund:
    found = source.session.get(Refund, source.message.refund_id) if source.message.refund_id else None
    if found is None:
        raise NoRefund(f"message {source.message.message_id} does not say which refund it is about")
    return found


KIND = Kind(email=refund_email, document=_credit_note, threaded=True, group=Group.RECEIPTS, send_rule=always)
