"""The reconciler's thread settles what no webhook brings, and mail does not wait for it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from paymail.models import Message, MessageState, Payment
from paymail.ports.payments import Event
from paymail.services.payments import checkout
from paymail.services.sending.invoice_emails import send_invoice
from paymail.settings import Settings
from paymail.tasks.reconciler import Reconciler, reconcile_due
from paymail.tasks.sweep import Sweeper
from paymail.wiring import App, build
from tests.factories import LedgerGateway, make_invoice


class Slow(LedgerGateway):
    """Lists no events before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.listing, self.let = threading.Event(), threading.Event()

    def events(self, *, account: str, since: int, types: Sequence[str]) -> Iterator[Event]:
        self.listing.set()
        self.let.wait(120)
        yield from super().events(account=account, since=since, types=types)


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    found = build(settings)
    object.__setattr__(found, "gateway", Slow())
    yield found
    found.close()


def paid(app: App) -> None:
    """Have an invoice paid while no webhook comes."""
    gateway = app.gateway
    assert isinstance(gateway, Slow)
    with app.transaction() as session:
        token = make_invoice(session).payment_token or ""
    intent = gateway.succeed(checkout.start_payment(app.gateway_context(), token=token).id)
    created = int(app.now().timestamp())
    gateway.log.append(Event("evt_1", "payment_intent.succeeded", intent.account, False, intent.id, created))


def count(app: App, table: type, *where: object) -> int:
    with app.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0  # type: ignore[arg-type]


def until(reached: Callable[[], object], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_mail_goes_out_while_stripe_keeps_the_reconciler_waiting(app: App) -> None:
    paid(app)
    reconciler, sweeper = Reconciler(app, minutes=10, look=0.05), Sweeper(app, every=0.05)
    reconciler.start()
    assert isinstance(app.gateway, Slow)
    assert app.gateway.listing.wait(120)
    sweeper.start()
    with app.transaction() as session:
        make_invoice(session, invoice_id=7)
        send_invoice(session, invoice_id=7, actor="test", now=app.now())
    until(lambda: count(app, Message, Message.state == MessageState.SENT) == 1)
    assert count(app, Payment) == 0
    app.gateway.let.set()
    until(lambda: count(app, Payment) == 1)
    for thread in (reconciler, sweeper):
        thread.stop()
        thread.join(120)


def test_a_job_that_is_not_due_asks_nobody(app: App) -> None:
    assert isinstance(app.gateway, Slow)
    app.gateway.let.set()
    paid(app)
    assert reconcile_due(app, timedelta(minutes=10)) == ["settle", "compare"]
    app.gateway.listing.clear()
    assert reconcile_due(app, timedelta(minutes=10)) == []
    assert not app.gateway.listing.is_set()
