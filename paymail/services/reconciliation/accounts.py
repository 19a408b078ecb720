"""Which accounts at Stripe are ours to look at."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from paymail.models import Issuer, PaymentAttempt, ReconciledAccount


def ours(session: Session, *, only: str = "") -> list[str]:
    """Return every account that an issuer has or that a payment was tried on, longest unread first.

    With `only`, that one if it is ours.
    """
    of_issuers = select(Issuer.stripe_account).where(Issuer.stripe_account != "")
    found = {*session.scalars(of_issuers), *session.scalars(_tried())}
    read = dict(session.execute(select(ReconciledAccount.account, ReconciledAccount.read_at)).all())
    # An issuer may have changed accounts: money under way on the old one arrives there.
    chosen = {account for account in found if account and only in ("", account)}
    return sorted(chosen, key=lambda account: (str(read.get(account) or ""), account))


def _tried() -> Select[tuple[str]]:
    """Return the query for the accounts of all attempts: from one to the next by the index, so that it costs
    what there are accounts, not attempts."""
    account = PaymentAttempt.account
    tried = select(func.min(account).label("account")).cte("tried", recursive=True)
    following = select(func.min(account)).where(account > tried.c.account).scalar_subquery()
    tried = tried.union_all(select(following).where(tried.c.account.is_not(None)))
    return select(tried.c.account).where(tried.c.account.is_not(None))
