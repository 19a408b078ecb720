"""Customers and staff of a payment storm. Each does what its part says, by HTTP, and bears with faults."""

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from paymail.errors import PaymailError
from paymail.models import Channel, Payment
from paymail.sandbox.customer import SandboxDeclined, pay
from paymail.sandbox.wire import WireError
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.payments import adjustments, manual_payments
from paymail.services.payments.manual_payments import ManualPayment
from paymail.services.refunds import refund_requests
from paymail.services.refunds.refund_requests import RefundOrder
from tests.faults.market import Market

VISA, DECLINED, DISPUTED = "4242424242424242", "4000000000000002", "4000000000000259"
REFUND_PENDS, REFUND_FAILS, CHALLENGED = "4000000000007726", "4000000000005126", "4000002500003155"
DEBIT, DEBIT_FAILS = "000123456", "222222227"
TRIES = 12
"""A customer presses the button again after a fault, but not for ever."""


class Shopper:
    """One customer with one invoice; `drawn` decides what kind."""

    def __init__(self, market: Market, invoice_id: int, token: str, drawn: random.Random) -> None:
        self._market, self._invoice, self._random = market, invoice_id, drawn
        self._page = f"{market.web}/api/public/pay/{token}"

    def act(self) -> str:
        """Do it; return the name of the part."""
        parts: dict[Callable[[], None], float] = {
            self.pays: 30,
            self.closes_the_tab: 20,
            self.double_clicks: 12,
            self.has_two_tabs: 10,
            self.has_another_amount_in_each_tab: 10,
            self.pays_in_parts: 5,
            self.is_declined_first: 8,
            self.pays_by_debit: 8,
            self.has_a_debit_that_fails: 5,
            self.goes_away: 4,
            self.disputes_later: 3,
        }
        part = self._random.choices(list(parts), list(parts.values()))[0]
        part()
        return part.__name__.replace("_", " ")

    def pays(self) -> None:
        card = self._random.choice([VISA, VISA, CHALLENGED, REFUND_PENDS, REFUND_FAILS])
        self._confirm(self._charge(self._open(), card))

    def closes_the_tab(self) -> None:
        self._charge(self._open(), self._random.choice([VISA, VISA, REFUND_PENDS]))

    def double_clicks(self) -> None:
        """Both clicks ask at once; the page pays with what came last, and confirms twice."""
        with ThreadPoolExecutor(2) as clicks:
            secrets = list(clicks.map(lambda _n: self._open(), range(2)))
            intent = self._charge(secrets[-1] or secrets[0], VISA)
            list(clicks.map(lambda _n: self._confirm(intent), range(2)))

    def has_two_tabs(self) -> None:
        """Each tab pays for itself, at the same time."""
        with ThreadPoolExecutor(2) as tabs:
            secrets = [self._open(), self._open()]
            intents = list(tabs.map(lambda secret: self._charge(secret, VISA), secrets))
            list(tabs.map(self._confirm, intents))

    def has_another_amount_in_each_tab(self) -> None:
        """Both tabs choose and pay at the same time, again and again, as if one knew nothing of the other."""

        def tab(amount: str) -> None:
            for _ in range(3):
                secret = self._open(amount)
                time.sleep(0.1)  # the amount is read, the card taken out
                self._confirm(self._charge(secret, VISA))

        with ThreadPoolExecutor(2) as tabs:
            list(tabs.map(tab, ["", "20.00"]))

    def pays_in_parts(self) -> None:
        for amount in ("15.00", "20.00", ""):
            self._confirm(self._charge(self._open(amount), VISA))

    def is_declined_first(self) -> None:
        self._charge(self._open(), DECLINED)
        self._confirm(self._charge(self._open(), VISA))

    def pays_by_debit(self) -> None:
        self._confirm(self._charge(self._open(), DEBIT))

    def has_a_debit_that_fails(self) -> None:
        self._confirm(self._charge(self._open(), DEBIT_FAILS))

    def goes_away(self) -> None:
        self._open()

    def disputes_later(self) -> None:
        self._confirm(self._charge(self._open(), DISPUTED))

    def _open(self, amount: str = "") -> str:
        """Press the button until there is a secret; empty when this invoice cannot be paid (any more)."""
        chosen = {"amount": amount} if amount else {}
        for _ in range(TRIES):
            status, body = self._market.ask(f"{self._page}/create-payment", chosen)
            if status == 200:
                secret = str(body["clientSecret"])
                self._market.hand_out(self._invoice, secret.partition("_secret_")[0], body["amount"])
                return secret
            if body.get("code") in ("payment_in_progress", "not_payable") and self._random.random() < 0.5:
                return ""
            time.sleep(self._random.uniform(0.02, 0.1))
        return ""

    def _charge(self, secret: str, card: str) -> str:
        """Pay at Stripe, as Stripe.js does; return the intent, empty when nothing was tried."""
        if not secret:
            return ""
        with suppress(SandboxDeclined, WireError):
            pay(secret, card, base_url=self._market.stripe)
        return secret.partition("_secret_")[0]

    def _confirm(self, intent_id: str) -> None:
        if intent_id:
            self._market.ask(f"{self._page}/confirm-payment", {"paymentIntentId": intent_id})


class Staff:
    """Records manual payments, voids and refunds, while customers pay."""

    def __init__(self, market: Market, seed: int) -> None:
        self._market, self._random = market, random.Random(seed)
        self.done: Counter[str] = Counter()

    def meddle(self, invoice_id: int) -> None:
        """Do one thing, with this invoice or with a payment that is there; refusals are part of the job."""
        drawn = self._random.random()
        with suppress(PaymailError, SQLAlchemyError):
            if drawn < 0.35:
                self._manual(invoice_id)
            elif drawn < 0.45:
                self._void(invoice_id)
            else:
                self._refund()

    def _manual(self, invoice_id: int) -> None:
        app = self._market.app
        with app.transaction() as session:
            invoice = load_invoice(session, invoice_id=invoice_id)
            part = self._random.choice([invoice.total, invoice.total, 2000])
            day = local_date(invoice.issuer, app.now())
            asked = ManualPayment(part, Channel.BANK_TRANSFER, day, key=f"manual-{invoice_id}")
            manual_payments.record_payment(
                session, invoice_id=invoice_id, asked=asked, actor="staff", now=app.now()
            )
        self.done["manual payments"] += 1

    def _void(self, invoice_id: int) -> None:
        app = self._market.app
        with app.transaction() as session:
            adjustments.void(session, invoice_id=invoice_id, reason="storm", actor="staff", now=app.now())
        self.done["voided"] += 1

    def _refund(self) -> None:
        app = self._market.app
        with app.transaction() as session:
            rows = session.scalars(select(Payment).where(Payment.channel == Channel.STRIPE))
            payment: Any = self._random.choice(list(rows) or [None])
            if payment is None:
                return
            amount = self._random.choice([payment.amount, 700])
            order = RefundOrder(amount, Channel.STRIPE, key=f"refund-{self._random.random()}")
            refund_requests.request(
                session, payment_id=payment.payment_id, order=order, actor="staff", now=app.now()
            )
        self.done["refunds asked for"] += 1
