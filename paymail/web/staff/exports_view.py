"""What the page of exports shows: the report's figures, the first of their lines, and each file's address."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse

from paymail.services.access.staff import Visitor
from paymail.services.core.invoices import local_date
from paymail.services.core.issuers import NoSuchIssuer, all_issuers
from paymail.services.exports import lists
from paymail.services.exports.files import ACCOUNTS, Layout
from paymail.services.exports.gst_figures import figures
from paymail.services.exports.gst_report import Basis, home_of, is_long, rows
from paymail.services.exports.period import Period, period, quarter_before, quarter_of
from paymail.web.staff.form_actions import Refusal, day_of
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

MOST_AT_ONCE = 2000
"""Of more documents than these the figures are worked out when somebody asks for them."""
SHOWN = 25
"""Lines on the page; all are in the file."""
WORDS = {
    Layout.XERO_INVOICES: ("Xero", "Invoices", "Business > Invoices > Import; prices are tax exclusive"),
    Layout.XERO_PAYMENTS: (
        "Xero",
        "Payments, refunds and chargebacks",
        "as a bank statement: Accounting > Bank accounts",
    ),
    Layout.MYOB_SALES: ("MYOB AccountRight", "Service sales", "File > Import > Sales; tab-delimited"),
    Layout.MYOB_PAYMENTS: ("MYOB AccountRight", "Payments", "File > Import > Receipts; tab-delimited"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for, as it was typed."""

    company: int | None
    first: str
    last: str
    basis: Basis
    figures: bool = False
    """Whether to work out the figures, however many documents they are of."""


def exports_page(
    app: App, request: Request, visitor: Visitor, asked: Asked, refusal: Refusal | None = None
) -> HTMLResponse:
    """Answer with the page. Eight statements, however many lines. Raises BadPeriod, BadTime, NoSuchIssuer."""
    now = app.now()
    context: dict[str, object] = {"visitor": visitor, "refusal": refusal, "asked": asked}
    with app.reading() as session:
        issuers = all_issuers(session)
        context |= {"issuers": issuers, "report": None, "lists": lists.offered(session)}
        if issuers:
            issuer = next((one for one in issuers if one.issuer_id == asked.company), issuers[0])
            if asked.company and issuer.issuer_id != asked.company:
                raise NoSuchIssuer(f"company {asked.company} not found")
            here = quarter_of(local_date(issuer, now))
            span = period(day_of(asked.first) or here.first, day_of(asked.last) or here.last)
            waits = not asked.figures and is_long(
                session, issuer=issuer, span=span, basis=asked.basis, most=MOST_AT_ONCE
            )
            found = () if waits else rows(session, issuer=issuer, span=span, basis=asked.basis)
            context |= {
                "waits": waits,
                "most": MOST_AT_ONCE,
                "issuer": issuer,
                "span": span,
                "report": figures(found, currency=home_of(issuer), keep=SHOWN),
                "quarters": [("This quarter", here), ("Last quarter", quarter_before(here))],
            }
            context |= {
                "files": [(one, words, ACCOUNTS[one]) for one, words in WORDS.items()],
                "address_of": _addresses(issuer.issuer_id, asked.basis),
            }
    return PAGES.TemplateResponse(request, "exports.html", context, refusal.status if refusal else 200)


def _addresses(company: int, basis: Basis) -> object:
    def at(path: str, span: Period, of: Basis | None = None) -> str:
        query = {"company": company, "first": span.first, "last": span.last, "basis": of or basis}
        return f"/staff/exports{path}?{urlencode(query)}"

    return at
