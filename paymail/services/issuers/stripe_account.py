"""Connecting an issuer to its Stripe account: once, since payments are kept at the account that took them."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict, NotFound
from paymail.models import Issuer, IssuerChange
from paymail.ports.payments import Gateway, GatewayAccount
from paymail.services.issuers import bank_changes
from paymail.services.issuers.others_identity import refuse_others_account
from paymail.services.issuers.staff_notice import tell_all
from paymail.services.reminders.preferences import BadPreference


class AlreadyConnected(Conflict):
    """The issuer has a Stripe account; payments went there, so it stays."""

    code = "stripe_account_set"


def checked_account(text: str) -> str:
    """Return the id of a connected account. Raises BadPreference."""
    found = text.strip()
    if not re.fullmatch(r"acct_[A-Za-z0-9_]{4,50}", found, re.ASCII):
        raise BadPreference(f"{found[:40]!r} is not a Stripe account such as acct_1NvABCxyz")
    return found


def look_up(gateway: Gateway, account: str) -> GatewayAccount:
    """Return what Stripe says of an account. Raises BadPreference (it is not connected), Unavailable."""
    try:
        return gateway.account(account=checked_account(account))
    except NotFound as error:
        raise BadPreference(f"Stripe does not know {account[:60]} among the connected accounts") from error


def connect(session: Session, *, issuer: Issuer, account: str, actor: str, now: datetime) -> bool:
    """Let an issuer that has no account take payments at this one. All staff are told: money goes there.

    Return whether they are: without an invoice nobody is, since nobody can pay there yet.
    Raises AlreadyConnected, BadPreference.
    """
    wanted = checked_account(account)
    refuse_others_account(session, wanted)
    bank_changes.lock(session, issuer)
    if issuer.stripe_account:
        raise AlreadyConnected(f"{issuer.name} has a Stripe account already, which cannot be changed here")
    change = IssuerChange(
        issuer_id=issuer.issuer_id, at=now, actor=actor, setting="stripe_account", old="", new=wanted
    )
    session.add(change)
    issuer.stripe_account = wanted
    session.flush()
    return tell_all(
        session,
        issuer,
        about="Stripe account",
        key=str(change.change_id),
        headline=f"Customers of {issuer.name} can pay online from now on, to {wanted}",
        detail=f"Stripe account: none → {wanted}\nBy: {actor}.\nIf nobody of you did it, tell whoever runs"
        " the server at once; then change the passwords and revoke the API keys.",
        now=now,
    )
