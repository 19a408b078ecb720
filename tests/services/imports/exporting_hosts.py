"""Invoices as other systems compute and export them, drawn at random: their own rounding, not ours."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import strategies as st

Table = list[dict[str, str]]
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sold:
    """A line as somebody typed it in."""

    quantity: Decimal
    price: Decimal
    discount: Decimal
    rate: int

    def amount(self) -> Decimal:
        return cents(self.quantity * self.price * (100 - self.discount) / 100)

    def tax(self, *, inclusive: bool) -> Decimal:
        base = 100 + self.rate if inclusive else 100
        return cents(self.amount() * self.rate / base)


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def decimals(low: str, high: str, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(low), Decimal(high), places=places)


def sold(rates: tuple[int, ...], price_places: int = 2) -> st.SearchStrategy[list[Sold]]:
    """Lines of an invoice; most have a whole quantity and no discount, as in life."""
    quantity = st.one_of(st.integers(1, 40).map(Decimal), decimals("0.01", "30", 2))
    discount = st.one_of(st.just(Decimal(0)), decimals("0.5", "60", 2))
    line = st.builds(Sold, quantity, decimals("0.05", "2500", price_places), discount, st.sampled_from(rates))
    return st.lists(line.filter(lambda one: one.amount() >= 1), min_size=1, max_size=6)


def xero(lines: list[Sold], *, inclusive: bool) -> tuple[Table, Decimal, Decimal]:
    """Xero rounds each line and each line's tax; the totals are their sums."""
    names = {10: "GST on Income", 0: "GST Free Income", 15: "15% GST on Income", 20: "20% (VAT on Income)"}
    tax = sum((one.tax(inclusive=inclusive) for one in lines), Decimal(0))
    total = sum((one.amount() for one in lines), Decimal(0)) + (0 if inclusive else tax)
    rows = [
        {
            "ContactName": "Acme", "EmailAddress": "a@acme.example", "InvoiceNumber": "INV-1",
            "InvoiceDate": "2026-02-28", "DueDate": "2026-03-28", "Total": f"{total}00",
            "TaxTotal": f"{tax}00",
            "InvoiceAmountPaid": "0.0000", "InvoiceAmountDue": f"{total}00", "Description": f"Line {number}",
            "Quantity": f"{one.quantity:.4f}", "UnitAmount": f"{one.price:.4f}",
            "Discount": f"{one.discount}" if one.discount else "", "LineAmount": f"{one.amount()}00",
            "TaxType": names[one.rate], "TaxAmount": f"{one.tax(inclusive=inclusive)}00",
            "Currency": "AUD", "Type": "Sales invoice", "Status": "Awaiting Payment",
        }
        for number, one in enumerate(lines, 1)
    ]  # fmt: skip
    return rows, total, tax


def quickbooks(lines: list[Sold], *, inclusive: bool) -> tuple[Table, Decimal, Decimal]:
    """QuickBooks computes the tax of each rate on the sum of its lines; only the first row has the head."""
    assert not inclusive, "its invoices of the United States have no prices with tax"
    taxed = sum((one.amount() for one in lines if one.rate), Decimal(0))
    rate = max(one.rate for one in lines)
    tax = cents(taxed * rate / 100)
    total = sum((one.amount() for one in lines), Decimal(0)) + tax
    head = {
        "InvoiceNo": "1037", "Customer": "Acme", "Email": "a@acme.example", "InvoiceDate": "02/28/2026",
        "DueDate": "03/28/2026", "Currency": "USD", "Total": f"{total}", "Balance": f"{total}",
    }  # fmt: skip
    rows = [
        {
            **(head if not number else dict.fromkeys(head, "") | {"InvoiceNo": "1037"}),
            "ItemDescription": f"Line {number}", "ItemQuantity": "1", "ItemRate": f"{one.amount()}",
            "ItemAmount": f"{one.amount()}", "Taxable": "Y" if one.rate else "N",
            "TaxRate": f"{one.rate}%" if one.rate else "",
        }
        for number, one in enumerate(lines)
    ]  # fmt: skip
    return rows, total, tax


def invoice_ninja(lines: list[Sold], *, inclusive: bool) -> tuple[Table, Decimal, Decimal]:
    """Invoice Ninja rounds each line and adds up the taxes of each rate from its lines."""
    tax = sum((one.tax(inclusive=inclusive) for one in lines), Decimal(0))
    total = sum((one.amount() for one in lines), Decimal(0)) + (0 if inclusive else tax)
    rows = [
        {
            "Client Name": "Acme", "Contact Email": "a@acme.example", "Client Currency": "EUR",
            "Invoice Invoice Number": "0041", "Invoice Amount": f"{total}", "Invoice Balance": f"{total}",
            "Invoice Paid to Date": "0", "Invoice Date": "28/Feb/2026", "Invoice Due Date": "28/Mar/2026",
            "Invoice Status": "Sent", "Invoice Uses Inclusive Taxes": "Yes" if inclusive else "No",
            "Invoice Tax Amount": f"{tax}", "Item Quantity": f"{one.quantity}", "Item Cost": f"{one.price}",
            "Item Notes": f"Line {number}", "Item Tax Rate 1": f"{one.rate}",
            "Item Discount": f"{one.discount}",
            "Item Is Amount Discount": "No", "Item Line Total": f"{one.amount()}",
        }
        for number, one in enumerate(lines, 1)
    ]  # fmt: skip
    return rows, total, tax


def psa(lines: list[Sold], *, inclusive: bool) -> tuple[Table, Decimal, Decimal]:
    """A report whose lines have their price, their extended price and their tax."""
    assert not inclusive, "extended prices have no tax"
    tax = sum((one.tax(inclusive=False) for one in lines), Decimal(0))
    total = sum((one.amount() for one in lines), Decimal(0)) + tax
    rows = [
        {
            "Invoice Number": "70041", "Company Name": "Acme", "Billing Email": "a@acme.example",
            "Invoice Date": "2026-02-28", "Due Date": "2026-03-28", "Status": "Open", "Currency": "AUD",
            "Description": f"Line {number}", "Quantity": "1", "Unit Price": f"{one.amount()}",
            "Extended Price": f"{one.amount()}", "Tax Rate": f"{one.rate}",
            "Tax": f"{one.tax(inclusive=False)}",
            "Invoice Total": f"{total}", "Invoice Balance": f"{total}",
        }
        for number, one in enumerate(lines, 1)
    ]  # fmt: skip
    return rows, total, tax
