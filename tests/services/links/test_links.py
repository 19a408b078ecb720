"""No email holds a dead link, a replaced link is dead at once, and an erased customer gets none."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from paymail import db
from paymail.emails import Tone
from paymail.models import AttemptStatus, Invoice, InvoiceStatus, Message, MessageState, PaymentAttempt
from paymail.ports.mail import Outcome, Verdict
from paymail.ports.rendering import Letter, Written
from paymail.services.core.contexts import GatewayContext
from paymail.services.core.history import history
from paymail.services.core.invoices import load_invoice
from paymail.services.customers import addresses, erasure, link_requests
from paymail.services.delivery import deliveries
from paymail.services.issuers import issuer_settings
from paymail.services.links import lookup, pay_links
from paymail.services.links.lookup import LinkExpired, NoSuchLink
from paymail.services.links.pay_links import AFTER_SENDING, NoLinkAllowed
from paymail.services.outbox import suppressions
from paymail.services.payments import checkout
from paymail.services.reminders import planner
from paymail.services.reminders.preferences import BadPreference
from tests.factories import NOW, PlainWriter
from tests.services.bench import Bench
from tests.services.imports.test_imports import bring, rows, text_of

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
def writer(bench: Bench) -> LinkWriter:
    found = LinkWriter()
    object.__setattr__(bench.context, "writer", found)
    return found


def end(bench: Bench, invoice_id: int = 502) -> datetime | None:
    return bench.invoice(invoice_id).payment_token_expires_at


def token(bench: Bench) -> str:
    return bench.invoice().payment_token or ""


def regenerate(bench: Bench) -> str:
    bench.change(lambda s: pay_links.regenerate(s, invoice_id=502, actor="vera", now=bench.clock))
    return token(bench)


def revoke(bench: Bench) -> None:
    bench.change(lambda s: pay_links.revoke(s, invoice_id=502, actor="vera", now=bench.clock))


def renew(bench: Bench, which: str) -> None:
    bench.change(lambda s: link_requests.request_new_link(s, token=which, now=bench.clock))


def opens(bench: Bench, which: str) -> bool:
    with db.reading(bench.engine) as session:
        try:
            lookup.find_by_token(session, token=which, now=bench.clock)
        except NoSuchLink:
            return False
    return True


def expire(bench: Bench) -> str:
    bench.set(payment_token_expires_at=bench.clock - timedelta(seconds=1))
    return token(bench)


def start_paying(bench: Bench) -> None:
    checkout.start_payment(
        GatewayContext(bench.context.transaction, bench.now, bench.gateway), token=token(bench)
    )


def attempt(bench: Bench) -> PaymentAttempt:
    with db.reading(bench.engine) as session:
        return session.scalars(select(PaymentAttempt)).one()


def test_an_imported_invoice_has_a_link_that_ends_by_the_issuers_calendar(bench: Bench) -> None:
    bring(bench.engine, text_of(rows({"invoice_id": "700"})))
    bench.change(lambda s: setattr(load_invoice(s, invoice_id=700).issuer, "link_days", None))
    bring(bench.engine, text_of(rows({"invoice_id": "701"})))
    assert end(bench, 700) == datetime(2026, 4, 30, 14, 0, tzinfo=UTC)  # 30 days after 31 March
    assert end(bench, 701) is None


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
    bench: Bench, days: int | None, now: datetime, expected: datetime | None
) -> None:
    with db.reading(bench.engine) as session:
        issuer = bench.issuer(session)
        issuer.link_days = days
        assert pay_links.end_of(issuer, due=bench.invoice().due_date, now=now) == expected


def test_a_reminder_long_after_due_revives_the_link_that_it_holds(bench: Bench, writer: LinkWriter) -> None:
    bench.set(payment_token_expires_at=DUE_END)
    bench.at("2026-06-10 10:00")
    bench.change(
        lambda s: planner.remind_by_hand(s, invoice_id=502, tone=Tone.FIRM, actor="vera", now=bench.clock)
    )
    assert bench.turn() == 1
    assert token(bench).encode() in bench.mailer.delivered[0].mime
    assert end(bench) == bench.clock + AFTER_SENDING


def test_each_further_try_of_an_email_has_the_link_live_on(bench: Bench, writer: LinkWriter) -> None:
    bench.set(payment_token_expires_at=DUE_END)
    bench.clock = DUE_END
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "busy", phase="dot")]
    bench.send()
    assert bench.turn() == 1  # refused after the dot
    bench.clock += timedelta(days=1)
    assert bench.turn() == 1
    assert end(bench) == bench.clock + AFTER_SENDING
    assert len({envelope.mime for envelope in bench.mailer.delivered}) == 1


@pytest.mark.parametrize("days", [1, None])
def test_no_link_ends_sooner_because_an_email_goes_out(bench: Bench, days: int | None) -> None:
    far = NOW + timedelta(days=400)
    for present in (None, far):
        bench.set(payment_token_expires_at=present)
        bench.change(lambda s: setattr(bench.issuer(s), "link_days", days))
        bench.send(again=True)
        bench.turn()
        assert end(bench) == (present if days else None)


def test_a_notice_to_staff_holds_no_link_and_moves_no_end(bench: Bench) -> None:
    bench.set(payment_token_expires_at=NOW + timedelta(days=1))
    message_id = bench.send()
    bench.change(lambda s: setattr(s.get_one(Message, message_id), "kind", "notice"))
    bench.turn()
    assert end(bench) == NOW + timedelta(days=1)


def test_a_new_link_kills_the_old_one_at_once(bench: Bench) -> None:
    old = token(bench)
    new = regenerate(bench)
    assert (opens(bench, old), opens(bench, new)) == (False, True)
    assert end(bench) == DUE_END
    with db.reading(bench.engine) as session:
        (event,) = [e for e in history(session, invoice_id=502) if e.kind == pay_links.REGENERATED]
    assert (event.actor, event.detail) == ("vera", "")


def test_a_second_click_on_regenerate_changes_nothing(bench: Bench) -> None:
    was = pay_links.fingerprint(bench.invoice())
    for _ in range(2):
        bench.change(
            lambda s: pay_links.regenerate(s, invoice_id=502, actor="vera", now=bench.clock, was=was)
        )
    assert bench.timeline().count(pay_links.REGENERATED) == 1


@pytest.mark.parametrize("way", [regenerate, revoke])
def test_the_payment_that_the_old_link_began_is_withdrawn(bench: Bench, way: object) -> None:
    start_paying(bench)
    way(bench)  # type: ignore[operator]
    assert attempt(bench).status is AttemptStatus.CANCELLING


def test_a_payment_that_is_clearing_is_left_alone(bench: Bench) -> None:
    start_paying(bench)
    bench.change(
        lambda s: setattr(s.scalars(select(PaymentAttempt)).one(), "status", AttemptStatus.PROCESSING)
    )
    regenerate(bench)
    assert attempt(bench).status is AttemptStatus.PROCESSING


def test_an_email_that_waits_is_written_with_the_new_link(bench: Bench, writer: LinkWriter) -> None:
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 421, "busy", phase="connect")]
    bench.send()
    old = token(bench)
    assert bench.turn() == 0  # written with the old link, and refused before the hand-over
    new = regenerate(bench)
    bench.clock += timedelta(hours=1)
    assert bench.turn() == 1
    assert new.encode() in bench.mailer.delivered[0].mime
    assert old.encode() not in bench.mailer.delivered[0].mime


def test_an_email_that_is_being_written_is_not_handed_over_with_the_old_link(
    bench: Bench, writer: LinkWriter
) -> None:
    writer.meanwhile = [lambda: regenerate(bench)]
    bench.send()
    assert bench.turn() == 1
    assert [token(bench).encode() in e.mime for e in bench.mailer.delivered] == [True]
    assert bench.message().state is MessageState.SENT


def test_an_email_whose_link_is_replaced_at_the_hand_over_goes_out_with_the_new_one(
    bench: Bench, writer: LinkWriter
) -> None:
    once = [lambda: regenerate(bench)]
    object.__setattr__(
        bench.context, "failpoint", lambda name: once.pop()() if name == "prepared" and once else None
    )
    bench.send()
    assert bench.turn() == 1
    assert token(bench).encode() in bench.mailer.delivered[0].mime


def test_a_resend_of_an_email_in_doubt_holds_the_new_link(bench: Bench, writer: LinkWriter) -> None:
    bench.mailer.outcomes = [Outcome(Verdict.DEFERRED, 451, "busy", phase="dot")]
    bench.send()
    assert bench.turn() == 1
    old, new = token(bench), regenerate(bench)
    bench.clock += timedelta(hours=1)
    assert bench.turn() == 1
    assert [old.encode() in e.mime for e in bench.mailer.delivered] == [True, False]
    assert new.encode() in bench.mailer.delivered[1].mime


def test_a_revoked_link_leads_nowhere_and_emails_go_on_without_one(bench: Bench, writer: LinkWriter) -> None:
    bench.send()
    old = token(bench)
    revoke(bench)
    revoke(bench)
    assert (token(bench), end(bench), opens(bench, old)) == ("", None, False)
    assert bench.timeline().count(pay_links.REVOKED) == 1
    assert bench.turn() == 1
    assert b"/pay/" not in bench.mailer.delivered[0].mime
    assert token(bench) == ""


@pytest.mark.parametrize("by", ["send", "remind"])
def test_staff_who_send_an_invoice_without_a_link_give_it_one(bench: Bench, by: str) -> None:
    revoke(bench)
    if by == "send":
        bench.send()
    else:
        bench.change(
            lambda s: planner.remind_by_hand(s, invoice_id=502, tone=Tone.DUE, actor="vera", now=NOW)
        )
    assert len(token(bench)) == 64
    assert bench.timeline().count(pay_links.MADE) == 1
    revoke(bench)
    if by == "send":
        bench.send()  # the same message: nobody asked for another email
        assert token(bench) == ""


def test_the_ladder_gives_no_link_to_an_invoice_whose_link_was_revoked(bench: Bench) -> None:
    revoke(bench)
    bench.at("2026-04-13 09:30")  # the first business day after it was due
    assert bench.turn() == 1
    assert token(bench) == ""


def test_an_erased_customers_invoice_never_gets_a_link_again(bench: Bench) -> None:
    old = token(bench)
    bench.pay()
    bench.turn()
    with db.transaction(bench.engine) as session:
        customer_id = session.get_one(Invoice, 502).customer_id
        erasure.erase_customer(session, customer_id=customer_id, actor="vera", now=bench.clock)
    bench.set(amount_paid=0)  # whatever made it owed again
    with pytest.raises(NoLinkAllowed):
        regenerate(bench)
    bench.send()
    renew(bench, old)
    assert token(bench) == ""


def test_an_ended_link_is_renewed_once_to_the_address_on_file(bench: Bench, writer: LinkWriter) -> None:
    old = expire(bench)
    start = bench.invoice().payment_token_expires_at
    renew(bench, old)
    renew(bench, old)
    (message,) = bench.messages()
    assert (message.kind, message.recipient, message.actor) == ("link", "c502@customer.example", "customer")
    assert token(bench) != old
    assert start is not None
    assert (end(bench) or start) > bench.clock + AFTER_SENDING - timedelta(seconds=1)
    assert bench.turn() == 1
    assert token(bench).encode() in bench.mailer.delivered[0].mime
    assert bench.timeline().count(pay_links.RENEWED) == 1
    with pytest.raises(NoSuchLink), db.reading(bench.engine) as session:
        lookup.find_by_token(session, token=old, now=bench.clock)


def test_a_renewed_link_is_not_renewed_again_within_the_hour(bench: Bench) -> None:
    renew(bench, expire(bench))
    bench.clock += timedelta(minutes=59)
    renew(bench, expire(bench))
    assert len(bench.messages("link")) == 1
    bench.clock += timedelta(minutes=1)
    renew(bench, expire(bench))
    assert len(bench.messages("link")) == 2


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
def test_nobody_gets_an_email_for_a_link_that_needs_none(bench: Bench, change: dict[str, object]) -> None:
    old = expire(bench)
    bench.set(**change)
    for which in (old, "0" * 64, "", "x", old.upper(), old + "0", "é\x00"):
        renew(bench, which)
    assert bench.messages() == []
    assert token(bench) == old


def test_nothing_is_renewed_for_an_address_that_takes_no_mail(bench: Bench) -> None:
    old = expire(bench)
    bench.change(
        lambda s: addresses.suppress(
            s, address="c502@customer.example", why="gone", actor="vera", now=bench.clock
        )
    )
    renew(bench, old)
    assert (bench.messages(), token(bench)) == ([], old)
    with db.reading(bench.engine) as session:
        assert suppressions.active(session, address="c502@customer.example") is not None
    with pytest.raises(LinkExpired), db.reading(bench.engine) as session:
        lookup.find_by_token(session, token=old, now=bench.clock)


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (lambda bench: bench.set(status=InvoiceStatus.VOID), "the invoice is void"),
        (lambda bench: bench.set(amount_paid=8250), "already paid"),
        (revoke, "the link was revoked"),
    ],
)
def test_a_queued_link_is_not_sent_when_it_leads_nowhere_any_more(
    bench: Bench, meanwhile: object, reason: str
) -> None:
    renew(bench, expire(bench))
    meanwhile(bench)  # type: ignore[operator]
    assert bench.turn() == 0
    assert (bench.message().state, bench.message().reason) == (MessageState.SUPPRESSED, reason)


@pytest.mark.parametrize("days", [-1, 3651])
def test_the_end_of_links_is_set_per_issuer_within_reason(bench: Bench, days: int) -> None:
    with pytest.raises(BadPreference), db.transaction(bench.engine) as session:
        issuer_settings.set_up_issuer(
            session, issuer=bench.issuer(session), changes={"link_days": days}, now=NOW
        )
    for good in (0, 3650, None):
        bench.change(
            lambda s, good=good: issuer_settings.set_up_issuer(  # type: ignore[misc]
                s, issuer=bench.issuer(s), changes={"link_days": good}, now=NOW
            )
        )
        with db.reading(bench.engine) as session:
            assert bench.issuer(session).link_days == good
    assert (issuer_settings.link_days("never"), issuer_settings.link_days("45")) == (None, 45)
    for bad in ("", "soon", "-1", "1.5", "٣", "12345"):
        with pytest.raises(BadPreference):
            issuer_settings.link_days(bad)


def test_of_many_who_ask_at_once_one_gets_a_link(bench: Bench) -> None:
    old = expire(bench)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: renew(bench, old), range(8)))
    assert len(bench.messages("link")) == 1
    assert bench.timeline().count(pay_links.RENEWED) == 1


def test_what_is_handed_over_after_a_link_was_replaced_holds_the_new_one(
    bench: Bench, writer: LinkWriter
) -> None:
    for _ in range(12):
        bench.send(again=True)
    with ThreadPoolExecutor(2) as pool:
        sweeps = [pool.submit(deliveries.sweep, bench.context) for _ in range(2)]
        for _ in range(4):
            regenerate(bench)
        before = len(bench.mailer.delivered)
        for sweep in sweeps:
            sweep.result()
    deliveries.sweep(bench.context)
    assert {m.state for m in bench.messages()} == {MessageState.SENT}
    assert len(bench.mailer.delivered) == 12
    # One per sweep may have been granted its hand-over before the last link and be recorded after it.
    for envelope in bench.mailer.delivered[before + 2 :]:
        assert token(bench).encode() in envelope.mime
