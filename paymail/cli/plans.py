"""`paymail plans`: agree on a payment plan, show it, end it."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.options import Json
from paymail.models import Invoice
from paymail.money import Money, parse_amount
from paymail.services.core.invoices import load_invoice, local_date
from paymail.services.plans import agreement
from paymail.services.plans.coverage import plan_of
from paymail.services.plans.instalment_text import read_day, read_parts
from paymail.services.plans.instalments import Cadence, Part, deposit_and_rest, equal_parts
from paymail.web.schemas.plans import PlanDetail
from paymail.wiring import App

group = typer.Typer(help="Payment plans.", no_args_is_help=True)
Day = Annotated[str, typer.Option(metavar="YYYY-MM-DD")]


@group.command()
@exits
def agree(
    invoice_id: int,
    count: Annotated[
        int, typer.Option(help="Number of equal instalments; use with --cadence and --first.")
    ] = 0,
    cadence: Annotated[Cadence | None, typer.Option(help="How often an instalment is due.")] = None,
    first: Day = "",
    deposit: Annotated[
        str, typer.Option(help="Deposit, in major units; use with --deposit-due and --rest-due.")
    ] = "",
    deposit_due: Day = "",
    rest_due: Day = "",
    part: Annotated[
        list[str] | None, typer.Option(help='One instalment, for example "2026-12-01 50.00"; repeatable.')
    ] = None,
    as_json: Json = False,
) -> None:
    """Divide the balance due into instalments, in one of three ways. Replaces an active plan."""
    equal, first_rest = (count, cadence, first), (deposit, deposit_due, rest_due)
    ways = [way for way in (equal, first_rest, (part,)) if any(way)]
    if len(ways) != 1 or not all(ways[0]):
        raise typer.BadParameter(
            "give --count, --cadence and --first; or --deposit, --deposit-due and --rest-due; or --part, once"
            " for each instalment"
        )
    app = open_app()
    with app.transaction() as session:
        invoice = load_invoice(session, invoice_id=invoice_id, lock=True)
        if part:
            parts = read_parts("\n".join(part), invoice.currency)
        elif deposit:
            parts = _deposit(invoice, deposit, deposit_due, rest_due)
        else:
            parts = equal_parts(invoice.balance, count, read_day(first), cadence or Cadence.MONTHLY)
        agreement.agree(session, invoice_id=invoice_id, parts=parts, actor="cli", now=app.now())
    _say(app, invoice_id, as_json)


def _deposit(invoice: Invoice, deposit: str, deposit_due: str, rest_due: str) -> tuple[Part, ...]:
    amount = parse_amount(deposit, invoice.currency)
    return deposit_and_rest(invoice.balance, amount, read_day(deposit_due), read_day(rest_due))


@group.command()
@exits
def show(invoice_id: int, as_json: Json = False) -> None:
    """Show an invoice's payment plan and what is left to pay."""
    _say(open_app(), invoice_id, as_json)


@group.command()
@exits
def end(
    invoice_id: int,
    reason: Annotated[str, typer.Option(help="Reason; kept in the history.")],
    as_json: Json = False,
) -> None:
    """End an invoice's payment plan: the full balance becomes due again."""
    app = open_app()
    with app.transaction() as session:
        agreement.end(session, invoice_id=invoice_id, reason=reason, actor="cli", now=app.now())
    _say(app, invoice_id, as_json)


def _say(app: App, invoice_id: int, as_json: bool) -> None:
    """Print the plan as it stands, as JSON or in words."""
    now = app.now()
    with app.reading() as session:
        invoice = load_invoice(session, invoice_id=invoice_id)
        detail = PlanDetail.of(invoice, now)
        today, plan = local_date(invoice.issuer, now), plan_of(invoice)
    if as_json:
        typer.echo(detail.model_dump_json())
        return
    for one in plan.parts if plan else ():
        state = "paid" if one.covered else f"{Money(one.open, invoice.currency)} open"
        late = ", overdue" if one.due < today and not one.covered else ""
        typer.echo(
            f"{one.position:>2}  {one.due}  {Money(one.amount, invoice.currency)!s:>18}  {state}{late}"
        )
    owed = Money(invoice.balance, invoice.currency)
    typer.echo(f"{owed} owed" if plan else f"invoice {invoice_id} has no payment plan; {owed} owed")
