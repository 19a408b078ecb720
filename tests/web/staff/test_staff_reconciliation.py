"""What differs between the books and Stripe is on a page and in the API, and nobody else sees it."""

from collections.abc import Callable

from paymail.models import Drift, Payment
from paymail.services import reconciliation
from paymail.services.reconciliation import schedule, turns
from tests.factories import LedgerGateway
from tests.web.bearer import bearer
from tests.web.conftest import Biller, Site


def drifting(site: Site) -> Callable[[], None]:
    """Have a payment of another amount than Stripe's; return what repairs it."""
    gateway = LedgerGateway()
    object.__setattr__(site.app, "gateway", gateway)
    intent = str(site.start(site.invoice())["clientSecret"]).partition("_secret_")[0]
    gateway.succeed(intent)
    gateway.set(intent, created=int(site.app.now().timestamp()))
    reconcile(site)
    with site.app.transaction() as session:
        session.query(Payment).one().amount = 8000
    reconcile(site)

    def repair() -> None:
        with site.app.transaction() as session:
            session.query(Payment).one().amount = 8250
        reconcile(site)

    return repair


def reconcile(site: Site) -> None:
    found = reconciliation.compare_and_keep(site.app.gateway_context(), days=7)
    with site.app.transaction() as session:
        turns.note(session, job=turns.COMPARE, ended=schedule.ended_of(found), now=site.app.now())


def test_the_page_shows_drift_until_it_is_over(biller: Biller) -> None:
    assert "No run has finished yet" in biller.get("/reconciliation")
    repair = drifting(biller.site)
    page = biller.get("/reconciliation")
    assert "Amount differs" in page
    assert '<a href="/staff/invoices/502">502</a>' in page
    assert "received AUD 80.00" in page
    assert "received AUD 82.50" in page
    repair()
    page = biller.get("/reconciliation")
    assert "None: everything that was compared agrees." in page
    assert "Resolved differences" in page


def test_what_stripe_says_is_not_read_as_html(biller: Biller) -> None:
    with biller.site.app.transaction() as session:
        now = biller.site.app.now()
        session.add(
            Drift(
                key="x",
                kind="amount_differs",
                account="acct_<b>",
                intent_id="pi_<script>",
                invoice_ref="<i>9</i>",
                books="<u>",
                stripe="<s>",
                found_at=now,
                seen_at=now,
            )
        )
    page = biller.get("/reconciliation")
    assert "<script>" not in page.partition("<main")[2]
    assert "&lt;i&gt;9" in page


def test_the_api_gives_runs_and_drift_to_readers(site: Site) -> None:
    drifting(site)
    assert site.client.get("/api/v1/reconciliation").status_code == 401
    wrong = bearer(site.app, "bounces", name="Other")
    assert site.client.get("/api/v1/reconciliation", headers=wrong).status_code == 403
    found = site.client.get("/api/v1/reconciliation", headers=bearer(site.app, "read")).json()
    assert [(run["job"], run["failure"]) for run in found["runs"]] == [("compare", "")]
    (drift,) = found["drift"]
    assert (drift["kind"], drift["currency"]) == ("amount_differs", "AUD")
    assert (drift["books_amount"], drift["stripe_amount"]) == (80.0, 82.5)
