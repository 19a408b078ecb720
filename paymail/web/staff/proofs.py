"""A form that asks who is signed in for their password, or for a code of their second factor."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from anyio import from_thread
from fastapi import Request
from pydantic import AfterValidator, Field
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput
from paymail.models import StaffUser
from paymail.services.access import proofs, staff
from paymail.services.access.staff import Visitor
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import encodable
from paymail.web.http.limiter import address_of
from paymail.web.http.login_limits import LoginAttempt
from paymail.web.http.rate_limits import rate_limits
from paymail.web.staff.form_actions import Refusal, StaffForm, act
from paymail.wiring import App

Proof = Annotated[str, Field(max_length=1000), AfterValidator(encodable)]
"""What was typed as a password or a code; not even a blank is taken away."""


def _nothing(_user: StaffUser) -> None:
    """Refuse nobody."""


def act_proven(
    app: App,
    request: Request,
    visitor: Visitor,
    form: StaffForm,
    given: str,
    do: Callable[[Session, datetime], object],
    *,
    before: Callable[[StaffUser], None] = _nothing,
) -> Refusal | None:
    """As `act`, if `given` proves who it is. Tries count with those of signing in, until one is right.

    `before` may refuse a person before anything is checked. Raises RateLimited, BadCsrf, NotFound kinds.
    """
    staff.check_csrf(visitor, form.csrf)
    try:
        with app.reading() as session:
            before(user := session.get_one(StaffUser, visitor.user_id))
            coded = user.totp_secret is not None
        attempt = LoginAttempt.of(f"code {visitor.email}" if coded else visitor.email, address_of(request))
        kept = _matched(app, request, visitor, attempt, given, coded=coded)
    except (Conflict, InvalidInput) as error:
        return Refusal(str(error), status_of(error), error.code)

    def proven(session: Session, now: datetime) -> None:
        proofs.prove(session, user_id=visitor.user_id, given=given, kept=kept, now=now)
        do(session, now)

    refusal = act(app, visitor, form, proven)
    if refusal is None:
        rate_limits(request).logins.remember(attempt)
    return refusal


def _matched(
    app: App, request: Request, visitor: Visitor, attempt: LoginAttempt, given: str, *, coded: bool
) -> str:
    """Count the try; return the hash of the password that was typed, empty where it is to be a code."""
    limits = rate_limits(request)
    if coded:
        limits.logins.count_failure(attempt)
        return ""
    limits.logins.count_address(attempt.address)
    limits.logins.count_failure(attempt)
    check = partial(proofs.matched, app.login_context(), user_id=visitor.user_id, given=given)
    # This thread waits for its turn among those that sign in: so many hashes at once and no more.
    return from_thread.run(limits.hashing.run, check)
