"""The pages of imports: what they show, read in a number of statements that does not grow with the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from paymail.models import ImportFile, ImportFileState, Issuer
from paymail.services.access.staff import Visitor
from paymail.services.core.issuers import all_issuers
from paymail.services.imports import saved_profiles
from paymail.services.imports.files import corrections, kept
from paymail.services.imports.files.columns import missing
from paymail.services.imports.files.findings import Findings
from paymail.services.imports.files.reading import Reading
from paymail.services.imports.profiles import BUILT_IN, OWN
from paymail.services.lists import cursor, imports, issuer_sums
from paymail.services.lists.invoice_filter import InvoiceFilter, from_pairs
from paymail.web.schemas.imports import state_of
from paymail.web.staff import flash, import_columns
from paymail.web.staff.form_actions import Refusal
from paymail.web.staff.pages import PAGES
from paymail.wiring import App

AT_ONCE = 50
FIRST = 10
"""Of each list, where not one of them is asked for."""
REFRESH = "2"
"""Seconds until the page of a file that is worked on loads itself again: no script is needed for it."""
UNSENT = {"payment": "owed", "delivery": "not-emailed"}
LISTS = {"new": "new", "changed": "changed", "left-out": "left_out", "kept": "kept"}
"""What a page can be asked to list whole, by the word in its address."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list of a file is shown, and which of its pages."""

    show: str = ""
    page: int = 1


def list_page(
    app: App,
    request: Request,
    visitor: Visitor,
    after: int | None = None,
    issuer: str = "",
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Answer with the form that takes a file, the files that wait, and the imports of before."""
    with app.reading() as session:
        found = cursor.imports(session, issuer_id=None, limit=AT_ONCE, after=after)
        issuers, waiting = all_issuers(session), kept.waiting(session)
    context = {
        "visitor": visitor,
        "refusal": refusal,
        "found": found,
        "after": after,
        "waiting": waiting,
        "under_way": {one.file_id for one in waiting if kept.is_under_way(one, app.now())},
        "issuers": issuers,
        "chosen": issuer,
        "names": {one.issuer_id: one.name for one in issuers},
        "zone": issuers[0].timezone if issuers else "UTC",
        "now": app.now(),
        "state_of": state_of,
        "largest": app.settings.import_megabytes,
        "days": kept.KEPT_DAYS,
        "flash": "" if refusal else flash.said(request),
    }
    return PAGES.TemplateResponse(request, "imports.html", context, refusal.status if refusal else 200)


def file_page(
    app: App,
    request: Request,
    visitor: Visitor,
    file_id: int,
    asked: Asked = Asked(),
    refusal: Refusal | None = None,
) -> HTMLResponse:
    """Answer with where a file stands: how far it is, why it cannot be read, or what would change."""
    now = app.now()
    with app.reading() as session:
        file = kept.get(session, file_id=file_id, findings=False)
        under_way = kept.is_under_way(file, now)
        # They can be megabytes, and a page that loads itself again every other second shows none of them.
        found = Findings.of("" if under_way else file.findings)
        issuer = session.get_one(Issuer, file.issuer_id)
        profiles = _profiles(session, issuer.issuer_id)
    reading = Reading.of(file)
    lacking = _lacking(found, reading) if found.faults and found.columns else []
    context = {
        "visitor": visitor, "refusal": refusal, "file": file, "issuer": issuer, "found": found,
        "under_way": under_way, "stopped": _has_stopped(file, under_way), "profiles": profiles,
        "reading": reading, "now": now, "asked": asked, "lists": _lists(found, asked),
        "read_as": import_columns.read_as(found), "label": import_columns.label,
        "for_page": import_columns.for_page, "ways": import_columns.WAYS,
        "names": {mark: name for name, mark in import_columns.SEPARATOR_NAMES.items()},
        "meanings": import_columns.choices({one.means for one in found.columns}),
        "missing": lacking, "missing_words": ", ".join(import_columns.label(one).lower() for one in lacking),
        "value": import_columns.value, "today": now.date(),
        "corrected": len(corrections.of(file)), "left_out": _numbers(found), "size": _size(file.size),
    }  # fmt: skip
    headers = {"Refresh": REFRESH} if under_way and refusal is None else None
    status = refusal.status if refusal else 200
    return PAGES.TemplateResponse(request, "import_file.html", context, status, headers)


def _lacking(found: Findings, reading: Reading) -> list[str]:
    said = {"currency"} if reading.currency else set()
    said |= {"status", "amount_paid"} if reading.owed else set()
    return [column for column in missing(found) if column not in said]


def _has_stopped(file: ImportFile, under_way: bool) -> bool:
    return file.state is ImportFileState.STOPPED or (file.state in kept.UNDER_WAY and not under_way)


def _profiles(session: Session, issuer_id: int) -> list[tuple[str, str]]:
    """Return what the file may be read by: the name, and what it is called."""
    saved = [one for one in saved_profiles.listed(session) if one.issuer_id in (None, issuer_id)]
    built_in = [(one.name, one.title[:1].upper() + one.title[1:]) for one in BUILT_IN]
    return [(OWN, "The columns of paymail"), *built_in, *((one.name, f"Saved: {one.name}") for one in saved)]


def _lists(found: Findings, asked: Asked) -> dict[str, Sequence[object]]:
    """Return the rows that are shown of each list."""
    rows: dict[str, Sequence[object]] = {}
    for word, name in LISTS.items():
        whole: Sequence[object] = getattr(found, name)
        start = (asked.page - 1) * AT_ONCE if asked.show == word else 0
        most = AT_ONCE if asked.show == word else 0 if asked.show else FIRST
        rows[word] = whole[start : start + most]
    return rows


def _numbers(found: Findings) -> int:
    """Return how many invoices and unreadable rows stay out."""
    return found.refused + found.loose_rows or len({one.line for one in found.left_out})


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} kB"


def import_page(
    app: App, request: Request, visitor: Visitor, import_id: int, refusal: Refusal | None = None
) -> HTMLResponse:
    """Answer with what an import did, and what has become of it since."""
    with app.reading() as session:
        context = _import(session, import_id, app.now())
    context |= {"visitor": visitor, "refusal": refusal}
    return PAGES.TemplateResponse(request, "import.html", context, refusal.status if refusal else 200)


def take_back_page(
    app: App, request: Request, visitor: Visitor, import_id: int, refusal: Refusal | None = None
) -> HTMLResponse:
    """Answer with what taking an import back means, and the form that does it."""
    with app.reading() as session:
        context = _import(session, import_id, app.now())
    context |= {"visitor": visitor, "refusal": refusal}
    status = refusal.status if refusal else 200
    return PAGES.TemplateResponse(request, "import_take_back.html", context, status)


def _import(session: Session, import_id: int, now: datetime) -> dict[str, object]:
    view = imports.view(session, import_id=import_id)
    issuer = session.get_one(Issuer, view.found.issuer_id)
    sums = issuer_sums.by_issuer(session, wanted=InvoiceFilter(batch=import_id), now=now)
    unsent = from_pairs([("batch", str(import_id)), *UNSENT.items()])
    waiting = issuer_sums.by_issuer(session, wanted=unsent, now=now)
    return {
        "view": view,
        "found": view.found,
        "issuer": issuer,
        "state": state_of(view.found),
        "now": now,
        "sums": sums[0].sums if sums else (),
        "unsent": waiting[0].count if waiting else 0,
        "unsent_query": unsent.query,
        "label": import_columns.label,
        "value": import_columns.value,
        "today": now.date(),
    }
