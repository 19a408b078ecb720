"""What is another company's, and so not for an admin who sees only some to give to theirs."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.access.visible import among_all_issuers, seen_issuers
from paymail.services.outbox.suppressions import domain_of
from paymail.services.reminders.preferences import BadPreference


def refuse_others_account(session: Session, account: str) -> None:
    """Refuse a Stripe account of an issuer that whoever asks does not see. Raises BadPreference."""
    seen = seen_issuers(session)
    if seen is None:
        return
    others = select(Issuer.issuer_id).where(
        Issuer.stripe_account == account.strip(), Issuer.issuer_id.not_in(seen)
    )
    if session.scalar(among_all_issuers(others.limit(1))) is not None:
        raise BadPreference(
            "this Stripe account belongs to another company; an admin of all companies can connect it"
        )


def refuse_others_sender(session: Session, email: str) -> None:
    """Refuse a sender at a domain from which only issuers mail that whoever asks does not see.

    Raises BadPreference.
    """
    seen = seen_issuers(session)
    if seen is None:
        return
    wanted = domain_of(email)
    senders = session.execute(among_all_issuers(select(Issuer.issuer_id, Issuer.email)))
    mailing = {issuer_id for issuer_id, address in senders if domain_of(address) == wanted}
    if mailing and not mailing & seen:
        raise BadPreference(
            f"email: another company sends from {wanted}; an admin of all companies can set this address"
        )
