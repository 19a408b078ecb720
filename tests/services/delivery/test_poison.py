"""What nobody foresaw about one event stops neither the other events nor the mail."""

from paymail import db
from paymail.models import GatewayEvent, GatewayEventState, PaymentStatus
from paymail.ports.payments import Event, Intent
from paymail.services.core.contexts import GatewayContext
from paymail.services.payments import checkout, webhook_inbox
from tests.factories import LedgerGateway
from tests.services.emailed_invoice import EmailedInvoice


class BrittleGateway(LedgerGateway):
    """Fails over one intent in a way that no port declares."""

    poison = ""

    def retrieve_intent(self, *, account: str, intent_id: str, brief: bool = False) -> Intent:
        if intent_id == self.poison:
            raise TypeError("an answer that nobody foresaw")
        return super().retrieve_intent(account=account, intent_id=intent_id)


def test_an_event_that_cannot_be_worked_on_does_not_stop_the_others(emailed: EmailedInvoice) -> None:
    gateway = BrittleGateway()
    context = GatewayContext(emailed.context.transaction, emailed.now, gateway)
    emailed.add_invoice(503)
    for number in (502, 503):
        intent = checkout.start_payment(context, token=emailed.invoice(number).payment_token or "")
        gateway.succeed(intent.id)
        event = Event(f"evt_{number}", "payment_intent.succeeded", "acct_sandbox", False, intent.id, 1)
        with db.transaction(emailed.engine) as session:
            webhook_inbox.receive_event(session, event=event, live=False, now=emailed.clock)
        gateway.poison = gateway.poison or intent.id
    webhook_inbox.work_events(context)
    assert emailed.invoice(503).payment_status is PaymentStatus.PAID
    with db.reading(emailed.engine) as session:
        stuck = session.get_one(GatewayEvent, "evt_502")
    assert (stuck.state, stuck.attempts) == (GatewayEventState.RECEIVED, 1)
    assert stuck.next_at > emailed.clock
    assert "TypeError" in stuck.reason
