"""What a host says otherwise about an invoice that paymail knows, and whether it may."""

from dataclasses import dataclass, field
from decimal import Decimal

from paymail.models import Customer, Invoice, InvoiceLine, InvoiceStatus, PaymentStatus
from paymail.money import Money
from paymail.services.core.formulas import unguarded
from paymail.services.customers.contacts import own_addresses
from paymail.services.imports import host_customers
from paymail.services.imports.faults import Fault, shown
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.sums import HostLine
from paymail.services.outbox.suppressions import normalised
from paymail.services.payments import adjustments, host_payments
from paymail.tax import line_tax

_S = InvoiceStatus
REISSUE = "an issued invoice is not rewritten: void it and issue it again"
OPTIONAL = {
    "purchase_order": "purchase_order",
    "terms": "terms",
    "notes": "notes",
    "tax_amount_aud": "tax_aud",
    "metadata": "host_metadata",
}
"""What may change at any time, where the file has it: its column, and ours."""


@dataclass(slots=True)
class Difference:
    """`changes` by the file's column, before and after, for people."""

    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    kept: list[Fault] = field(default_factory=list)
    void_against_money: bool = False
    waits_for_payment: bool = False
    """Whether the host's money stays out until what the customer has open here has ended."""

    def money_alone(self, invoice: Invoice, host: HostInvoice) -> bool:
        """Whether money is news though the rest is refused: it arrived, whatever the document says."""
        issued = invoice.status is not _S.DRAFT and invoice.currency == host.currency
        return bool(self.faults) and "amount_paid" in self.changes and issued

    @property
    def of_customer(self) -> bool:
        """Whether the customer is written, and with it the invoices that its mail is about."""
        return any(column.startswith("customer_") for column in self.changes)

    def refuse(self, host: HostInvoice, column: str, reason: str) -> None:
        """Note why the host's version stays out."""
        self.faults.append(Fault(host.at, column, f"invoice {host.number}: {reason}"))


def difference(
    invoice: Invoice, host: HostInvoice, customer: Customer | None, *, payment_open: bool
) -> Difference:
    """Compare; `customer` is whom the host means, None for nobody that is known.

    `payment_open` says that the invoice has a live attempt.

    Equal means equal values: what a spreadsheet saved again says `10` for `10.00`.
    """
    found = Difference()
    if invoice.import_digest == host.digest or invoice.customer.erased_at is not None:
        return found  # said before; and what the host still says about an erased person stays out
    if invoice.status is _S.VOID:
        _of_a_void_one(found, invoice, host, payment_open)
    elif host.status is _S.VOID:
        _voiding(found, invoice, host)
    else:
        _content(found, invoice, host)
        _customer(found, invoice, host, customer)
        _money(found, invoice, host, payment_open)
        if invoice.status is not host.status:
            found.changes["status"] = (invoice.status.value, host.status.value)
            if host.status is _S.DRAFT:
                found.refuse(host, "status", "is sent here; what was issued cannot become a draft again")
    return found


def _of_a_void_one(found: Difference, invoice: Invoice, host: HostInvoice, payment_open: bool) -> None:
    """A void one stays void; money is not lost for that."""
    _money(found, invoice, host, payment_open)
    if host.status is not _S.VOID:
        found.kept.append(Fault(host.at, "status", f"kept yours: invoice {host.number} is void here"))


def _voiding(found: Difference, invoice: Invoice, host: HostInvoice) -> None:
    if adjustments.has_money(invoice):
        found.void_against_money = True
        found.refuse(
            host,
            "status",
            "cannot be voided: a payment has been received or is clearing; refund it first",
        )
    elif host_payments.unknown_part(invoice, known_to_host=host.paid):
        found.void_against_money = True
        found.refuse(host, "amount_paid", "is void and has been paid, as your system says; that cannot be")
    else:
        found.changes["status"] = (invoice.status.value, host.status.value)


def _content(found: Difference, invoice: Invoice, host: HostInvoice) -> None:
    draft = invoice.status is _S.DRAFT
    for column, ours, theirs in _fixed(invoice, host):
        if ours == theirs:
            continue
        if not draft:
            what = "its lines differ" if column == "line" else f"is {ours} here and {theirs} in your system"
            found.refuse(host, column, f"{what}; {REISSUE}")
        else:
            found.changes[column] = ("", "") if column == "line" else (str(ours), str(theirs))
    if invoice.due_date != host.due:
        found.changes["due_date"] = (str(invoice.due_date), str(host.due))
    for column, attribute in OPTIONAL.items():
        ours, theirs = getattr(invoice, attribute), getattr(host, column)
        if theirs is not None and ours != theirs:
            found.changes[column] = _texts(column, ours, theirs)
    if host.external_ref and invoice.external_ref != host.external_ref:
        found.changes["external_ref"] = (invoice.external_ref or "", host.external_ref)


def _texts(column: str, *values: str | int) -> tuple[str, str]:
    """Return what something was and is, for people."""
    if column == "tax_amount_aud":
        values = tuple(str(Money(int(value), "AUD")) if value else "" for value in values)
    before, after = map(str, values)
    return before, after


def _fixed(invoice: Invoice, host: HostInvoice) -> list[tuple[str, object, object]]:
    """What is the document itself."""
    ours = [_line(line, invoice.tax_rate) for line in invoice.lines]
    theirs = [_line(line, host.tax_rate) for line in host.lines]
    return [
        ("invoice_id", invoice.number, host.number),
        ("currency", invoice.currency, host.currency),
        ("issued_date", invoice.issued_date, host.issued),
        ("subtotal", Money(invoice.subtotal, invoice.currency), Money(host.subtotal, host.currency)),
        ("tax_rate", invoice.tax_rate, host.tax_rate),
        ("tax_amount", Money(invoice.tax_amount, invoice.currency), Money(host.tax, host.currency)),
        ("total", Money(invoice.total, invoice.currency), Money(host.total, host.currency)),
        ("line", ours, theirs),
    ]


def _customer(found: Difference, invoice: Invoice, host: HostInvoice, customer: Customer | None) -> None:
    if customer is not invoice.customer:
        if invoice.status is _S.DRAFT:
            found.changes["customer_name"] = (invoice.customer.name, host.customer_name)
        else:
            ours, theirs = shown(invoice.customer.name), shown(host.customer_name)
            found.refuse(
                host,
                "customer_name",
                f"is {ours} here and {theirs} in your system; {REISSUE}, or give customer_ref if it was"
                " renamed",
            )
    if customer is not None:
        contact(found, host, customer)


def contact(found: Difference, host: HostInvoice, customer: Customer) -> None:
    """Note what the host says otherwise about a customer, whom its contacts belong to at any time."""
    for column, change in host_customers.changed_fields(customer, host).items():
        found.changes[host_customers.FIELDS[column]] = change
    address = host_customers.new_address(customer, host)
    if address is not None and host.namesake and not host.customer_ref:
        found.refuse(
            host,
            "customer_email",
            f"the file gives {shown(customer.name)} more than one address, and nobody can tell which is new;"
            " give each customer its customer_ref",
        )
    elif address is not None:
        found.changes["customer_email"] = (customer.email, address)
    elif host_customers.keeps_ours(customer, host):
        ours, theirs = shown(customer.email), shown(host.customer_email)
        reason = f"kept yours: {shown(customer.name)} is mailed at {ours}, not {theirs}"
        found.kept.append(Fault(host.at, "customer_email", reason))
    before, after = host_customers.further_addresses(customer, host)
    if before != after:
        found.changes["customer_contacts"] = (", ".join(sorted(before)), ", ".join(sorted(after)))


def merger_notes(said: HostInvoice, host: HostInvoice, customer: Customer | None) -> list[Fault]:
    """Return the note that a merged customer is mailed elsewhere than the host says of it."""
    if host is said or customer is None or normalised(said.customer_email) in own_addresses(customer):
        return []
    reason = (
        f"kept yours: {shown(said.customer_name)} was merged into customer {customer.customer_id} here,"
        f" who is mailed at {shown(customer.email)}"
    )
    return [Fault(said.at, "customer_email", reason)]


def second_customer(host: HostInvoice) -> Fault:
    """Return the note that a new customer has the name of another."""
    reason = (
        f"made a second customer {shown(host.customer_name)}, at {shown(host.customer_email)}: no invoice of"
        " the first one has this address; give customer_ref if it is the same"
    )
    return Fault(host.at, "customer_email", reason)


def _money(found: Difference, invoice: Invoice, host: HostInvoice, payment_open: bool) -> None:
    """Of money only what paymail does not know of is news: all else is an echo, or old."""
    if not host_payments.unknown_part(invoice, known_to_host=host.paid):
        return
    known, given = Money(invoice.amount_paid, invoice.currency), Money(host.paid, host.currency)
    if invoice.payment_status is PaymentStatus.PROCESSING:
        # It may be the money that clears here: entered now, it would count twice.
        reason = f"is {known} here and {given} in your system, while a payment is clearing;"
        found.refuse(host, "amount_paid", f"{reason} import again when it has ended")
    elif payment_open:
        # Stripe may have it already, and only its word to us be late.
        found.waits_for_payment = True
        reason = f"is {known} here and {given} in your system, while the customer has a payment open here;"
        found.refuse(host, "amount_paid", f"{reason} it is being cancelled: import again in a few minutes")
    else:
        found.changes["amount_paid"] = (str(known), str(given))


def _line(line: InvoiceLine | HostLine, rate: Decimal) -> tuple[object, ...]:
    tax = line_tax(line.tax_rate, line.tax_category, rate)
    # Kept by an import of before such a `'` was taken off.
    description = unguarded(line.description)
    return line.position, description, line.quantity, line.unit_price, line.amount, tax
