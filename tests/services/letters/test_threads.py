"""Every email about an invoice answers the first one, so that a mail reader shows one conversation."""

from paymail.models import Message
from paymail.services.customers import statement_emails
from paymail.services.letters.kinds import KINDS
from paymail.services.letters.letters import letter_for
from paymail.services.payments import adjustments
from tests.services.emailed_invoice import EmailedInvoice

ALONE = {"notice", "copy", "answer", "statement"}
"""They go to somebody else than the first email did; a statement is about no one invoice."""


def answers(emailed: EmailedInvoice, message: Message) -> str:
    with emailed.context.transaction() as session:
        merged = session.merge(message)
        return letter_for(session, message=merged, public_url="https://x", date=emailed.clock).in_reply_to


def test_all_kinds_for_the_customer_are_threaded() -> None:
    assert {kind.value for kind, entry in KINDS.items() if not entry.threaded} == ALONE


def test_what_follows_answers_the_invoice_email(emailed: EmailedInvoice) -> None:
    emailed.send()
    emailed.turn()
    emailed.pay()
    (first,), (receipt,) = emailed.messages("invoice"), emailed.messages("receipt")
    assert answers(emailed, first) == ""
    assert answers(emailed, receipt) == first.header_id


def test_where_the_host_mailed_the_invoice_it_answers_the_first_reminder(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-20T10:00")
    emailed.turn()
    with emailed.context.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="a duplicate", actor="amy", now=emailed.clock)
    sent = [message for message in emailed.messages("reminder") if message.handed_over_at]
    (void,) = emailed.messages("void")
    assert answers(emailed, void) == sent[0].header_id


def test_a_statement_begins_no_conversation_about_an_invoice(emailed: EmailedInvoice) -> None:
    with emailed.context.transaction() as session:
        statement_emails.send_statement(session, customer_id=1, key="a-click", actor="ann", now=emailed.clock)
    emailed.turn()
    emailed.send()
    (statement,), (first,) = emailed.messages("statement"), emailed.messages("invoice")
    assert statement.handed_over_at is not None
    assert answers(emailed, first) == ""
