"""Exports: the GST report of a period with what it is made of, files for accounting systems, lists as CSV."""

from collections.abc import Callable, Iterator
from datetime import date
from tempfile import SpooledTemporaryFile
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from sqlalchemy.orm import Session

from paymail.errors import InvalidInput
from paymail.models import Issuer
from paymail.services.core.invoices import local_date
from paymail.services.core.issuers import NoSuchIssuer, all_issuers
from paymail.services.exports import files, lists
from paymail.services.exports.files import Layout
from paymail.services.exports.gst_report import Basis
from paymail.services.exports.period import Period, period, quarter_of
from paymail.web.http.dependencies import AppDep
from paymail.web.http.errors import status_of
from paymail.web.http.inputs import LARGEST_ID, Text
from paymail.web.staff.exports_view import Asked, exports_page
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.session import Visiting
from paymail.wiring import App

router = APIRouter()
Company = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]
Day = Annotated[date | None, Query()]
IN_MEMORY, AT_ONCE = 2**20, 2**16
"""Bytes of a file: more of it goes to a temporary one on disk, and is sent in such parts."""


@router.get("/exports")
def page(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    company: Company = None,
    first: Text = "",
    last: Text = "",
    basis: Basis = Basis.ACCRUAL,
    figures: Text = "",
) -> HTMLResponse:
    """Show the GST report of a period, the present quarter unless another is asked for, and the files.

    Of a period with very many documents the figures come with `figures`, at the press of a button.
    """
    asked = Asked(company, first, last, basis, figures=bool(figures))
    try:
        return exports_page(app, request, visitor, asked)
    except InvalidInput as error:
        refusal = Refusal(str(error), status_of(error), error.code)
        return exports_page(app, request, visitor, Asked(company, "", "", basis), refusal)


@router.get("/exports/gst.csv")
def gst(
    app: AppDep, _visitor: Visiting, company: Company = None, first: Day = None, last: Day = None,
    basis: Basis = Basis.ACCRUAL,
) -> StreamingResponse:  # fmt: skip
    """Give every line of the GST report."""
    issuer, span = _of(app, company, first, last)
    name = f"gst-{basis}-{span.first}-{span.last}.csv"
    return _file(app, name, lambda session: files.gst_lines(session, issuer=issuer, span=span, basis=basis))


@router.get("/exports/accounting")
def accounting(
    app: AppDep, _visitor: Visiting, layout: Layout = Layout.XERO_INVOICES, company: Company = None,
    first: Day = None, last: Day = None, account: Text = "",
) -> StreamingResponse:  # fmt: skip
    """Give a file for an accounting system."""
    issuer, span = _of(app, company, first, last)

    def lines(session: Session) -> Iterator[str]:
        return files.layout_lines(session, issuer=issuer, span=span, layout=layout, account=account)

    return _file(app, layout.file, lines)


@router.get("/exports/lists")
def a_list(app: AppDep, _visitor: Visiting, name: Text = "payments") -> StreamingResponse:
    """Give a list as CSV."""
    now = app.now()
    return _file(app, f"{name}.csv", lambda session: lists.lines(session, name=name, now=now))


def _of(app: App, company: int | None, first: date | None, last: date | None) -> tuple[Issuer, Period]:
    """Return whose report it is, and of when: of the quarter that the page shows, where no day is given."""
    with app.reading() as session:
        found = all_issuers(session)
        issuer = next((one for one in found if company in (None, one.issuer_id)), None)
        if issuer is None:
            raise NoSuchIssuer("company not found")
        session.expunge(issuer)
    here = quarter_of(local_date(issuer, app.now()))
    return issuer, period(first or here.first, last or here.last)


def _file(app: App, name: str, lines: Callable[[Session], Iterator[str]]) -> StreamingResponse:
    """Answer with a file. It is written down first: a slow download holds no connection of the database."""
    spool = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    try:
        with app.reading() as session:
            spool.writelines(one.encode() for one in lines(session))
        size = spool.tell()
        spool.seek(0)
    except BaseException:
        spool.close()
        raise
    kind = "text/csv" if name.endswith(".csv") else "text/tab-separated-values"
    head = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return StreamingResponse(_sent(spool), media_type=f"{kind}; charset=utf-8", headers=head)


def _sent(spool: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    with spool:
        while part := spool.read(AT_ONCE):
            yield part
