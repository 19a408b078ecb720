"""What must hold after every step of the state machine test."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select

from paymail import db
from paymail.models import Message, Payment
from tests.faults.model import Model

WITH_REASON = ("failed", "cancelled", "suppressed", "unknown")


def agree(engine: Engine, model: Model, handed: Mapping[str, Sequence[str]]) -> None:
    """Fail unless every row is as the model says, ends have reasons, and nothing was handed over twice.

    `handed` are the mail server's answers to each dot, by Message-ID.
    """
    with db.reading(engine) as session:
        rows = session.scalars(select(Message)).all()
        paid = session.scalars(select(Payment.invoice_id)).all()
    found = {row.message_id: (str(row.state), row.fence, row.attempts) for row in rows}
    assert found == {n: (mail.state, mail.fence, mail.tries) for n, mail in model.mails.items()}
    assert sorted(paid) == [n for n, bill in model.bills.items() if bill.money == "paid"]
    assert all(row.reason for row in rows if row.state in WITH_REASON)
    for header, answers in handed.items():
        assert all(answer == "later" for answer in answers[:-1]), (header, answers)
