"""What Home shows, gathered in few statements: they are counted in `tests/web/staff/test_home.py`."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.money import Money
from paymail.services.core.calendar import instant
from paymail.services.core.issuers import all_issuers
from paymail.services.forecast import today as day
from paymail.services.lists.debts import Debt, Debts, debts, objected
from paymail.services.lists.invoice_filter import InvoiceFilter
from paymail.services.lists.overdue_age import AGES
from paymail.services.payments.received import Received, received
from paymail.services.reconciliation import drift_store
from paymail.services.refunds import refund_approvals
from paymail.web.staff.filter_chips import AGE_WORDS
from paymail.web.staff.health_view import Sign, signs
from paymail.web.staff.local_time import clock_of
from paymail.web.staff.mail_words import MailWay


@dataclass(frozen=True, slots=True)
class Need:
    """What waits for a person: how many, what, why or what to do, how much, and where it is."""

    count: int
    tone: str
    what: str
    why: str
    owed: tuple[Money, ...]
    address: str


@dataclass(frozen=True, slots=True)
class AgeRow:
    """Debt of one age, with its share of the largest and of all, in the home currency, in per cent."""

    name: str
    kind: str
    debt: Debt
    home: Money
    width: float
    share: int


@dataclass(frozen=True, slots=True)
class Home:
    """All that Home shows."""

    issuers: tuple[Issuer, ...]
    company: int | None
    zone: str
    local: datetime
    """Now, on the first issuer's clock."""
    currency: str
    needs: tuple[Need, ...]
    debts: Debts
    ages: tuple[AgeRow, ...]
    received: Received
    expected: tuple[Money, ...]
    today: day.Today
    signs: tuple[Sign, ...]

    def in_home(self, sums: Iterable[Money]) -> Money:
        """Return the sum in the home currency; zero where there is none."""
        return next((one for one in sums if one.currency == self.currency), Money(0, self.currency))

    def abroad(self, sums: Iterable[Money]) -> list[Money]:
        """Return the sums in other currencies: they are never added up."""
        return [one for one in sums if one.currency != self.currency]


def home_of(session: Session, *, now: datetime, company: int | None, way: MailWay) -> Home:
    """Return what Home shows of one issuer, or of all."""
    issuers = tuple(all_issuers(session))
    chosen = [one for one in issuers if one.issuer_id == company] or list(issuers[:1])
    zone = chosen[0].timezone if chosen else "UTC"
    currency = chosen[0].currency if chosen else "AUD"
    only = (company,) if company else ()
    local = now.astimezone(clock_of(zone))
    begins = instant(local.date(), time(), clock_of(zone))
    month = local.date().replace(day=1)
    owed = debts(session, now=now, company=only)
    planned = day.planned_soon(session, now=now, company=only)
    return Home(
        issuers=issuers,
        company=company,
        zone=zone,
        local=local,
        currency=currency,
        needs=tuple(_needs(session, owed, objected(session, now=now, company=only), issuers, only)),
        debts=owed,
        ages=tuple(_ages(owed, currency)),
        received=received(
            session, since=instant(month, time(), clock_of(zone)), first_day=month, company=only
        ),
        expected=_added([*owed.due_soon, *planned]),
        today=day.today(
            session,
            begins=begins,
            ends=instant(local.date() + timedelta(days=1), time(), clock_of(zone)),
            company=only,
        ),
        signs=tuple(signs(session, now=now, way=way)),
    )


def _needs(
    session: Session, owed: Debts, objections: Debt, issuers: Iterable[Issuer], only: tuple[int, ...]
) -> Iterable[Need]:
    hosts_mail = all(one.host_mails_invoices for one in issuers if not only or one.issuer_id in only)
    # What differs from Stripe is of an account, which several companies may share: not of one of them.
    refunds = refund_approvals.waiting(session, company=only)
    rows = [
        _need(owed.bounced, "bad", "Bounced", "The email came back. Correct the address and send again."),
        _need(owed.in_doubt, "bad", "In doubt", "It may have arrived. Decide whether to send it again."),
        Need(
            day.doubtful(session, company=only), "bad", "Other emails in doubt",
            "Reminders, receipts and others that may have arrived.", (), "/staff/unknown",
        ),
        _need(owed.failed, "bad", "Failed", "The mail server refused it; no more tries follow."),
        _need(owed.blocked, "bad", "Blocked", "The address is on the block list."),
        _need(
            objections, "bad", "Customer objects",
            "They say that something is wrong with the invoice. Answer on its page.",
        ),
        _need(
            owed.complained, "warn", "Called spam",
            "Reminders wait. Call or write to the customer, then release the hold.",
        ),
        _need(
            owed.says_paid, "warn", "Customer says it is paid",
            "Look in the bank account, then record the payment.",
        ),
        _need(owed.promise_broken, "warn", "Promise broken", "The promised day has passed; it is unpaid."),
        Need(
            refunds.count, "warn", "Refunds to approve",
            "Somebody asked for them; nothing goes back before another person approves.", refunds.sums,
            f"/staff/refunds?company={only[0]}" if only else "/staff/refunds",
        ),
        Need(
            0 if only else drift_store.count_open(session), "warn", "Stripe and paymail differ",
            "What Stripe has and the books have is not the same.", (), "/staff/reconciliation",
        ),
    ]  # fmt: skip
    if not hosts_mail:
        why = "No reminder goes out before the invoice itself."
        rows.append(_need(owed.not_emailed, "still", "Not emailed yet", why))
    return [one for one in rows if one.count]


def _need(debt: Debt, tone: str, what: str, why: str) -> Need:
    return Need(debt.count, tone, what, why, debt.owed, address_of(debt.wanted))


def address_of(wanted: InvoiceFilter) -> str:
    """Return the address of the list with a filter."""
    return f"/staff/invoices?{wanted.query}"


def _ages(owed: Debts, currency: str) -> Iterable[AgeRow]:
    def home(debt: Debt) -> Money:
        return next((one for one in debt.owed if one.currency == currency), Money(0, currency))

    sums = {age: home(owed.ages[age]) for age in AGES}
    most = max((one.minor for one in sums.values()), default=0) or 1
    total = sum(one.minor for one in sums.values()) or 1
    for nth, age in enumerate(AGES):
        debt = owed.ages[age]
        here = replace(debt, wanted=replace(debt.wanted, currency=currency))
        minor = sums[age].minor
        yield AgeRow(
            AGE_WORDS[age], f"f{nth}", here, sums[age], minor * 100 / most, round(minor * 100 / total)
        )


def _added(sums: Iterable[Money]) -> tuple[Money, ...]:
    found: dict[str, int] = {}
    for one in sums:
        found[one.currency] = found.get(one.currency, 0) + one.minor
    return tuple(Money(minor, currency) for currency, minor in sorted(found.items()) if minor)
