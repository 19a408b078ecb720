"""`make localstripe-check`: paymail against `localstripe` (PyPI), a stand-in for Stripe that others made.

By hand: localstripe is under the GPL, so it is no part of the suite and in no lock. It is installed into a
throw-away environment and listens on loopback. What it lacks is added in `localstripe_shim.py`; the checks
that it fails all the same stand in `LACKS` with the reason.

Exit codes: 0 every check holds or is known to be lacking, 1 something else happened.
"""

import subprocess
import sys
import tempfile
import uuid
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import stripe

from paymail.db import schema
from paymail.errors import Conflict, NotFound, PaymailError, Rejected
from paymail.gateway import StripeConfig, StripeGateway
from paymail.models import Issuer, Message, Payment
from paymail.ports.payments import Intent, IntentStatus
from paymail.services import reconciliation
from paymail.services.payments.checkout import start_payment
from paymail.services.payments.confirmation import confirm_payment
from paymail.services.payments.webhook_inbox import USED_EVENTS
from paymail.settings import load
from paymail.wiring import App, build
from tests.conftest import free_port, wait_for_port
from tests.contract.gateway.localstripe_shim import ACCOUNT, Shim
from tests.contract.gateway.smoke import expect, raises
from tests.factories import make_invoice

RELEASE = "localstripe==1.15.10"
_SERVE = """
import sys
from aiohttp import web
from localstripe import resources, server
resources.Store.dump_to_disk = lambda self: None
web.run_app(server.app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
"""
LACKS = {
    "an unknown intent is not there": "its 404 has no code",
    "a paid intent tells how it was paid": "its charges have no payment_method_details",
    "a paid intent cannot be cancelled": "its refusals have no code, so it looks like a wrong request",
}
KEY = "sk_test_localstripe"


class Checks:
    """What is asked of it; each method is one check, named by its docstring."""

    def __init__(self, app: App, http: Shim) -> None:
        self.app, self.gateway, self.http = app, app.gateway, http
        self.browser = stripe.StripeClient(KEY, base_addresses={"api": app.settings.stripe_address})

    def create(self, amount: int = 8250) -> Intent:
        names = {"invoice_id": "502", "attempt_id": "1"}
        return self.gateway.create_intent(
            account=ACCOUNT, amount=amount, currency="AUD", metadata=names, idempotency_key=str(uuid.uuid4())
        )

    def read(self, intent: Intent) -> Intent:
        return self.gateway.retrieve_intent(account=ACCOUNT, intent_id=intent.id)

    def pay(self, intent: Intent, number: str = "4242424242424242", *, passes: bool = True) -> Intent:
        """Pay as the browser would: a method, the intent's confirmation, and the bank's question."""
        card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        method = self.browser.v1.payment_methods.create({"type": "card", "card": card})  # type: ignore[arg-type,typeddict-item]
        asked = self.browser.v1.payment_intents
        asked.update(intent.id, {"payment_method": method.id})
        try:
            confirmed = asked.confirm(intent.id)
        except stripe.error.CardError:
            return self.read(intent)
        if confirmed.status == "requires_action":
            answer = {"client_secret": intent.client_secret, "success": "true" if passes else "false"}
            self.browser.raw_request("post", f"/v1/payment_intents/{intent.id}/_authenticate", **answer)
        return self.read(intent)

    def created(self) -> None:
        """an intent is created with its amount, currency, invoice and secret"""
        made = self.create()
        expect((made.amount, made.currency, made.invoice_id) == (8250, "AUD", "502"), f"made {made}")
        expect(made.status is IntentStatus.REQUIRES_PAYMENT_METHOD, f"it is {made.status}")
        expect(made.client_secret.startswith(made.id), "no secret")

    def again(self) -> None:
        """an intent is read again as it was made"""
        made = self.create()
        expect(self.read(made) == made, "it reads otherwise")

    def not_there(self) -> None:
        """an unknown intent is not there"""
        raises(NotFound, lambda: self.gateway.retrieve_intent(account=ACCOUNT, intent_id="pi_unknown"))

    def refused(self) -> None:
        """what is asked wrongly is refused as our fault"""
        raises(Rejected, lambda: self.create(amount=0))

    def paid(self) -> None:
        """a paid intent says so, with what was received"""
        found = self.pay(self.create())
        expect(found.status is IntentStatus.SUCCEEDED, f"it is {found.status}")
        expect(found.amount_received == 8250, f"received {found.amount_received}")

    def how(self) -> None:
        """a paid intent tells how it was paid"""
        found = self.pay(self.create())
        expect(found.method == "Visa ending 4242", f"by {found.method!r}")

    def declined(self) -> None:
        """a declined card leaves the intent to be paid, with the reason"""
        found = self.pay(self.create(), "4000000000000341")
        expect(found.status is IntentStatus.REQUIRES_PAYMENT_METHOD, f"it is {found.status}")
        expect(found.failure == "card_declined", f"because of {found.failure!r}")

    def unauthenticated(self) -> None:
        """a failed 3D Secure check leaves the intent to be paid, with the reason"""
        found = self.pay(self.create(), "4000002500003155", passes=False)
        expect(found.status is IntentStatus.REQUIRES_PAYMENT_METHOD, f"it is {found.status}")
        expect(found.failure == "payment_intent_authentication_failure", f"because of {found.failure!r}")

    def authenticated(self) -> None:
        """a passed 3D Secure check pays"""
        found = self.pay(self.create(), "4000002500003155")
        expect(found.status is IntentStatus.SUCCEEDED, f"it is {found.status}")

    def cancelled(self) -> None:
        """an intent is cancelled and stays so"""
        made = self.create()
        expect(
            self.gateway.cancel_intent(account=ACCOUNT, intent_id=made.id).status is IntentStatus.CANCELED,
            "not cancelled",
        )
        expect(self.read(made).status is IntentStatus.CANCELED, "it is open again")

    def beyond(self) -> None:
        """a paid intent cannot be cancelled"""
        paid = self.pay(self.create())
        raises(Conflict, lambda: self.gateway.cancel_intent(account=ACCOUNT, intent_id=paid.id))

    def refunded(self) -> None:
        """a part is refunded and found among what went back of the intent, and of the account"""
        paid = self.pay(self.create())
        given = self.gateway.create_refund(
            account=ACCOUNT, intent_id=paid.id, amount=250, reference="7", idempotency_key=f"r{paid.id}"
        )
        expect((given.amount, given.status, given.reference) == (250, "succeeded", "7"), f"given {given}")
        told = self.gateway.reversals(account=ACCOUNT, intent_id=paid.id)
        expect(told.refunds == (given,), f"told {told}")
        recent = self.gateway.recent_reversals(account=ACCOUNT, since=0)
        expect(given in recent.refunds, "not among the recent ones")

    def listed(self) -> None:
        """an account's intents are listed, over several pages"""
        wanted = {self.create().id for _ in range(12)}
        found = {one.id for one in self.gateway.recent_intents(account=ACCOUNT, since=0)}
        expect(wanted <= found, f"{len(wanted - found)} are missing")

    def happened(self) -> None:
        """the event of a payment is listed and names its intent"""
        paid = self.pay(self.create())
        found = self.gateway.events(account=ACCOUNT, since=0, types=USED_EVENTS)
        expect(("payment_intent.succeeded", paid.id) in [(e.type, e.intent_id) for e in found], "no event")

    def whole(self) -> None:
        """an invoice is paid, recorded once with its receipt, and the books agree with Stripe's"""
        with self.app.transaction() as session:
            token = make_invoice(session, invoice_id=502).payment_token or ""
            session.query(Issuer).update({"stripe_account": ACCOUNT})
        context = self.app.gateway_context()
        intent = start_payment(context, token=token)
        expect(start_payment(context, token=token).id == intent.id, "a second intent was made")
        self.pay(intent)
        for _ in range(2):
            expect(confirm_payment(context, token=token, intent_id=intent.id).paid, "not paid")
        with self.app.reading() as session:
            expect([row.amount for row in session.query(Payment)] == [8250], "the payments are others")
            expect([row.kind for row in session.query(Message)] == ["receipt"], "the emails are others")
        found = [
            one for one in reconciliation.compare(context, days=1).findings if one.intent_id == intent.id
        ]
        expect(found == [], f"drift {found}")


CHECKS = [
    name for name in vars(Checks) if name[0] != "_" and (getattr(Checks, name).__doc__ or "A")[0].islower()
]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Install localstripe into `folder` and run it; yield its address."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", RELEASE], check=True)
    port = free_port()
    server = subprocess.Popen([python, "-c", _SERVE, str(port)], cwd=folder)
    try:
        wait_for_port(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def opened(folder: Path, address: str, http: Shim) -> App:
    """Return the application with ordinary test keys that are pointed at localstripe."""
    settings = load(
        data_dir=folder / "data",
        stripe_secret_key=KEY,
        stripe_publishable_key="pk_test_localstripe",
        stripe_webhook_secrets="whsec_localstripe",
        stripe_api=address,
    )
    settings.data_dir.mkdir()
    app = build(settings)
    schema.upgrade(app.engine)
    config = StripeConfig(KEY, settings.webhook_secrets, settings.stripe_address, 10.0)
    return replace(app, gateway=StripeGateway(config, app.now, http))


def tried(check: Callable[[], None]) -> str:
    """Return what was unexpected about a check; empty when it holds."""
    try:
        check()
    except (PaymailError, stripe.error.StripeError, AssertionError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def main(say: Callable[[str], None] = print) -> int:
    """Run every check; return the exit code."""
    wrong = 0
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as address:
        http = Shim()
        app = opened(Path(name), address, http)
        for check in CHECKS:
            words = getattr(Checks, check).__doc__
            surprise = tried(getattr(Checks(app, http), check))
            known = LACKS.get(words, "")
            wrong += bool(surprise) != bool(known)
            say(f"{'lacks' if surprise else 'holds'}  {words}{f' ({known or surprise})' if surprise else ''}")
        app.close()
    say(f"{len(CHECKS)} checks; added for it: {', '.join(sorted(http.added))}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
