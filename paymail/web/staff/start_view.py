"""What a new installation needs before it bills: each step with how it really stands, and where to do it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.core.issuers import all_issuers
from paymail.services.core.tax_invoices import lacks_abn
from paymail.services.issuers.own_issuers import Own, own
from paymail.settings import Settings
from paymail.web.staff.mail_words import mail_way


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is about, whether it is done, how it stands, the page of it, and a command if any."""

    name: str
    done: bool
    state: str
    address: str
    link: str
    command: str = ""


def steps_of(session: Session, settings: Settings, issuers: Iterable[Issuer] | None = None) -> list[Step]:
    """Return the four steps. Two statements, and one more unless all `issuers` are given."""
    mine = own(session, list(issuers) if issuers is not None else all_issuers(session))
    return [_company(mine), _stripe(settings, mine), _mail(settings), _invoices(mine)]


def _company(mine: Own) -> Step:
    if not mine.issuers:
        state = "Your own company is not here yet."
        return Step("Your company", False, state, "/staff/companies/new", "Add your company")
    for one in mine.issuers:
        if not one.address:
            state = f"{one.name} has no address, which an invoice must show."
            return Step("Your company", False, state, _page_of(one), "Add the address")
        if lacks_abn(one):
            state = f"{one.name} has no valid ABN: invoices with GST cannot be sent."
            return Step("Your company", False, state, f"{_page_of(one)}#tax_id", "Add the ABN")
    names = ", ".join(one.name for one in mine.issuers[:3])
    return Step(
        "Your company", True, f"{names}: address and tax number are there.", "/staff/companies", "Companies"
    )


def _page_of(issuer: Issuer) -> str:
    return f"/staff/companies/{issuer.issuer_id}"


def _stripe(settings: Settings, mine: Own) -> Step:
    page = "/staff/reconciliation", "Stripe check"
    if settings.sandboxed:
        state = "A sandbox stands in for Stripe: no real money moves. Whoever runs the server sets your keys"
        state += " as PAYMAIL_STRIPE_…; this checks them:"
        return Step("Stripe", False, state, *page, "paymail doctor")
    for one in mine.issuers:
        if not one.stripe_account:
            state = f"{one.name} has no Stripe account yet."
            return Step("Stripe", False, state, f"{_page_of(one)}#stripe", "Connect it")
    if settings.stripe_mode == "test":
        return Step("Stripe", True, "Test keys are set: payments are tried out, no real money moves.", *page)
    return Step("Stripe", True, "Live keys are set: customers can pay.", *page)


def _mail(settings: Settings) -> Step:
    way = mail_way(settings)
    if way.real:
        return Step("Mail server", True, way.text, way.address, way.page)
    state = f"{way.text} Whoever runs the server sets your mail server as PAYMAIL_SMTP_…; this checks it:"
    return Step("Mail server", False, state, way.address, way.page, "paymail doctor")


def _invoices(mine: Own) -> Step:
    if mine.invoiced:
        return Step("First import", True, "Invoices of yours are here.", "/staff/invoices", "Invoices")
    state = "None of your invoices is here yet. An import emails nobody."
    return Step("First import", False, state, "/staff/imports", "Import a file")
