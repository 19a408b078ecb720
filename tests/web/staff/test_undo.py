"""What a page says after an act, and the button that takes it back while that is safe."""

import re

from sqlalchemy import select

from paymail.models import HoldOrigin, MessageState, ReminderHold, Role
from paymail.services.sending import bulk
from tests.web.conftest import Biller
from tests.web.two_issuers import become


def undo(biller: Biller, page: str) -> str:
    """Press Undo; return the page that follows."""
    form = re.search(r'<form method="post" action="/staff([^"]+)">((?:(?!</form>).)*?) Undo</button>', page)
    assert form is not None, "no Undo"
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[2])
    return biller.post(form[1], **{name: value for name, value in fields if name != "csrf"})


def holds(biller: Biller) -> list[ReminderHold]:
    with biller.site.app.reading() as session:
        return list(session.scalars(select(ReminderHold).where(ReminderHold.lifted_at.is_(None))))


def test_a_hold_is_released_and_placed_again_with_its_reason_and_end(biller: Biller) -> None:
    biller.site.invoice()
    page = biller.post("/invoices/502/hold", reason="promised", until="2026-03-20", note="by phone")
    (first,) = holds(biller)
    page = undo(biller, page)
    assert "The hold is released." in page
    assert holds(biller) == []
    assert "The reminders wait." in undo(biller, page)
    (again,) = holds(biller)
    assert (again.reason, again.until, again.detail) == (first.reason, first.until, "by phone")


def test_a_hold_that_replaced_another_is_not_taken_back(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="promised", until="2026-03-20", note="")
    page = biller.post("/invoices/502/hold", reason="promised", until="2026-03-25", note="")
    assert "The reminders wait." in page
    assert "Undo</button>" not in page


def test_a_hold_that_came_since_is_not_ended_by_taking_back_a_release(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="promised", until="2026-03-20", note="by phone")
    (first,) = holds(biller)
    biller.post("/invoices/502/release", reason="promised")
    for act, offered in (("release", True), ("hold", False)):
        page = biller.get(f"/invoices/502?did={act}&of={first.hold_id}")
        assert ("Undo</button>" in page) is offered, act
    biller.post("/invoices/502/hold", reason="promised", until="2026-03-25", note="")
    assert "Undo</button>" not in biller.get(f"/invoices/502?did=release&of={first.hold_id}")


def test_what_a_customer_wrote_does_not_come_back_as_ours(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="claimed", until="", note="paid it by transfer")
    with biller.site.app.transaction() as session:
        session.query(ReminderHold).one().origin = HoldOrigin.CUSTOMER
    page = biller.post("/invoices/502/release", reason="claimed")
    assert "The hold is released." in page
    assert "Undo</button>" not in page


def test_what_somebody_scheduled_since_is_neither_cancelled_nor_doubled(biller: Biller) -> None:
    biller.site.invoice()
    assert "Undo</button>" in biller.post("/invoices/502/send", sequence=1, when="at", at="2026-03-20T09:00")
    (first,) = biller.messages()
    again = biller.post("/invoices/502/send", sequence=1, when="at", at="2026-03-20T09:00")
    assert "Undo</button>" not in again, "it was there before"
    assert "Undo</button>" in biller.post(f"/messages/{first.message_id}/cancel")
    biller.post("/invoices/502/send", sequence=2, when="at", at="2026-03-21T09:00")
    assert "Undo</button>" not in biller.get(f"/invoices/502?did=send&of={first.message_id}")
    assert "Undo</button>" not in biller.get(f"/messages/{first.message_id}?did=cancelled")


def test_a_scheduled_email_is_cancelled_and_scheduled_again_for_its_time(biller: Biller) -> None:
    biller.site.invoice()
    page = biller.post("/invoices/502/send", sequence=1, when="at", at="2026-03-20T09:00")
    page = undo(biller, page)
    assert "The email is cancelled." in page
    undo(biller, page)
    cancelled, waits = biller.messages()
    assert (cancelled.state, waits.state) == (MessageState.CANCELLED, MessageState.SCHEDULED)
    assert waits.next_at == cancelled.next_at


def test_what_goes_out_at_once_cannot_be_taken_back(biller: Biller) -> None:
    biller.site.invoice()
    assert "Undo</button>" not in biller.post("/invoices/502/send", sequence=1)


def test_a_blocked_address_is_taken_off_and_blocked_again(biller: Biller) -> None:
    page = biller.post("/suppressions", address="a@b.example", why="asked for it")
    assert "The address is blocked" in page
    page = undo(biller, page)
    assert "Emails go to the address again." in page
    assert "asked for it" in undo(biller, page)
    assert "Undo</button>" not in biller.post("/suppressions", address="A@b.example", why="again")


def test_a_pause_is_taken_back_while_the_batch_stands_so(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/bulk", filter="payment=owed", when="at", at="2026-03-20T09:00", request_key="k" * 16)
    page = biller.post("/bulk/1/pause")
    assert "The batch is paused." in page
    assert "The batch goes on." in undo(biller, page)
    assert "Undo</button>" not in biller.get("/bulk/1?did=pause")


def test_the_invoice_of_a_paused_batch_names_no_time(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/bulk", filter="payment=owed", when="at", at="2026-03-20T09:00", request_key="k" * 16)
    bulk.expand_all(biller.site.app.context())
    head = biller.get("/invoices/502").partition('id="emails"')[0]
    assert "Fri 20 Mar, 9:00 am</time>" in head
    biller.post("/bulk/1/pause")
    page = biller.get("/invoices/502")
    assert "The invoice email is paused." in page
    assert "20 Mar" not in page[: page.index("Open the batch")]


def test_undo_is_offered_to_nobody_who_may_not_do_it(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/hold", reason="promised", until="2026-03-20", note="")
    (hold,) = holds(biller)
    address = f"/invoices/502?did=hold&of={hold.hold_id}"
    assert "Undo</button>" in biller.get(address)
    for nothing in ("did=hold&of=999", "did=hold&of=x", "did=hold", "did=void&of=1"):
        assert "Undo</button>" not in biller.get(f"/invoices/502?{nothing}")
    become(biller.site, Role.VIEWER, None)
    assert "Undo</button>" not in biller.get(address)


def test_settling_a_doubt_and_removing_a_view_say_so(biller: Biller) -> None:
    biller.site.invoice()
    biller.post("/invoices/502/send", sequence=1)
    biller.site.doubt(1)
    assert "Settled: it arrived." in biller.post("/messages/1/resolve", answer="sent", why="they said so")
    assert "The view is saved." in biller.post("/views", name="Mine", query="payment=owed")
    assert "The view is removed." in biller.post("/views/1/remove")
