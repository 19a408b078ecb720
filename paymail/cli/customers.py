"""`paymail customers`: change, merge or hold one, write or email its statement, erase personal data."""

from datetime import date
from datetime import datetime as Day
from pathlib import Path
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.preview import CannotWrite
from paymail.clock import new_id
from paymail.i18n import language_of
from paymail.models import Issuer
from paymail.services.core.customers import find_customer
from paymail.services.customers import addresses, erasure, languages, merger, statement_emails
from paymail.services.letters import statements
from paymail.services.reminders import customer_holds, holds

_DAYS = ["%Y-%m-%d"]
group = typer.Typer(help="Customers.", no_args_is_help=True)


@group.command("set-email")
@exits
def set_email(customer_id: int, address: str) -> None:
    """Change a customer's email address. Queued emails go there; reminders held after a bounce resume."""
    app = open_app()
    with app.transaction() as session:
        waiting = addresses.change_email(
            session, customer_id=customer_id, address=address, actor="cli", now=app.now()
        )
    typer.echo(
        f"customer {customer_id} now has the address {address.strip()}; {waiting} queued email(s) go there"
    )


@group.command("set-locale")
@exits
def set_locale(customer_id: int, locale: str) -> None:
    """Set a customer's locale, for example de-AT: language, amounts, dates. "" restores the issuer's."""
    app = open_app()
    with app.transaction() as session:
        used = languages.set_locale(session, customer_id=customer_id, tag=locale, actor="cli", now=app.now())
    typer.echo(f"customer {customer_id} has the locale {used} and is emailed in {language_of(used)}")


@group.command()
@exits
def merge(
    customer_id: int,
    into: Annotated[int, typer.Option(help="The customer that stays.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Merge a customer into another one, which gets its invoices and contacts. This cannot be undone."""
    app = open_app()
    if not yes:
        with app.reading() as session:
            found = merger.preview(session, customer_id=customer_id, into=into)
            typer.echo(f"merges  {customer_id}: {found.goes.name}, {found.goes.email}", err=True)
            typer.echo(f"into    {into}: {found.stays.name}, {found.stays.email}", err=True)
        typer.confirm(f"Move {found.invoices} invoice(s), {found.owed} unpaid?", abort=True, err=True)
    with app.transaction() as session:
        done = merger.merge(session, customer_id=customer_id, into=into, actor="cli", now=app.now())
    typer.echo(
        f"customer {customer_id} is merged into {into}: {done.invoices} invoice(s) moved,"
        f" {done.emails} queued email(s) go to the new address"
    )


@group.command()
@exits
def hold(
    customer_id: int,
    reason: Annotated[str, typer.Option(help="Shown to staff, for example 'Promised to pay'.")],
    until: Annotated[
        Day | None, typer.Option(formats=_DAYS, help="Last day of the hold; until released if omitted.")
    ] = None,
) -> None:
    """Hold all reminders of a customer, also of invoices that come later.

    Example: paymail customers hold 7 --reason "Address bounced" --until 2026-12-04
    """
    app = open_app()
    with app.transaction() as session:
        issuer = session.get_one(Issuer, find_customer(session, customer_id=customer_id).issuer_id)
        end = holds.end_of_day(until.date(), issuer, app.now()) if until else None
        customer_holds.hold(
            session, customer_id=customer_id, reason=reason, until=end, actor="cli", now=app.now()
        )
    ends = f"until the end of {until.date()}" if until else "until released"
    typer.echo(f"the reminders of customer {customer_id} are on hold {ends}")


@group.command()
@exits
def release(customer_id: int) -> None:
    """End the hold of all reminders of a customer. Holds of single invoices stay."""
    app = open_app()
    with app.transaction() as session:
        held = customer_holds.release(session, customer_id=customer_id, actor="cli", now=app.now())
    typer.echo(f"customer {customer_id} {'is released' if held else 'was not on hold'}")


@group.command()
@exits
def statement(
    customer_id: int,
    to: Annotated[Path | None, typer.Option(help="The PDF to write.")] = None,
    email: Annotated[
        bool, typer.Option("--email", help="Email it to whoever gets the invoices. It ends today.")
    ] = False,
    day: Annotated[Day | None, typer.Option(formats=_DAYS, help="Last day; today if omitted.")] = None,
    since: Annotated[
        Day | None, typer.Option(formats=_DAYS, help="First day; 90 days earlier if omitted.")
    ] = None,
    currency: Annotated[str, typer.Option(help="Needed where the customer has several.")] = "",
) -> None:
    """Write or email a customer's statement: what was charged and paid until a day, and what is open then.

    Examples: paymail customers statement 7 --to statement.pdf; paymail customers statement 7 --email
    """
    if email == (to is not None) or (email and day):
        raise typer.BadParameter("give --to FILE, or --email without --day")
    first = since.date() if since else None
    if to is None:
        _email_statement(customer_id, first, currency.upper())
    else:
        _write_statement(customer_id, to, day.date() if day else None, first, currency.upper())


def _email_statement(customer_id: int, since: date | None, currency: str) -> None:
    app = open_app()
    with app.transaction() as session:
        queued = statement_emails.send_statement(
            session,
            customer_id=customer_id,
            key=new_id(),
            since=since,
            currency=currency,
            actor="cli",
            now=app.now(),
        )
    typer.echo(f"the statement of customer {customer_id} is queued as message {queued.message_id}")


def _write_statement(customer_id: int, to: Path, day: date | None, since: date | None, currency: str) -> None:
    app = open_app()
    with app.reading() as session:
        document = statements.statement(
            session,
            customer_id=customer_id,
            now=app.now(),
            day=day,
            since=since,
            currency=currency,
            public_url=app.settings.public_url,
        )
        pdf = statements.kept(session, customer_id=customer_id, document=document)
    try:
        to.write_bytes(pdf or app.pdf.render(document))
    except OSError as error:
        raise CannotWrite(f"{to}: {error.strerror}") from error
    typer.echo(f"{document.balance} open on {document.day}: {to}")


@group.command()
@exits
def erase(
    customer_id: int, yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False
) -> None:
    """Erase a customer's personal data permanently. Invoices, payments and receipts are kept."""
    app = open_app()
    if not yes:
        typer.confirm(
            f"Permanently erase the name, addresses and emails of customer {customer_id}?", abort=True
        )
    with app.transaction() as session:
        erasure.erase_customer(session, customer_id=customer_id, actor="cli", now=app.now())
    typer.echo(f"customer {customer_id} is erased")
