"""`paymail invoices copy`: a copy to one further address."""

from typing import Annotated

import typer

from paymail.cli.context import exits, open_app
from paymail.cli.invoices.group import group
from paymail.cli.options import Json
from paymail.cli.output import said
from paymail.services.sending.copies import send_copy


@group.command()
@exits
def copy(
    invoice_id: int,
    to: Annotated[str, typer.Option(help="The address; of a bookkeeper, for instance.")],
    payment: Annotated[
        int | None, typer.Option(help="Id of a payment: its receipt instead of the invoice.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Send a copy of an invoice, or of a receipt of it, to one further address. It holds no pay link.

    Each copy is sent once a day, and at most five a day of one invoice.
    """
    app = open_app()
    with app.transaction() as session:
        queued = send_copy(
            session, invoice_id=invoice_id, to=to, payment_id=payment, actor="cli", now=app.now()
        )
    told = f"message {queued.message_id}" + ("" if queued.created else ", which has it already")
    said(
        {"invoice_id": invoice_id, "message_id": queued.message_id, "queued": queued.created},
        f"queued {told}" if queued.created else told,
        as_json,
    )
