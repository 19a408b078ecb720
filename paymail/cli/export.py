"""`paymail export`: lists as CSV, the GST report, and files for accounting systems, to stdout."""

import json
import sys
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.models import Issuer
from paymail.money import to_decimal
from paymail.services.core.invoices import local_date
from paymail.services.core.issuers import find_issuer
from paymail.services.exports import lists
from paymail.services.exports.files import Layout, gst_lines, layout_lines
from paymail.services.exports.gst_figures import Figures, figures
from paymail.services.exports.gst_report import Basis, home_of, rows
from paymail.services.exports.period import Period, period, quarter_before, quarter_of

group = typer.Typer(help="Lists, the GST report, and files for accounting systems.", no_args_is_help=True)
Company = Annotated[str, typer.Option("--issuer", help="Whose: id or name. Needed if there are several.")]
First = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day; else of the last quarter.")
]
Last = Annotated[
    datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; else of the last quarter.")
]


@group.command("list")
@exits
def list_(name: Annotated[str, typer.Argument(help=f"One of {', '.join(lists.LISTS)}.")]) -> None:
    """Print a list as CSV. Invoices have `paymail invoices list --csv`."""
    app = open_app()
    with app.reading() as session:
        sys.stdout.writelines(lists.lines(session, name=name, now=app.now()))


@group.command()
@exits
def gst(
    issuer: Company = "",
    first: First = None,
    last: Last = None,
    basis: Annotated[
        Basis, typer.Option(help="When GST counts: when invoiced, or when paid.")
    ] = Basis.ACCRUAL,
    lines: Annotated[
        bool, typer.Option("--lines", help="Print what the figures are made of, as CSV.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print G1 and 1A of a period; with --lines every line that they are the sums of."""
    if lines and as_json:
        raise typer.BadParameter("choose --lines or --json")
    app = open_app()
    with app.reading() as session:
        who, span = _of(session, issuer, first, last, app.now())
        if lines:
            sys.stdout.writelines(gst_lines(session, issuer=who, span=span, basis=basis))
            return
        found = figures(rows(session, issuer=who, span=span, basis=basis), currency=home_of(who))
    shown = _described(found, who, span, basis)
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    typer.echo(f"{who.name}, {span.first} to {span.last}, {basis}")
    for name, label in (("g1", "G1 total sales"), ("1a", f"1A {who.tax_name} on sales")):
        typer.echo(
            f"{label:22} {found.currency} {shown[name]:>16}  adjustments {shown[f'{name}_adjustments']}"
        )
    for one in found.foreign:
        typer.echo(f"not included: {one}, whose {who.tax_name} in {found.currency} is not known", err=True)


@group.command()
@exits
def accounting(
    layout: Annotated[Layout, typer.Argument(help="For which system, and what of.")],
    issuer: Company = "",
    first: First = None,
    last: Last = None,
    account: Annotated[
        str, typer.Option(help="Code of the account there; else the system's own default.")
    ] = "",
) -> None:
    """Print the invoices or payments of a period as Xero or MYOB AccountRight import them."""
    app = open_app()
    with app.reading() as session:
        who, span = _of(session, issuer, first, last, app.now())
        sys.stdout.writelines(layout_lines(session, issuer=who, span=span, layout=layout, account=account))


def _of(
    session: Session, issuer: str, first: datetime | None, last: datetime | None, now: datetime
) -> tuple[Issuer, Period]:
    who = find_issuer(session, ref=issuer)
    quarter = quarter_before(quarter_of(local_date(who, now)))
    begin, end = first.date() if first else None, last.date() if last else None
    return who, period(begin or quarter.first, end or (local_date(who, now) if begin else quarter.last))


def _described(found: Figures, issuer: Issuer, span: Period, basis: Basis) -> dict[str, object]:
    """Return the report as JSON has it; amounts as texts, exactly."""

    def major(minor: int) -> str:
        return str(to_decimal(minor, found.currency))

    return {
        "issuer": issuer.name,
        "from": span.first.isoformat(),
        "to": span.last.isoformat(),
        "basis": basis,
        "currency": found.currency,
        "g1": major(found.sales),
        "1a": major(found.gst),
        "g1_adjustments": major(found.adjusted_sales),
        "1a_adjustments": major(found.adjusted_gst),
        "lines": found.lines,
        "not_included": [{"currency": one.currency, "amount": str(one.decimal)} for one in found.foreign],
    }
