"""Each act of a payment is one line in the log, once it is committed, and holds no secret."""

from sqlalchemy import Engine
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from paymail.services.payments import confirmation, settlement
from tests.factories import NOW
from tests.services.paying_customer import PayingCustomer


def test_a_payment_is_started_settled_and_confirmed(engine: Engine) -> None:
    customer = PayingCustomer(engine)
    with capture_logs() as lines:
        intent = customer.start()
        customer.gateway.succeed(intent.id)
        confirmation.confirm_payment(customer.context, token=customer.token, intent_id=intent.id)
    assert [line["event"] for line in lines] == [
        "payment started",
        "email queued",
        "payment settled",
        "payment confirmed",
    ]
    started, queued, settled, confirmed = lines
    assert all(
        (line["invoice_id"], line["intent"]) == (502, intent.id) for line in (started, settled, confirmed)
    )
    receipt = customer.mails("receipt")[0]
    assert (queued["kind"], queued["message_id"]) == ("receipt", receipt.message_id)
    assert (queued["invoice_id"], queued["payment_id"]) == (502, receipt.payment_id)
    assert (settled["amount"], settled["currency"], settled["source"]) == (8250, "AUD", "confirm")
    assert customer.token not in str(lines)
    assert intent.client_secret not in str(lines)


def test_a_settlement_that_is_rolled_back_is_not_in_the_log(engine: Engine) -> None:
    customer = PayingCustomer(engine)
    intent = customer.start()
    customer.gateway.succeed(intent.id)
    paid = customer.gateway.retrieve_intent(account=intent.account, intent_id=intent.id)
    with capture_logs() as lines, Session(engine) as session:
        assert settlement.settle(session, intent=paid, source="webhook", now=NOW).recorded_now
        session.rollback()
    assert lines == []
