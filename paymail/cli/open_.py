"""`paymail open`: where the staff page of an invoice is."""

import webbrowser
from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.errors import NotFound
from paymail.models import Invoice
from paymail.services.lists import invoice_text


class NotOne(NotFound):
    """No invoice has this number, or several companies have one of it."""

    code = "not_one_invoice"


@exits
def open_(
    number: Annotated[str, typer.Argument(help="Number of the invoice, with or without #; else its id.")],
    browser: Annotated[bool, typer.Option("--browser", help="Open it in your browser, too.")] = False,
) -> None:
    """Print the address of an invoice's staff page."""
    app = open_app()
    with app.reading() as session:
        found = invoice_text.the_one(session, find=number)
        if found is None and number.isdecimal() and len(number) < 19:
            invoice = session.get(Invoice, int(number))
            found = invoice.invoice_id if invoice else None
    if found is None:
        raise NotOne(
            f"no invoice, or more than one, has the number {number[:40]!r}; see `paymail invoices list`"
        )
    address = f"{app.settings.public_url}/staff/invoices/{found}"
    typer.echo(address)
    if browser:
        webbrowser.open(address)
