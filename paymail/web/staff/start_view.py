"""What a new installation needs before it bills: each step with how it really stands, and where to do it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from paymail.models import Issuer
from paymail.services.core.issuers import all_issuers
from paymail.services.core.tax_invoices import lacks_abn
from paymail.services.issuers.own_issuers import Own, own
from paymail.settings import Settings


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
    add = 'paymail issuers add "Your company" billing@example.com --tax-id "…" --address "…"'
    if not mine.issuers:
        state = "Your own company is not here yet."
        return Step("Your company", False, state, "/staff/companies", "Companies", add)
    for one in mine.issuers:
        if not one.address:
            state = f"{one.name} has no address, which an invoice must show."
            command = f'paymail issuers set {one.issuer_id} address="…"'
            return Step("Your company", False, state, "/staff/companies", "Companies", command)
        if lacks_abn(one):
            state = f"{one.name} has no valid ABN: invoices with GST cannot be sent."
            command = f'paymail issuers set {one.issuer_id} tax_id="…"'
            return Step("Your company", False, state, "/staff/companies", "Companies", command)
    names = ", ".join(one.name for one in mine.issuers[:3])
    return Step(
        "Your company", True, f"{names}: address and tax number are there.", "/staff/companies", "Companies"
    )


def _stripe(settings: Settings, mine: Own) -> Step:
    page = "/staff/reconciliation", "Stripe check"
    if settings.sandboxed:
        state = "A sandbox stands in for Stripe: no real money moves. Set your keys as PAYMAIL_STRIPE_…"
        return Step("Stripe", False, state, *page, "paymail doctor")
    for one in mine.issuers:
        if not one.stripe_account:
            command = f"paymail issuers set {one.issuer_id} stripe_account=acct_…"
            return Step("Stripe", False, f"{one.name} has no Stripe account yet.", *page, command)
    if settings.stripe_mode == "test":
        return Step("Stripe", True, "Test keys are set: payments are tried out, no real money moves.", *page)
    return Step("Stripe", True, "Live keys are set: customers can pay.", *page)


def _mail(settings: Settings) -> Step:
    if settings.mail_transport == "mailbox":
        state = "Emails go into the test mailbox and reach nobody. Set your mail server as PAYMAIL_SMTP_…"
        return Step("Mail server", False, state, "/staff/mailbox", "Test mailbox", "paymail doctor")
    return Step("Mail server", True, f"Emails go out by {settings.smtp_host}.", "/staff/messages", "Emails")


def _invoices(mine: Own) -> Step:
    if mine.invoiced:
        return Step("First import", True, "Invoices of yours are here.", "/staff/invoices", "Invoices")
    who = f' --issuer "{mine.issuers[0].name}"' if mine.issuers else ""
    state = "None of your invoices is here yet. An import emails nobody."
    command = f"paymail import invoices.csv{who} --dry-run"
    return Step("First import", False, state, "/staff/imports", "Import", command)
