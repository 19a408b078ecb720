"""People: who may sign in, with which roles."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field
from sqlalchemy.orm import Session

from paymail.models import Role
from paymail.services.access import people
from paymail.services.access.password_links import LIFETIME, make_link
from paymail.services.core.issuers import all_issuers
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import RowId
from paymail.web.staff import flash
from paymail.web.staff.form_actions import NotAChoice, Refusal, StaffForm, Text, act
from paymail.web.staff.pages import PAGES
from paymail.web.staff.proofs import Proof, act_proven
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter(prefix="/people")
HERE = "/staff/people"
ALL = "all"


class ProofForm(StaffForm):
    """What opens an account to somebody: the admin proves once more who they are."""

    proof: Proof = ""


class RoleForm(ProofForm):
    """A role for a company, or for all."""

    role: Text = ""
    issuer: Annotated[str, Field(pattern=rf"^([0-9]{{0,18}}|{ALL})$")] = ""

    def issuer_ref(self) -> str | None:
        """Return the company that was chosen, None for all. Raises NotAChoice: nothing chosen is not all."""
        if not self.issuer:
            raise NotAChoice("choose a company, or all companies")
        return None if self.issuer == ALL else self.issuer


class InviteForm(RoleForm):
    """Somebody new."""

    email: Text = ""


class FactorForm(ProofForm):
    """What becomes of a person's second factor: `require`, `allow` or `reset`."""

    do: Text = ""


@router.get("")
def listed(app: AppDep, request: Request, visitor: Visiting) -> HTMLResponse:
    """Show everybody with an account, and the form to invite somebody."""
    return _page(app, request, visitor)


@router.post("")
def invite(app: AppDep, request: Request, visitor: Visiting, form: Annotated[InviteForm, Form()]) -> Response:
    """Make an account, and show once the link by which the person sets their password."""
    made: list[str] = []
    refusal = act_proven(
        app,
        request,
        visitor,
        form,
        form.proof,
        lambda session, now: made.append(
            people.invite(
                session,
                email=form.email,
                role=people.role_named(form.role),
                issuer_id=people.issuer_named(session, form.issuer_ref()),
                actor=visitor.email,
                now=now,
            )
        ),
    )
    link = None if refusal else _address(app, made[0])
    return _page(app, request, visitor, refusal, form=form, link=link, who=form.email)


@router.post("/{user_id}/role")
def change_role(
    app: AppDep, request: Request, visitor: Visiting, user_id: RowId, form: Annotated[RoleForm, Form()]
) -> Response:
    """Give or take a role; to make somebody an admin, the admin proves who they are."""

    def change(session: Session, _now: datetime) -> None:
        user = people.to_change(session, user_id=user_id)
        role = None if form.role == "none" else people.role_named(form.role)
        people.set_role(session, user, role=role, issuer_id=people.issuer_named(session, form.issuer_ref()))

    if form.role == Role.ADMIN:
        refusal = act_proven(app, request, visitor, form, form.proof, change)
    else:
        refusal = act(app, visitor, form, change)
    return _page(app, request, visitor, refusal) if refusal else flash.back_to(HERE, "role")


@router.post("/{user_id}/remove")
def remove(
    app: AppDep, request: Request, visitor: Visiting, user_id: RowId, form: Annotated[StaffForm, Form()]
) -> Response:
    """End an account; its sessions end at once."""
    refusal = act(
        app,
        visitor,
        form,
        lambda session, now: people.remove(session, people.to_change(session, user_id=user_id), now),
    )
    return _page(app, request, visitor, refusal) if refusal else flash.back_to(HERE, "person_gone")


@router.post("/{user_id}/link")
def new_link(
    app: AppDep, request: Request, visitor: Visiting, user_id: RowId, form: Annotated[ProofForm, Form()]
) -> Response:
    """Show once a link by which the person sets another password; the present one works until then."""
    made: list[tuple[str, str]] = []

    def make(session: Session, now: datetime) -> None:
        user = people.to_change(session, user_id=user_id)
        made.append((user.email, make_link(session, user, actor=visitor.email, now=now)))

    refusal = act_proven(app, request, visitor, form, form.proof, make)
    who, secret = made[0] if made else ("", "")
    return _page(app, request, visitor, refusal, link=secret and _address(app, secret), who=who)


@router.post("/{user_id}/second-factor")
def second_factor_of(
    app: AppDep, request: Request, visitor: Visiting, user_id: RowId, form: Annotated[FactorForm, Form()]
) -> Response:
    """Require a second factor of a person, or no longer; or forget the app of a lost phone."""

    def change(session: Session, _now: datetime) -> None:
        people.change_second_factor(session, people.to_change(session, user_id=user_id), form.do)

    refusal = act_proven(app, request, visitor, form, form.proof, change)
    return _page(app, request, visitor, refusal) if refusal else flash.back_to(HERE, "factor")


def _address(app: App, secret: str) -> str:
    return f"{app.settings.public_url}/staff/password/{secret}"


def _page(
    app: App,
    request: Request,
    visitor: Visiting,
    refusal: Refusal | None = None,
    *,
    form: InviteForm | None = None,
    link: str | None = None,
    who: str = "",
) -> HTMLResponse:
    with app.reading() as session:
        found: dict[str, object] = {
            "people": people.people(session),
            "issuers": {issuer.issuer_id: issuer.name for issuer in all_issuers(session)},
        }
    found |= {"visitor": visitor, "refusal": refusal, "roles": list(Role), "link": link, "who": who}
    found |= {"flash": "" if refusal else flash.said(request)}
    found |= {"form": form if refusal and form else InviteForm(), "hours": LIFETIME.total_seconds() // 3600}
    return PAGES.TemplateResponse(request, "people.html", found, refusal.status if refusal else 200)
