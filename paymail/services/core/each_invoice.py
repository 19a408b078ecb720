"""One act on many invoices: each in a transaction of its own, so that what one refuses, the others get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.errors import Conflict, InvalidInput, NotFound
from paymail.services.core.contexts import Context

Act = Callable[[Session, int, datetime], object]
"""What is done to an invoice, by its id, at an instant (UTC)."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An invoice that the act was refused for, and why."""

    invoice_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an act on many invoices."""

    done: tuple[int, ...]
    refused: tuple[Refused, ...]


def act_on_each(context: Context, *, invoice_ids: Sequence[int], act: Act) -> Outcome:
    """Do it to each invoice in turn; one that refuses it is left as it was, and named.

    A crash leaves those done that were: doing it again must be safe, as for one invoice.
    """
    done, refused = [], []
    for invoice_id in invoice_ids:
        try:
            with context.transaction() as session:
                act(session, invoice_id, context.now())
        except (Conflict, InvalidInput, NotFound) as error:
            refused.append(Refused(invoice_id, str(error)))
        else:
            done.append(invoice_id)
    return Outcome(tuple(done), tuple(refused))
