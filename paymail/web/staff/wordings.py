"""A company's own words in its emails: the list, saving a version, and going back to one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.services.access import staff
from paymail.services.core.issuers import find_issuer
from paymail.services.issuers import wording
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff.flash import back_to
from paymail.web.staff.form_actions import StaffForm, act
from paymail.web.staff.session import Visiting
from paymail.web.staff.wording_form import MOST_VERSIONS, Named, Place, Version, WordingForm
from paymail.web.staff.wording_view import Typed, editor_page, overview_page

router = APIRouter(prefix="/companies/{issuer_id}/wording")

PLACE = "/{template}/{language}"
WRONG = "Nothing was saved. Correct what is marked below, then save again."


class BackForm(StaffForm):
    """Which version to use again; 0 is paymail's words. `seen` is the version that the page showed in use."""

    version: Annotated[int, Field(ge=0, le=MOST_VERSIONS)] = 0
    seen: Annotated[int | None, Field(ge=0, le=MOST_VERSIONS)] = None


@router.get("")
def overview(app: AppDep, request: Request, visitor: Visiting, issuer_id: RowId) -> HTMLResponse:
    """List the emails, with which have the company's own words in which language."""
    return overview_page(app, request, visitor, issuer_id)


@router.get(PLACE)
def show(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    version: Version = None,
) -> HTMLResponse:
    """Show the words of one email in one language, with the versions that there were."""
    return editor_page(app, request, visitor, (issuer_id, template, language), version=version)


@router.post(PLACE)
def save(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    form: Annotated[WordingForm, Form()],
) -> Response:
    """Save a version; or show the form again with what is wrong."""
    staff.check_csrf(visitor, form.csrf)
    place = (issuer_id, template, language)
    try:
        with app.transaction() as session:
            made = wording.save(
                session,
                issuer=find_issuer(session, ref=str(issuer_id)),
                template=template,
                language=language,
                words=form.words,
                rules=app.writer,
                actor=visitor.email,
                now=app.now(),
                seen=form.seen,
            )
    except wording.BadWording as error:
        typed = Typed(form.words, form.seen, error.faults, WRONG, 422)
        return editor_page(app, request, visitor, place, typed)
    except wording.WordingOvertaken as error:
        notice = f"Nothing was saved: {error}."
        return editor_page(app, request, visitor, place, Typed(form.words, form.seen, {}, notice, 409))
    return back_to(_address(place), "worded" if made else "worded_same")


@router.post(PLACE + "/back")
def go_back(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    issuer_id: RowId,
    template: Named,
    language: Named,
    form: Annotated[BackForm, Form()],
) -> Response:
    """Use an earlier version again, or paymail's words."""
    place = (issuer_id, template, language)
    made = []

    def do(session: Session, now: datetime) -> None:
        made.append(
            wording.go_back(
                session,
                issuer=find_issuer(session, ref=str(issuer_id)),
                template=template,
                language=language,
                version=form.version,
                rules=app.writer,
                actor=visitor.email,
                now=now,
                seen=form.seen,
            )
        )

    if refusal := act(app, visitor, form, do):
        notice = f"Nothing was changed: {refusal.reason}."
        return editor_page(app, request, visitor, place, Typed(None, 0, {}, notice, refusal.status))
    if not made[0]:
        return back_to(_address(place), "worded_same")
    return back_to(_address(place), "worded" if form.version else "unworded")


def _address(place: Place) -> str:
    issuer_id, template, language = place
    return f"/staff/companies/{issuer_id}/wording/{template}/{language}"
