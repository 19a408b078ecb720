"""Who was asked for money learns that an invoice is void, once, and nobody else does."""

from paymail.models import MessageState
from paymail.services.payments import adjustments
from tests.services.emailed_invoice import EmailedInvoice


def void(emailed: EmailedInvoice, actor: str = "amy") -> None:
    with emailed.context.transaction() as session:
        adjustments.void(session, invoice_id=502, reason="a duplicate", actor=actor, now=emailed.clock)


def test_the_customer_of_an_emailed_invoice_is_told_once_that_it_is_void(emailed: EmailedInvoice) -> None:
    emailed.send()
    emailed.turn()
    void(emailed)
    emailed.turn()
    emailed.turn()
    (message,) = emailed.messages("void")
    assert message.state is MessageState.SENT
    assert len(emailed.mailer.delivered) == 2


def test_whoever_was_never_mailed_is_not_told(emailed: EmailedInvoice) -> None:
    void(emailed)
    assert emailed.messages("void") == []


def test_an_invoice_email_that_still_waits_is_withdrawn_and_nothing_told(emailed: EmailedInvoice) -> None:
    emailed.send()
    void(emailed)
    emailed.turn()
    assert emailed.messages("void") == []
    assert [message.state for message in emailed.messages()] == [MessageState.SUPPRESSED]
    assert emailed.mailer.delivered == []


def test_a_reminder_alone_counts_as_having_been_mailed(emailed: EmailedInvoice) -> None:
    emailed.at("2026-04-20T10:00")
    emailed.turn()
    assert MessageState.SENT in [message.state for message in emailed.messages("reminder")]
    void(emailed, actor="host")
    assert len(emailed.messages("void")) == 1
