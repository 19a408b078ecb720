"""An invoice of another system in our columns: read by its profile, with what it lacks derived from the rest.

What cannot be derived soundly is a fault; everything that is then passes the same checks as a file of ours.
"""

import json
from collections.abc import Sequence, Set
from contextlib import suppress
from datetime import datetime
from decimal import localcontext

from paymail.errors import InvalidInput
from paymail.models import InvoiceStatus, PaymentStatus
from paymail.money import exponent
from paymail.services.imports.credit_notes import ADVICE
from paymail.services.imports.faults import Fault, shown
from paymail.services.imports.fields import Format, Row
from paymail.services.imports.header import LINE_COLUMNS, OPTIONAL_COLUMNS, OPTIONAL_LINE_COLUMNS
from paymail.services.imports.optional_fields import LONGEST_VALUE
from paymail.services.imports.profiles.amounts import plain
from paymail.services.imports.profiles.cells import Cells
from paymail.services.imports.profiles.given_lines import given_lines
from paymail.services.imports.profiles.net_lines import NetLine, net_lines
from paymail.services.imports.profiles.profile import ADDRESS, METADATA, NOT_ZERO, Profile, Standing
from paymail.services.imports.profiles.totals import Stated, amount_paid, payment_status, totals, with_tax
from paymail.services.imports.profiles.written_dates import DayOrder, iso_date, without_midnight
from paymail.services.imports.row_agreement import LINK, equal

_OF_A_LINE = frozenset(
    {*LINE_COLUMNS, *OPTIONAL_LINE_COLUMNS, "line_discount", "line_discount_is_amount"}
    | {"line_tax", "line_tax_name", "line_taxable"}
)
_HOST_WORDS = ("unpaid", "partial", "paid")
_TEXTS = ("invoice_id", "customer_name", "customer_email")


class Derivation:
    """Turns the rows of invoices into rows of ours, as a profile and one file write them."""

    def __init__(self, profile: Profile, form: Format, order: DayOrder | None) -> None:
        self._profile, self._form, self._order = profile, form, order

    def rows(self, given: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]] | list[Fault]:
        """Return an invoice's rows in our columns, numbers plain and dates ISO, or what is wrong."""
        try:
            with localcontext(prec=80):
                return self._rows(given)
        except ArithmeticError:
            return [Fault(given[0][0], "", "its numbers are too large or too fine to be computed with")]

    def _rows(self, given: Sequence[tuple[int, Row]]) -> list[tuple[int, Row]] | list[Fault]:
        faults: list[Fault] = []
        filled = self._filled(given, faults)
        code = _known_currency(filled[0][1].get("currency", ""))
        cells = [Cells(at, row, self._form, code or "AUD", faults) for at, row in filled]
        head = cells[0]
        if not self._is_invoice(head):
            return faults
        standing, dates = self._standing(head), self._dates(head)
        for one in cells:
            _check_zeros(one)
        if not code:
            head.refuse("currency", f"{shown(head.text('currency'))} is not a supported currency")
            return faults
        money = self._money(cells, standing, code)
        if faults or money is None or standing is None:
            return faults
        lines, sums = money
        common = {
            **{name: head.text(name) for name in _TEXTS},
            "currency": code,
            **dates,
            "status": standing.status.value,
            **sums,
            **self._optional(filled, given[0][1].keys() | self._profile.constants.keys()),
        }
        return [(line.at, common | _line(n, line, sums["tax_rate"])) for n, line in enumerate(lines, 1)]

    def _filled(self, given: Sequence[tuple[int, Row]], faults: list[Fault]) -> list[tuple[int, Row]]:
        """Return the rows with what holds for all of them: later rows may leave it out, not say otherwise."""
        constants = self._profile.constants
        at, first = given[0]
        head = {**constants, **{name: cell for name, cell in first.items() if cell.strip()}}
        common = {name: cell for name, cell in head.items() if name not in _OF_A_LINE or name in constants}
        filled = [(at, head)]
        for line, row in given[1:]:
            own = {name: cell for name, cell in row.items() if cell.strip()}
            for name, cell in own.items():
                if name in _OF_A_LINE or name.startswith((METADATA, NOT_ZERO)):
                    continue
                if cell.strip() != (said := head.get(name, "")).strip() and not equal(cell, said, self._form):
                    reason = f"{shown(cell)} differs from {shown(said)} on line {at}"
                    faults.append(Fault(line, name, "differs" if name == LINK else reason))
            filled.append((line, common | own))
        return filled

    def _is_invoice(self, head: Cells) -> bool:
        kind = " ".join(head.text("document_type").split())
        if not kind or not self._profile.documents or kind.casefold() in self._profile.documents:
            return True
        reason = ADVICE if "credit" in kind.casefold() else "only invoices are imported"
        head.refuse("document_type", f"{shown(kind)}: {reason}")
        return False

    def _standing(self, head: Cells) -> Standing | None:
        word = head.text("status")
        found = self._profile.standing(word)
        if found is None and word.casefold() in set(InvoiceStatus):
            said = head.text("payment_status").casefold()
            found = Standing(InvoiceStatus(word.casefold()), _payment_word(said))
        if found is None:
            known = ", ".join(self._profile.statuses or InvoiceStatus)
            reason = "is empty" if not word else f"{shown(word)} is not one of {known}"
            head.refuse("status", reason)
        return found

    def _dates(self, head: Cells) -> Row:
        return {column: self._date(head, column) for column in ("issued_date", "due_date")}

    def _date(self, head: Cells, column: str) -> str:
        text = without_midnight(head.text(column))
        if self._form.dates:
            with suppress(ValueError):
                return datetime.strptime(text, self._form.dates).date().isoformat()  # noqa: DTZ007 - a date
        found = iso_date(text, None if self._form.dates else self._order)
        if not found[:4].isdecimal():
            head.refuse(
                column, f"{shown(text)} is not a date in the order of this file" if text else "is empty"
            )
        return found

    def _money(
        self, rows: Sequence[Cells], standing: Standing | None, code: str
    ) -> tuple[list[NetLine], Row] | None:
        head = rows[0]
        stated, given = Stated.of(head), given_lines(rows, self._profile, code)
        if stated.total is not None and stated.total < 0:
            head.refuse("total", f"{plain(stated.total)} is below zero: {ADVICE}")
            return None
        if not given:
            head.refuse("line_amount", "no line of the invoice has an amount")
            return None
        inclusive = with_tax(head, stated, given, code)
        if inclusive is None:
            return None
        lines = net_lines(given, code, with_tax=inclusive, invoice_tax=stated.tax)
        if standing is None or len(lines) < len(given):
            return None
        sums = totals(stated, given, lines, code)
        paid = amount_paid(head, standing, sums["total"], code, stated=stated.total is not None)
        if paid is None:
            return None
        status = payment_status(paid, sums["total"])
        rate = max(line.tax.rate for line in lines)
        found = {**{column: plain(value) for column, value in sums.items()}, "tax_rate": plain(rate)}
        return lines, {**found, "amount_paid": plain(paid), "payment_status": status.value}

    def _optional(self, rows: Sequence[tuple[int, Row]], present: Set[str]) -> Row:
        """Return our optional columns, those that the file has."""
        first, read = rows[0][1], self._profile.columns
        found = {name: first.get(name, "") for name in OPTIONAL_COLUMNS if name in present}
        parts = [first.get(name, "").strip() for name in read if name.startswith(ADDRESS) and name in present]
        if parts and "customer_address" not in found:
            found["customer_address"] = "\n".join(filter(None, parts))
        kept = {}
        for column, name in self._profile.kept_names.items():
            values = (" ".join(row[column].split()) for _at, row in rows if row.get(column, "").strip())
            if value := next(values, ""):
                kept[name] = value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"
        if "metadata" not in found and present & self._profile.kept_names.keys():
            found["metadata"] = json.dumps(kept) if kept else ""
        return found


def _known_currency(text: str) -> str:
    """Return a currency's code; empty for what is none."""
    code = text.strip().upper()
    try:
        exponent(code)
    except InvalidInput:
        return ""
    return code


def _payment_word(word: str) -> PaymentStatus | None:
    return PaymentStatus(word) if word in _HOST_WORDS else None


def _check_zeros(cells: Cells) -> None:
    """Refuse what nothing of ours can hold: a discount on the whole invoice, a second tax."""
    for column in cells.columns:
        if column.startswith(NOT_ZERO) and (value := cells.number(column)):
            reason = (
                f"is {plain(value)}: there is no place for it on an invoice here; make it a line of its own"
            )
            cells.refuse(column, reason)


def _line(position: int, line: NetLine, invoice_rate: str) -> Row:
    rate = plain(line.tax.rate)
    return {
        "line": str(position),
        "description": line.description,
        "quantity": plain(line.quantity),
        "unit_price": plain(line.price),
        "line_amount": plain(line.amount),
        "line_tax_rate": "" if rate == invoice_rate and not line.tax.category else rate,
        "line_tax_category": line.tax.category,
    }
