"""What is owed again, or not any more, after money went back: no payment is lost, no volley goes out."""

from sqlalchemy import Engine

from paymail.models import Channel, PaymentStatus
from paymail.reversals import GatewayDispute
from paymail.services import refunding
from paymail.services.refunding import RefundOrder
from tests.services.till import Till

AMY = "amy@staff.example"


def refund(
    till: Till,
    amount: int,
    payment_id: int = 1,
    channel: Channel = Channel.STRIPE,
    *,
    owed_again: bool = False,
) -> None:
    order = RefundOrder(amount, channel, "one hour less", owed_again)
    with till.transaction() as session:
        refunding.request(session, payment_id=payment_id, order=order, actor=AMY, now=till.now)


def dispute(till: Till, status: str, amount: int = 8250, intent_id: str = "pi_1", name: str = "dp_1") -> None:
    till.gateway.disputes[name] = GatewayDispute(name, intent_id, amount, "AUD", status, "fraudulent", 1)
    till.tell("charge.dispute.updated", intent_id)


def test_what_is_paid_again_after_a_part_refund_and_a_lost_dispute_is_recorded(engine: Engine) -> None:
    till = Till(engine)
    till.pay()
    refund(till, 2000)
    refunding.carry_out(till.cashier)
    dispute(till, "lost", 6250)
    assert till.invoice().payment_status is PaymentStatus.UNPAID
    till.pay()
    assert till.invoice().payment_status is PaymentStatus.PARTIALLY_REFUNDED
