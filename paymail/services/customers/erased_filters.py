"""Filters of invoices that look for a person who is erased: of bulk sends, and those that staff saved."""

import json
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import select
from sqlalchemy.orm import Session

from paymail.models import BulkSend, SavedView
from paymail.services.customers.erased_person import ErasedPerson

SHORTEST = 3
"""Fewer letters than this are in every other name, and tell nobody's."""


def scrub(session: Session, person: ErasedPerson) -> None:
    """Put the placeholder where a filter has a part of the person's name or address."""
    for bulk in session.scalars(select(BulkSend).where(BulkSend.selection.contains('"filter"'))):
        stored = json.loads(bulk.selection)
        bulk.selection = json.dumps(stored | {"filter": _without(stored["filter"], person)})
    for view in session.scalars(select(SavedView)):
        view.query = _without(view.query, person)
        if person.named_in(view.name):
            view.name = f"View {view.view_id}"


def _without(query: str, person: ErasedPerson) -> str:
    pairs = parse_qsl(query)
    kept = [
        (name, person.name if name in ("q", "customer") and _tells(value, person) else value)
        for name, value in pairs
    ]
    return query if kept == pairs else urlencode(kept)


def _tells(text: str, person: ErasedPerson) -> bool:
    part = text.casefold()
    return person.named_in(text) or (len(part) >= SHORTEST and any(part in word for word in person.words))
