"""Payment method domains: whether customers can be offered Apple Pay, Google Pay and Link."""

from collections.abc import Iterator

from sqlalchemy import select

from paymail.checks.findings import Finding, Subject, failed, not_asked, ok, warning
from paymail.errors import Misconfigured, NotFound, PaymailError
from paymail.models import Issuer
from paymail.ports.payment_domains import PaymentDomain
from paymail.services.issuers.payment_domains import domain_of

NAME = "payment domains"
MOST_ACCOUNTS = 50
"""Accounts asked in one run."""
_REMEDY = "run `paymail issuers register-domain --all`"


def domains(subject: Subject) -> Iterator[Finding]:
    """Whether the pay page's domain is registered for each issuer's account, and every wallet is active."""
    name = domain_of(subject.app.settings.public_url)
    if not name:
        yield not_asked(NAME, "wallets and Link need a public HTTPS address (PAYMAIL_PUBLIC_URL)")
        return
    with subject.app.reading() as session:
        connected = select(Issuer.name, Issuer.stripe_account).where(Issuer.stripe_account != "")
        rows = session.execute(connected.order_by(Issuer.issuer_id).limit(MOST_ACCOUNTS + 1))
        issuers = [(issuer, account) for issuer, account in rows]
    if not issuers:
        yield not_asked(NAME, "no issuer has a Stripe account yet")
    for issuer, account in issuers[:MOST_ACCOUNTS]:
        yield _domain(subject, name, issuer, account)
    if len(issuers) > MOST_ACCOUNTS:
        yield not_asked(NAME, f"only the first {MOST_ACCOUNTS} issuers are checked")


def _domain(subject: Subject, name: str, issuer: str, account: str) -> Finding:
    try:
        found = subject.app.payment_domains.find(account=account, name=name)
    except (Misconfigured, NotFound):
        return not_asked(NAME, f"{issuer}: this key is not allowed to read the domains of {account}")
    except PaymailError as error:
        return failed(NAME, f"{issuer}: {error}", "try again later")
    if found is None:
        hidden = "Apple Pay, Google Pay and Link stay hidden"
        return warning(NAME, f"{issuer}: {name} is not registered for {account}: {hidden}", _REMEDY)
    if not found.enabled:
        return warning(NAME, f"{issuer}: {name} is disabled for {account}", _REMEDY)
    if found.complete:
        return ok(NAME, f"{issuer}: {name} is registered, and every wallet is active")
    return warning(NAME, f"{issuer}: {name}: {_inactive(found)}", _REMEDY)


def _inactive(found: PaymentDomain) -> str:
    return "; ".join(
        f"{wallet.name} is inactive{f' ({wallet.reason})' if wallet.reason else ''}"
        for wallet in found.wallets
        if not wallet.active
    )
