"""No email holds a dead link, a replaced link is dead at once, and an erased customer gets none."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from paymail import db
from paymail.models import AttemptStatus, Invoice, InvoiceStatus, Message, MessageState, PaymentAttempt
from paymail.ports.mail import Outcome, Verdict
from paymail.ports.rendering import Letter, Written
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses, erasure, link_requests
from paymail.services.delivery import deliveries
from paymail.services.issuers import issuer_settings, setting_texts
from paymail.services.links import lookup, pay_links
from paymail.services.links.lookup import LinkExpired, LinkReplaced, NoSuchLink
from paymail.services.links.pay_links import AFTER_SENDING, NoLinkAllowed
from paymail.services.outbox import suppressions
from paymail.services.payments import checkout
from paymail.services.reminders import by_hand
from paymail.services.reminders.preferences import BadPreference
from tests.factories import NOW, PlainWriter
from tests.services.emailed_invoice import EmailedInvoice
from tests.services.imports.host_files import bring, rows, text_of

DUE_END = datetime(2026, 5, 11, 14, 0, tzinfo=UTC)
"""The end of 11 May 2026 in Sydney: 30 days after 502 is due."""


class LinkWriter(PlainWriter):
    """Writes the link into the bytes, and does something first, as slow rendering gives time for."""

    def __init__(self) -> None:
        self.meanwhile = [lambda: None]

    def write(self, letter: Letter) -> Written:
        if self.meanwhile:
            self.meanwhile.pop()()
        written = super().write(letter)
        url = str(getattr(letter.email, "payment_url", ""))
        return Written(
            written.subject, written.mime + url.encode(), written.pdf, written.sender, written.recipients
        )


@pytest.fixture
def writer(emailed: EmailedInvoice) -> LinkWriter:
    found = LinkWriter()
    object.__setattr__(emailed.context, "writer", found)
    return found


def end(emailed: EmailedInvoice, invoice_id: int = 502) -> datetime | None:
    return emailed.invoice(invoice_id).payment_token_expires_at


def token(emailed: EmailedInvoice) -> str:
    return emailed.invoice().payment_token or ""


def regenerate(emailed: EmailedInvoice) -> str:
    emailed.change(lambda s: pay_links.regenerate(s, invoice_id=502, actor="vera", now=emailed.clock))
    return token(emailed)


def revoke(emailed: EmailedInvoice) -> None:
    emailed.change(lambda s: pay_links.revoke(s, invoice_id=502, actor="vera", now=emailed.clock))


def renew(emailed: EmailedInvoice, which: str) -> None:
    emailed.change(lambda s: link_requests.request_new_link(s, token=which, now=emailed.clock))


def opens(emailed: EmailedInvoice, which: str) -> bool:
    with db.reading(emailed.engine) as session:
        try:
            lookup.find_by_token(session, token=which, now=emailed.clock)
        except (NoSuchLink, LinkReplaced):
            return False
    return True


def expire(emailed: EmailedInvoice) -> str:
    emailed.set(payment_token_expires_at=emailed.clock - timedelta(seconds=1))
    return token(emailed)


def start_paying(emailed: EmailedInvoice) -> None:
    checkout.start_payment(
        GatewayContext(emailed.context.transaction, emailed.now, emailed.gateway), token=token(emailed)
    )


def attempt(emailed: EmailedInvoice) -> PaymentAttempt:
    with db.reading(emailed.engine) as session:
        return session.scalars(select(PaymentAttempt)).one()


def test_an_imported_invoice_has_a_link_that_ends_by_the_issuers_calendar(emailed: EmailedInvoice) -> None:
    bring(emailed.engine, text_of(rows({"invoice_id": "700"})))
    emailed.change(lambda s: setattr(load_invoice(s, invoice_id=700).issuer, "link_days", None))
    bring(emailed.engine, text_of(rows({"invoice_id": "701"})))
    assert end(emailed, 700) == datetime(2026, 4, 30, 14, 0, tzinfo=UTC)  # 30 days after 31 March
    assert end(emailed, 701) is None


@pytest.mark.parametrize(
    ("days", "now", "expected"),
    [
        (30, NOW, DUE_END),
        (0, NOW, datetime(2026, 4, 11, 14, 0, tzinfo=UTC)),  # 11 April ends in standard time
        (None, NOW, None),
        (30, DUE_END + timedelta(days=60), DUE_END + timedelta(days=74)),
        (30, DUE_END - timedelta(days=13), DUE_END + timedelta(days=1)),
    ],
)
def test_a_link_ends_with_the_day_that_is_link_days_after_due_but_never_soon_after_an_email(
    emailed: EmailedInvoice, days: int | None, now: datetime, expected: datetime | None
) -> None:
    with db.reading(emailed.engine) as session:
        issuer = emailed.issuer(session)
        issuer.link_days = days
        assert pay_links.end_of(issuer, due=emailed.invoice().due_date, now=now) == expected


def test_a_reminder_long_after_due_revives_the_link_that_it_holds(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    emailed.set(payment_token_expires_at=DUE_END)
    emailed.at("2026-06-10 10:00")
    emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="vera", now=emailed.clock))
    assert emailed.turn() == 1
    assert token(emailed).encode() in emailed.mailer.delivered[0].mime
    assert end(emailed) == emailed.clock + AFTER_SENDING


def test_each_further_try_of_an_email_has_the_link_live_on(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    emailed.set(payment_token_expires_at=DUE_END)
    emailed.clock = DUE_END
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "busy", phase="dot")]
    emailed.send()
    assert emailed.turn() == 1  # refused after the dot
    emailed.clock += timedelta(days=1)
    assert emailed.turn() == 1
    assert end(emailed) == emailed.clock + AFTER_SENDING
    assert len({envelope.mime for envelope in emailed.mailer.delivered}) == 1


@pytest.mark.parametrize("days", [1, None])
def test_no_link_ends_sooner_because_an_email_goes_out(emailed: EmailedInvoice, days: int | None) -> None:
    far = NOW + timedelta(days=400)
    for present in (None, far):
        emailed.set(payment_token_expires_at=present)
        emailed.change(lambda s: setattr(emailed.issuer(s), "link_days", days))
        emailed.send(again=True)
        emailed.turn()
        assert end(emailed) == (present if days else None)


def test_a_notice_to_staff_holds_no_link_and_moves_no_end(emailed: EmailedInvoice) -> None:
    emailed.set(payment_token_expires_at=NOW + timedelta(days=1))
    message_id = emailed.send()
    emailed.change(lambda s: setattr(s.get_one(Message, message_id), "kind", "notice"))
    emailed.turn()
    assert end(emailed) == NOW + timedelta(days=1)


def test_a_new_link_kills_the_old_one_at_once(emailed: EmailedInvoice) -> None:
    old = token(emailed)
    new = regenerate(emailed)
    assert (opens(emailed, old), opens(emailed, new)) == (False, True)
    assert end(emailed) == DUE_END
    with db.reading(emailed.engine) as session:
        (event,) = [e for e in history(session, invoice_id=502) if e.kind == pay_links.REGENERATED]
    assert (event.actor, event.detail) == ("vera", "")


def test_a_second_click_on_regenerate_changes_nothing(emailed: EmailedInvoice) -> None:
    was = pay_links.fingerprint(emailed.invoice())
    for _ in range(2):
        emailed.change(
            lambda s: pay_links.regenerate(s, invoice_id=502, actor="vera", now=emailed.clock, was=was)
        )
    assert emailed.timeline().count(pay_links.REGENERATED) == 1


@pytest.mark.parametrize("way", [regenerate, revoke])
def test_the_payment_that_the_old_link_began_is_withdrawn(emailed: EmailedInvoice, way: object) -> None:
    start_paying(emailed)
    way(emailed)  # type: ignore[operator]
    assert attempt(emailed).status is AttemptStatus.CANCELLING


def test_a_payment_that_is_clearing_is_left_alone(emailed: EmailedInvoice) -> None:
    start_paying(emailed)
    emailed.change(
        lambda s: setattr(s.scalars(select(PaymentAttempt)).one(), "status", AttemptStatus.PROCESSING)
    )
    regenerate(emailed)
    assert attempt(emailed).status is AttemptStatus.PROCESSING


def test_an_email_that_waits_is_written_with_the_new_link(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 421, "busy", phase="connect")]
    emailed.send()
    old = token(emailed)
    assert emailed.turn() == 0  # written with the old link, and refused before the hand-over
    new = regenerate(emailed)
    emailed.clock += timedelta(hours=1)
    assert emailed.turn() == 1
    assert new.encode() in emailed.mailer.delivered[0].mime
    assert old.encode() not in emailed.mailer.delivered[0].mime


def test_an_email_that_is_being_written_is_not_handed_over_with_the_old_link(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    writer.meanwhile = [lambda: regenerate(emailed)]
    emailed.send()
    assert emailed.turn() == 1
    assert [token(emailed).encode() in e.mime for e in emailed.mailer.delivered] == [True]
    assert emailed.message().state is MessageState.SENT


def test_an_email_whose_link_is_replaced_at_the_hand_over_goes_out_with_the_new_one(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    once = [lambda: regenerate(emailed)]
    object.__setattr__(
        emailed.context, "failpoint", lambda name: once.pop()() if name == "prepared" and once else None
    )
    emailed.send()
    assert emailed.turn() == 1
    assert token(emailed).encode() in emailed.mailer.delivered[0].mime


def test_a_resend_of_an_email_in_doubt_holds_the_new_link(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    emailed.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "busy", phase="dot")]
    emailed.send()
    assert emailed.turn() == 1
    old, new = token(emailed), regenerate(emailed)
    emailed.clock += timedelta(hours=1)
    assert emailed.turn() == 1
    assert [old.encode() in e.mime for e in emailed.mailer.delivered] == [True, False]
    assert new.encode() in emailed.mailer.delivered[1].mime


def test_a_revoked_link_leads_nowhere_and_emails_go_on_without_one(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    emailed.send()
    old = token(emailed)
    revoke(emailed)
    revoke(emailed)
    assert (token(emailed), end(emailed), opens(emailed, old)) == ("", None, False)
    assert emailed.timeline().count(pay_links.REVOKED) == 1
    assert emailed.turn() == 1
    assert b"/pay/" not in emailed.mailer.delivered[0].mime
    assert token(emailed) == ""


@pytest.mark.parametrize("by", ["send", "remind"])
def test_staff_who_send_an_invoice_without_a_link_give_it_one(emailed: EmailedInvoice, by: str) -> None:
    revoke(emailed)
    if by == "send":
        emailed.send()
    else:
        emailed.change(lambda s: by_hand.remind_by_hand(s, invoice_id=502, actor="vera", now=NOW))
    assert len(token(emailed)) == 64
    assert emailed.timeline().count(pay_links.MADE) == 1
    revoke(emailed)
    if by == "send":
        emailed.send()  # the same message: nobody asked for another email
        assert token(emailed) == ""


def test_the_ladder_gives_no_link_to_an_invoice_whose_link_was_revoked(emailed: EmailedInvoice) -> None:
    revoke(emailed)
    emailed.at("2026-04-13 09:30")  # the first business day after it was due
    assert emailed.turn() == 1
    assert token(emailed) == ""


def test_an_erased_customers_invoice_never_gets_a_link_again(emailed: EmailedInvoice) -> None:
    old = token(emailed)
    emailed.pay()
    emailed.turn()
    with db.transaction(emailed.engine) as session:
        customer_id = session.get_one(Invoice, 502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="vera", now=emailed.clock)
    emailed.set(amount_paid=0)  # whatever made it owed again
    with pytest.raises(NoLinkAllowed):
        regenerate(emailed)
    emailed.send()
    renew(emailed, old)
    assert token(emailed) == ""


def test_an_ended_link_is_renewed_once_to_the_address_on_file(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    old = expire(emailed)
    start = emailed.invoice().payment_token_expires_at
    renew(emailed, old)
    renew(emailed, old)
    (message,) = emailed.messages()
    assert (message.kind, message.recipient, message.actor) == ("link", "c502@customer.example", "customer")
    assert token(emailed) != old
    assert start is not None
    assert (end(emailed) or start) > emailed.clock + AFTER_SENDING - timedelta(seconds=1)
    assert emailed.turn() == 1
    assert token(emailed).encode() in emailed.mailer.delivered[0].mime
    assert emailed.timeline().count(pay_links.RENEWED) == 1
    with pytest.raises(LinkReplaced), db.reading(emailed.engine) as session:
        lookup.find_by_token(session, token=old, now=emailed.clock)


def test_a_replaced_link_never_ends_the_newer_one_but_renews_one_that_has_ended(
    emailed: EmailedInvoice,
) -> None:
    old = token(emailed)
    new = regenerate(emailed)
    renew(emailed, old)
    assert (token(emailed), len(emailed.messages("link"))) == (new, 1)
    emailed.clock += timedelta(hours=1)
    expire(emailed)
    renew(emailed, old)
    assert token(emailed) not in (old, new)
    assert len(emailed.messages("link")) == 2
    emailed.clock += timedelta(hours=1)
    revoke(emailed)
    renew(emailed, old)
    assert len(emailed.messages("link")) == 2


def test_a_renewed_link_is_not_renewed_again_within_the_hour(emailed: EmailedInvoice) -> None:
    renew(emailed, expire(emailed))
    emailed.clock += timedelta(minutes=59)
    renew(emailed, expire(emailed))
    assert len(emailed.messages("link")) == 1
    emailed.clock += timedelta(minutes=1)
    renew(emailed, expire(emailed))
    assert len(emailed.messages("link")) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"status": InvoiceStatus.VOID},
        {"status": InvoiceStatus.DRAFT},
        {"amount_paid": 8250},
        {"payment_token_expires_at": NOW + timedelta(days=1)},
        {"payment_token_expires_at": None},
    ],
)
def test_nobody_gets_an_email_for_a_link_that_needs_none(
    emailed: EmailedInvoice, change: dict[str, object]
) -> None:
    old = expire(emailed)
    emailed.set(**change)
    for which in (old, "0" * 64, "", "x", old.upper(), old + "0", "é\x00"):
        renew(emailed, which)
    assert emailed.messages() == []
    assert token(emailed) == old


def test_nothing_is_renewed_for_an_address_that_takes_no_mail(emailed: EmailedInvoice) -> None:
    old = expire(emailed)
    emailed.change(
        lambda s: addresses.suppress(
            s, address="c502@customer.example", why="gone", actor="vera", now=emailed.clock
        )
    )
    renew(emailed, old)
    assert (emailed.messages(), token(emailed)) == ([], old)
    with db.reading(emailed.engine) as session:
        assert suppressions.active(session, address="c502@customer.example") is not None
    with pytest.raises(LinkExpired), db.reading(emailed.engine) as session:
        lookup.find_by_token(session, token=old, now=emailed.clock)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda emailed: emailed.set(status=InvoiceStatus.VOID), "the invoice is void"),
        (lambda emailed: emailed.set(amount_paid=8250), "already paid"),
        (revoke, "the link was revoked"),
    ],
)
def test_a_queued_link_is_not_sent_when_it_leads_nowhere_any_more(
    emailed: EmailedInvoice, meanwhile: object, reason: str
) -> None:
    renew(emailed, expire(emailed))
    meanwhile(emailed)  # type: ignore[operator]
    assert emailed.turn() == 0
    assert (emailed.message().state, emailed.message().reason) == (MessageState.SUPPRESSED, reason)


@pytest.mark.parametrize("days", [-1, 3651])
def test_the_end_of_links_is_set_per_issuer_within_reason(emailed: EmailedInvoice, days: int) -> None:
    with pytest.raises(BadPreference), db.transaction(emailed.engine) as session:
        issuer_settings.set_up_issuer(
            session, issuer=emailed.issuer(session), actor="test", changes={"link_days": days}, now=NOW
        )
    for good in (0, 3650, None):
        emailed.change(
            lambda s, good=good: issuer_settings.set_up_issuer(  # type: ignore[misc]
                s, issuer=emailed.issuer(s), actor="test", changes={"link_days": good}, now=NOW
            )
        )
        with db.reading(emailed.engine) as session:
            assert emailed.issuer(session).link_days == good
    assert (setting_texts.link_days("never"), setting_texts.link_days("45")) == (None, 45)
    for bad in ("", "soon", "-1", "1.5", "٣", "12345"):
        with pytest.raises(BadPreference):
            setting_texts.link_days(bad)


def test_of_many_who_ask_at_once_one_gets_a_link(emailed: EmailedInvoice) -> None:
    old = expire(emailed)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: renew(emailed, old), range(8)))
    assert len(emailed.messages("link")) == 1
    assert emailed.timeline().count(pay_links.RENEWED) == 1


def test_what_is_handed_over_after_a_link_was_replaced_holds_the_new_one(
    emailed: EmailedInvoice, writer: LinkWriter
) -> None:
    for _ in range(12):
        emailed.send(again=True)
    with ThreadPoolExecutor(2) as pool:
        sweeps = [pool.submit(deliveries.sweep, emailed.context) for _ in range(2)]
        for _ in range(4):
            regenerate(emailed)
        before = len(emailed.mailer.delivered)
        for sweep in sweeps:
            sweep.result()
    deliveries.sweep(emailed.context)
    assert {m.state for m in emailed.messages()} == {MessageState.SENT}
    assert len(emailed.mailer.delivered) == 12
    # One per sweep may have been granted its hand-over before the last link and be recorded after it.
    for envelope in emailed.mailer.delivered[before + 2 :]:
        assert token(emailed).encode() in envelope.mime
