"""The pay page as it would look with settings that are not saved; the staff pages show it in a frame."""

from dataclasses import replace

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.models import Invoice
from paymail.services.letters.unsaved import NO_TOKEN, Unsaved, invoice_with
from paymail.web.pay.contents import contents_of
from paymail.web.templating import HERE, PAGES
from paymail.wiring import App

POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'"
)
"""No script runs and no form is sent: nobody can pay there, and Stripe is not asked."""
SHEET = '<link rel="stylesheet" href="/static/pay.css">'
DARK = "(prefers-color-scheme: dark)"


def preview(
    app: App, request: Request, session: Session, invoice: Invoice, unsaved: Unsaved, *, dark: bool
) -> HTMLResponse:
    """Return the page of an invoice's link with unsaved settings; its links lead nowhere.

    It is light, or `dark`, whatever the screen is.
    """
    _payable, context = contents_of(session, app, invoice_with(session, invoice, unsaved))
    document = context["document"]
    seller = unsaved.seller(invoice.issuer, invoice.currency)
    context["document"] = replace(document, issuer=seller)  # type: ignore[type-var]
    context |= {"token": NO_TOKEN, "said": ""}
    page = PAGES.get_template("pay.html").render({"request": request, **context})
    sheet = (
        (HERE / "static" / "pay.css").read_text().replace(DARK, "(min-width: 0)" if dark else "(width: 0)")
    )
    page = page.replace(SHEET, f"<style>{sheet}</style>")
    page = page.replace('"light dark"', '"dark"' if dark else '"light"')
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})
