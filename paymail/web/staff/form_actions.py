"""What every change by a form has in common: the CSRF token, one transaction, a refusal with its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, TooMany
from paymail.models import Issuer
from paymail.services.access import staff
from paymail.services.access.staff import Visitor
from paymail.services.core.calendar import NEXT_BUSINESS_MORNING, BadTime, when
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import plain
from paymail.wiring import App

Text = Annotated[str, Field(max_length=1000), AfterValidator(plain)]
"""What was typed into a field. All checks are made later, so that a refusal can show it again."""
Lines = Annotated[str, Field(max_length=5000), AfterValidator(plain)]
"""What was typed into a field of several lines."""
Sequence = Annotated[int, Field(ge=1, le=1_000_000)]
"""The number of the action that a page showed: sent twice by a double click, it is one action."""

IssuerId = Annotated[str, Field(pattern=r"^[0-9]{0,18}$")]


class NotAChoice(InvalidInput):
    """The form names a choice that the page does not offer."""

    code = "not_a_choice"


class StaffForm(BaseModel):
    """A form of a staff page."""

    csrf: Text = ""


class WhenForm(StaffForm):
    """When an email shall go out: `now`, the next business `morning`, or `at` a local time."""

    when: Text = "now"
    at: Text = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a change was not made, and the HTTP status that says so."""

    reason: str
    status: int
    code: str = ""
    link: str = ""
    """Where that can be put right, if not on this page."""


def act(
    app: App, visitor: Visitor, form: StaffForm, do: Callable[[Session, datetime], object]
) -> Refusal | None:
    """Make a change in one transaction; return why not, if it was refused. Raises BadCsrf, NotFound kinds."""
    staff.check_csrf(visitor, form.csrf)
    try:
        with app.transaction() as session:
            do(session, app.now())
    except (Conflict, InvalidInput, TooMany) as error:
        return Refusal(str(error), status_of(error), error.code)
    return None


def moment_of(form: WhenForm, issuer: Issuer, now: datetime) -> datetime | None:
    """Return when it shall go out (UTC; None is now). Raises BadTime, BadCalendar."""
    if form.at and form.when != "at":
        raise BadTime("you entered a time but chose another option; choose “At a set time” or clear the time")
    match form.when:
        case "now":
            return None
        case "morning":
            return when(NEXT_BUSINESS_MORNING, issuer, now)
        case "at" if form.at:
            return _at(form.at, issuer, now)
        case "at":
            raise BadTime("enter a time")
    raise BadTime(f"{form.when[:20]!r} is not an option")


def _at(text: str, issuer: Issuer, now: datetime) -> datetime:
    moment = when(text, issuer, now)
    if moment is None:
        raise BadTime(f"{text[:40]!r} is not a time")
    return moment


def day_of(text: str) -> date | None:
    """Return the day of a date field, None if it is empty. Raises BadTime."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise BadTime(f"{text[:20]!r} is not a date; use a format such as 2026-12-01") from error
    if not 1900 < found.year < 2200:
        raise BadTime(f"the year {found.year} is out of range; check for a typo")
    return found
