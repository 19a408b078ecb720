"""The list of emails: its filter in the address, its chips, a page of rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.datastructures import QueryParams
from fastapi.responses import HTMLResponse

from paymail.models import Issuer, MessageState
from paymail.services.core.issuers import all_issuers
from paymail.services.lists import message_pages
from paymail.services.lists.message_pages import Standing, Wanted, standings_of
from paymail.web.http.dependencies import AppDep
from paymail.web.http.inputs import OptionalRowId, PageNumber, plain
from paymail.web.staff.filter_chips import Chip, Choice, Field
from paymail.web.staff.message_rows import message_rows
from paymail.web.staff.message_words import KIND_WORDS, STANDING_BADGES
from paymail.web.staff.pages import PAGES
from paymail.web.staff.session import Visiting

router = APIRouter(prefix="/messages")
LONGEST = 320
"""Characters of an address that is looked for."""


@router.get("")
def messages(
    app: AppDep,
    request: Request,
    visitor: Visiting,
    invoice: OptionalRowId = None,
    bulk: OptionalRowId = None,
    page: PageNumber = 1,
) -> HTMLResponse:
    """List messages, by page and filter. Five statements, however many rows."""
    with app.reading() as session:
        issuers = all_issuers(session)
        wanted = _wanted(request.query_params, issuers, invoice, bulk)
        found = message_pages.messages(session, wanted=wanted, page=page)
        rows = message_rows(session, [one.message for one in found.rows])
    zones = sorted({one.zone for one in found.rows})
    context = {
        "visitor": visitor,
        "found": found,
        "rows": list(zip(found.rows, rows, strict=True)),
        "given": dict(_pairs(wanted)),
        "chips": list(_chips(wanted, issuers)),
        "zones": zones,
        "now": app.now(),
    }
    return PAGES.TemplateResponse(request, "messages.html", context)


def _wanted(given: QueryParams, issuers: Iterable[Issuer], invoice: int | None, bulk: int | None) -> Wanted:
    """Read the filter of an address; what it does not know filters nothing. `state` was that of before."""
    standing = [Standing(one) for one in _several(given, "delivery") if one in set(Standing)]
    for state in _several(given, "state"):
        standing += standings_of(MessageState(state)) if state in set(MessageState) else ()
    known = {str(one.issuer_id): one.issuer_id for one in issuers}
    return Wanted(
        standing=tuple(dict.fromkeys(standing)),
        kind=tuple(one for one in _several(given, "kind") if one in KIND_WORDS),
        find=" ".join(plain(given.get("find", "")).split())[:LONGEST],
        invoice_id=invoice,
        bulk_id=bulk,
        company=tuple(known[one] for one in _several(given, "company") if one in known),
    )


def _several(given: QueryParams, name: str) -> list[str]:
    return [one for text in given.getlist(name) for one in text.split(",") if one][:50]


def _pairs(wanted: Wanted) -> list[tuple[str, str]]:
    """Return the filter as it stands in an address."""
    pairs = (
        ("delivery", ",".join(wanted.standing)),
        ("kind", ",".join(wanted.kind)),
        ("find", wanted.find),
        ("invoice", str(wanted.invoice_id or "")),
        ("bulk", str(wanted.bulk_id or "")),
        ("company", ",".join(map(str, wanted.company))),
    )
    return [(name, value) for name, value in pairs if value]


@dataclass(frozen=True, slots=True)
class _Ticks:
    name: str
    parameter: str
    known: Sequence[tuple[str, str, str | None]]
    chosen: Iterable[object]


def _chips(wanted: Wanted, issuers: Sequence[Issuer]) -> Iterable[Chip]:
    ticks = [
        _Ticks("Delivery", "delivery", [(s, w, t) for s, (t, w) in STANDING_BADGES.items()], wanted.standing),
        _Ticks("Kind", "kind", [(kind, word, None) for kind, word in KIND_WORDS.items()], wanted.kind),
    ]
    if len(issuers) > 1:
        names = [(str(one.issuer_id), one.name, None) for one in issuers]
        ticks.append(_Ticks("Company", "company", names, wanted.company))
    chips = [_ticked(wanted, one) for one in ticks]
    address = Field("find", "Address", wanted.find, hint="Part of the address")
    chips.append(_chip(wanted, "Address", "find", wanted.find, fields=(address,)))
    for name, parameter, value in (
        ("Invoice", "invoice", wanted.invoice_id),
        ("Batch", "bulk", wanted.bulk_id),
    ):
        if value:
            chips.append(_chip(wanted, name, parameter, "one" if parameter == "invoice" else str(value)))
    return sorted(chips, key=lambda one: not one.value)


def _ticked(wanted: Wanted, ticks: _Ticks) -> Chip:
    chosen = {str(one) for one in ticks.chosen}
    choices = tuple(Choice(str(value), word, tone, str(value) in chosen) for value, word, tone in ticks.known)
    words = [one.word for one in choices if one.chosen]
    value = ", ".join(words) if len(words) < 4 else f"{len(words)} chosen"
    return _chip(wanted, ticks.name, ticks.parameter, value, choices)


def _chip(
    wanted: Wanted, name: str, parameter: str, value: str, choices: tuple[Choice, ...] = (),
    fields: tuple[Field, ...] = (),
) -> Chip:  # fmt: skip
    others = tuple(pair for pair in _pairs(wanted) if pair[0] != parameter)
    return Chip(name, value, parameter, choices, fields, others, urlencode(others))
