"""Stripe: the key, each issuer's connected account, and the webhook endpoint."""

from collections.abc import Iterator

from sqlalchemy import select

from paymail.checks.findings import Finding, Subject, failed, not_asked, ok, warning
from paymail.errors import Misconfigured, NotFound, PaymailError
from paymail.models import Issuer
from paymail.ports.payments import WebhookEndpoint
from paymail.services.payments.webhook_inbox import METHOD_DETACHED, USED_EVENTS

MOST_ACCOUNTS = 50
"""Accounts asked in one run."""


def key(subject: Subject) -> Iterator[Finding]:
    """Whether Stripe accepts our key."""
    mode = subject.app.settings.stripe_mode
    try:
        own = subject.app.gateway.account()
    except Misconfigured as error:
        yield failed(
            "stripe key",
            str(error),
            "correct PAYMAIL_STRIPE_SECRET_KEY; a restricted key needs permission to read accounts",
        )
    except PaymailError as error:
        remedy = "start `paymail up` or `paymail sandbox serve`" if mode == "sandbox" else "try again later"
        yield failed("stripe key", str(error), remedy)
    else:
        yield ok("stripe key", f"the {mode} key works for {own.id}")


def accounts(subject: Subject) -> Iterator[Finding]:
    """Whether each issuer's account is connected and may charge."""
    with subject.app.reading() as session:
        statement = select(Issuer.name, Issuer.stripe_account).order_by(Issuer.issuer_id)
        issuers = [(name, account) for name, account in session.execute(statement.limit(MOST_ACCOUNTS + 1))]
    if not issuers:
        yield not_asked("stripe accounts", "there are no issuers yet")
    for name, account in issuers[:MOST_ACCOUNTS]:
        yield _account(subject, name, account)
    if len(issuers) > MOST_ACCOUNTS:
        yield not_asked("stripe accounts", f"only the first {MOST_ACCOUNTS} issuers are checked")


def _account(subject: Subject, name: str, account: str) -> Finding:
    if not account:
        remedy = "add the issuer's acct_…, or send invoices without online payment"
        return warning(
            "stripe accounts", f"{name} has no Stripe account: customers cannot pay online", remedy
        )
    try:
        found = subject.app.gateway.account(account=account)
    except NotFound as error:
        return failed("stripe accounts", f"{name}: {error}", "connect the account in the Stripe dashboard")
    except PaymailError as error:
        return failed("stripe accounts", f"{name}: {error}", "try again later")
    if found.charges_enabled:
        return ok("stripe accounts", f"{name}: {account} can accept payments")
    why = f" ({found.hindrance})" if found.hindrance else ""
    return failed(
        "stripe accounts",
        f"{name}: {account} cannot accept payments{why}",
        "complete the account setup in the Stripe dashboard",
    )


def webhook(subject: Subject) -> Iterator[Finding]:
    """Whether Stripe tells us, and enough."""
    url = f"{subject.app.settings.public_url}/webhooks/stripe"
    try:
        endpoints = subject.app.gateway.webhook_endpoints()
    except Misconfigured:
        yield not_asked("stripe webhook", "this key is not allowed to list webhook endpoints")
        return
    except PaymailError as error:
        yield failed("stripe webhook", str(error), "try again later")
        return
    with subject.app.reading() as session:
        saving = session.scalar(select(Issuer.issuer_id).where(Issuer.save_methods).limit(1)) is not None
    ours = [endpoint for endpoint in endpoints if endpoint.url.rstrip("/") == url]
    yield _webhook(url, ours, {*USED_EVENTS, METHOD_DETACHED} if saving else set(USED_EVENTS))


def _webhook(url: str, ours: list[WebhookEndpoint], needed: set[str]) -> Finding:
    if not ours:
        remedy = "add an endpoint for events on connected accounts in the Stripe dashboard"
        return failed("stripe webhook", f"Stripe has no webhook endpoint for {url}", remedy)
    enabled = [endpoint for endpoint in ours if endpoint.enabled]
    if not enabled:
        return failed("stripe webhook", f"{url} is disabled in Stripe", "enable it in the Stripe dashboard")
    # One address may be listed twice, once for our own account's events.
    useful = [endpoint for endpoint in enabled if endpoint.connected] or enabled
    events = frozenset().union(*(endpoint.events for endpoint in useful))
    missing = [] if "*" in events else sorted(needed - events)
    if missing:
        return failed(
            "stripe webhook",
            f"{url} does not receive {', '.join(missing)}",
            "add these events in the Stripe dashboard",
        )
    if not any(endpoint.connected for endpoint in enabled):
        return warning(
            "stripe webhook",
            f"{url} does not seem to receive events on connected accounts, where payments are made",
            "in the Stripe dashboard, set the endpoint to `Events on: Connected accounts`",
        )
    return ok("stripe webhook", f"{url} receives all required events")
