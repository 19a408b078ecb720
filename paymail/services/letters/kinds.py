"""Every kind of email, with what it consists of."""

from paymail.models import MessageKind
from paymail.services.letters import (
    answer,
    copy,
    invoice,
    link,
    notice,
    payment_failed,
    plan,
    receipt,
    refund,
    reminder,
    statement_email,
    void,
)
from paymail.services.letters.kind import Kind

KINDS: dict[MessageKind, Kind] = {
    MessageKind.INVOICE: invoice.KIND,
    MessageKind.RECEIPT: receipt.KIND,
    MessageKind.REMINDER: reminder.KIND,
    MessageKind.NOTICE: notice.KIND,
    MessageKind.REFUND: refund.KIND,
    MessageKind.PAYMENT_FAILED: payment_failed.KIND,
    MessageKind.LINK: link.KIND,
    MessageKind.PLAN: plan.KIND,
    MessageKind.VOID: void.KIND,
    MessageKind.COPY: copy.KIND,
    MessageKind.ANSWER: answer.KIND,
    MessageKind.STATEMENT: statement_email.KIND,
}
