"""The checker finds each kind of breach, and nothing in books that are in order."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from paymail import db
from paymail.models import MessageState, PaymentStatus
from paymail.ports.payments import IntentStatus
from paymail.services.outbox import queue
from paymail.services.payments import settlement
from paymail.services.sending.invoice_emails import send_invoice
from tests.factories import NOW
from tests.faults import audit, debtors
from tests.faults.audit import Change
from tests.faults.checker import Breach, check, figures
from tests.faults.evidence import Evidence, Row

MAIL = Row(1, "<1@x>", "invoice", MessageState.SENT, "", None, "ab")
RECEIPT = Row(2, "<2@x>", "receipt", MessageState.SENT, "", 7, "cd")
REMINDER = Row(3, "<3@x>", "reminder", MessageState.SENT, "", None, "ef")


def dot(header: str = "<1@x>", reply: str = "250", sha256: str = "ab", **more: Any) -> dict[str, Any]:
    event = {"phase": "dot", "mode": "ok", "message_id": header, "reply": reply, "sha256": sha256}
    return {**event, "accepted": reply == "250", **more}


def moved(old: str, new: str, row: int = 1, fence: int = 1, kind: str = "invoice") -> Change:
    return Change("messages", row, 10, kind, old, new, fence)


STORY = (
    moved("", "scheduled", fence=0),
    moved("scheduled", "sending"),
    moved("sending", "sending"),
    moved("sending", "handover"),
    moved("handover", "sent"),
)
REMINDED = (
    moved("", "scheduled", 3, 0, "reminder"),
    moved("scheduled", "sending", 3, 1, "reminder"),
    moved("sending", "handover", 3, 1, "reminder"),
)
PAID = Change("payments", 7, 10, "", "", "0", 0)
CLEARING = Change("invoices", 10, 10, "", "unpaid", "processing", 0)
PROMISED = (
    {"kind": "message", "message_id": 1, "header_id": "<1@x>"},
    {"kind": "payment", "intent_id": "pi_7"},
)
GOOD = Evidence(
    promised=PROMISED,
    handed=(dot(reply="451"), dot(), dot("<2@x>", sha256="cd"), dot("<3@x>", sha256="ef")),
    messages=(MAIL, RECEIPT, REMINDER),
    payments=((7, "pi_7"),),
    changes=(*STORY, *REMINDED, PAID),
)


def breaches(evidence: Evidence) -> set[Breach]:
    return {finding.breach for finding in check(evidence)}


def messages(**changes: Any) -> Evidence:
    return replace(GOOD, messages=(replace(MAIL, **changes), RECEIPT, REMINDER))


def test_books_in_order_have_no_breach() -> None:
    assert check(GOOD) == []
    assert figures(GOOD)["sent"] == 3
    assert figures(GOOD)["duplicate (breach)"] == 0


BROKEN = {
    "an acknowledged message without a row": (
        replace(GOOD, promised=(*PROMISED, {"kind": "message", "message_id": 9, "header_id": "<9@x>"})),
        Breach.LOST,
    ),
    "an acknowledged payment without a row": (
        replace(GOOD, promised=(*PROMISED, {"kind": "payment", "intent_id": "pi_9"})),
        Breach.LOST,
    ),
    "a message that is still open": (messages(state=MessageState.SENDING), Breach.LOST),
    "a message called sent that no server has": (replace(GOOD, handed=GOOD.handed[2:]), Breach.LOST),
    "two acceptances": (replace(GOOD, handed=(*GOOD.handed, dot())), Breach.DUPLICATE),
    "another try after no answer": (
        replace(GOOD, handed=(dot(reply="", accepted=False), *GOOD.handed)),
        Breach.DUPLICATE,
    ),
    "another try after a refusal for good": (
        replace(GOOD, handed=(dot(reply="554"), *GOOD.handed)),
        Breach.DUPLICATE,
    ),
    "a failure that a server has": (messages(state=MessageState.FAILED, reason="no"), Breach.UNTRUE),
    "an end without a reason": (messages(state=MessageState.UNKNOWN), Breach.UNTRUE),
    "other bytes than were kept": (messages(mime_sha256="zz"), Breach.UNTRUE),
    "a mail without a row": (replace(GOOD, handed=(*GOOD.handed, dot("<9@x>"))), Breach.UNTRUE),
    "a reminder after the payment": (
        replace(GOOD, changes=(*STORY, PAID, *REMINDED)),
        Breach.LATE_REMINDER,
    ),
    "a reminder while a payment clears": (
        replace(GOOD, changes=(*STORY, CLEARING, *REMINDED, PAID)),
        Breach.LATE_REMINDER,
    ),
    "a payment without a receipt": (
        replace(GOOD, messages=(MAIL, REMINDER), handed=(GOOD.handed[1], GOOD.handed[3])),
        Breach.RECEIPT,
    ),
    "two receipts of one payment": (
        replace(GOOD, messages=(*GOOD.messages, replace(RECEIPT, message_id=4, state=MessageState.FAILED))),
        Breach.RECEIPT,
    ),
    "one intent recorded twice": (
        replace(GOOD, payments=(*GOOD.payments, (8, "pi_7"))),
        Breach.RECEIPT,
    ),
    "a move that is in no table": (
        replace(GOOD, changes=(*GOOD.changes, moved("sent", "scheduled"))),
        Breach.MOVE,
    ),
    "an attempt that went where it cannot": (
        replace(
            GOOD, changes=(*GOOD.changes, Change("payment_attempts", 10, 10, "", "succeeded", "open", 0))
        ),
        Breach.MOVE,
    ),
    "a claim that kept its fence": (
        replace(
            GOOD, changes=(*GOOD.changes, moved("", "scheduled", 5, 1), moved("scheduled", "sending", 5))
        ),
        Breach.MOVE,
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_it_finds(name: str) -> None:
    evidence, breach = BROKEN[name]
    assert breach in breaches(evidence)


def test_a_resend_that_was_asked_for_is_no_duplicate() -> None:
    asked = {"kind": "resend", "header_id": "<1@x>"}
    twice = replace(GOOD, handed=(*GOOD.handed, dot()))
    assert check(replace(twice, promised=(*PROMISED, asked))) == []
    assert breaches(replace(twice, promised=(*PROMISED, asked), handed=(*twice.handed, dot())))


def test_the_witness_writes_every_change_down_in_order(engine: Engine) -> None:
    audit.install(engine)
    with db.transaction(engine) as session:
        debtors.make_debtor(session, 10)
        debtors.open_intent(session, 10, NOW)
        message_id = send_invoice(session, invoice_id=10, actor="test", now=NOW).message_id
    with db.transaction(engine) as session:
        queue.claim(session, now=NOW, lease=NOW - NOW.replace(year=2025))
    with db.transaction(engine) as session:
        news = debtors.intent(10, IntentStatus.SUCCEEDED)
        settlement.settle(session, intent=news, source="webhook", now=NOW)
    changes = audit.changes(engine)
    of_message = [
        (c.old, c.new, c.fence, c.kind) for c in changes if (c.what, c.row) == ("messages", message_id)
    ]
    states = [
        ("", "scheduled", 0),
        ("scheduled", "sending", 1),
        ("sending", "scheduled", 2),
    ]  # as paid, again
    assert of_message == [(*state, "invoice") for state in states]
    assert [(c.old, c.new) for c in changes if c.what == "invoices"] == [("", "unpaid"), ("unpaid", "paid")]
    assert [(c.invoice, c.new) for c in changes if c.what == "payments"] == [(10, "0")]
    assert [c.new for c in changes if c.what == "payment_attempts"] == ["open", "succeeded"]


def test_the_witness_forgets_what_was_rolled_back(engine: Engine) -> None:
    audit.install(engine)
    with Session(engine) as session:
        debtors.make_debtor(session, 10).payment_status = PaymentStatus.PROCESSING
        session.flush()
        session.rollback()
    assert audit.changes(engine) == []
