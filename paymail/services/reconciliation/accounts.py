"""Which accounts at Stripe are ours to look at."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer, PaymentAttempt, ReconciledAccount


def ours(session: Session, *, only: str = "") -> list[str]:
    """Return every account that an issuer has or that a payment was tried on, longest unread first.

    With `only`, that one if it is ours.
    """
    of_issuers = select(Issuer.stripe_account).where(Issuer.stripe_account != "")
    found = set(session.scalars(of_issuers.union(select(PaymentAttempt.account))))
    read = dict(session.execute(select(ReconciledAccount.account, ReconciledAccount.read_at)).all())
    # An issuer may have changed accounts: money under way on the old one arrives there.
    chosen = {account for account in found if account and only in ("", account)}
    return sorted(chosen, key=lambda account: (str(read.get(account) or ""), account))
