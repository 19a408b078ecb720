"""What a profile says: which columns of another system are which of ours, and what its words mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from paymail.models import InvoiceStatus, PaymentStatus
from paymail.services.imports.header import SYNONYMS
from paymail.tax import TaxCategory

FURTHER_COLUMNS = {
    "amount_due": "what is still owed",
    "document_type": "what kind of document a row is of, such as `Sales invoice`",
    "prices_with_tax": "whether unit prices and line amounts include tax: yes or no",
    "line_discount": "what is taken off a line, in per cent",
    "line_discount_is_amount": "whether that is an amount instead: yes or no",
    "line_tax": "the tax of a line, an amount",
    "line_tax_name": "the name of a line's tax, such as `GST on Income`",
    "line_taxable": "whether a line is taxed: yes or no",
}
"""What a profile may read beside our own columns: from these the missing ones of ours are derived."""
NOT_ZERO = "not_zero_"
"""Begins the names of columns that must be empty or zero, because nothing of ours can hold what they say."""
ADDRESS = "address_"
"""Begins the names of the parts of an address: each becomes a line of it, in their order."""
METADATA = "metadata_"
"""Begins the names of columns that are kept as they are."""
READABLE = frozenset({*SYNONYMS, *FURTHER_COLUMNS})


@dataclass(frozen=True, slots=True)
class Standing:
    """What a word of a host means for an invoice; without `payment` the amounts alone say what was paid."""

    status: InvoiceStatus
    payment: PaymentStatus | None = None


@dataclass(frozen=True, slots=True)
class NamedTax:
    """What the name of a tax means: a rate in per cent, and a category, empty for the one its rate has."""

    rate: Decimal
    category: str = ""


DRAFT, SENT, VOID = (
    Standing(status) for status in (InvoiceStatus.DRAFT, InvoiceStatus.SENT, InvoiceStatus.VOID)
)
PAID = Standing(InvoiceStatus.SENT, PaymentStatus.PAID)
UNPAID = Standing(InvoiceStatus.SENT, PaymentStatus.UNPAID)
PARTIAL = Standing(InvoiceStatus.SENT, PaymentStatus.PARTIAL)
GST_FREE = NamedTax(Decimal(0), TaxCategory.ZERO.value)
EXEMPT = NamedTax(Decimal(0), TaxCategory.EXEMPT.value)
OUTSIDE = NamedTax(Decimal(0), TaxCategory.OUTSIDE_SCOPE.value)


@dataclass(frozen=True, slots=True)
class Profile:
    """How another system writes its invoices: one row per line. Names are as `canonical` writes them."""

    name: str
    title: str
    """For people: "a Xero export"."""
    columns: Mapping[str, tuple[str, ...]]
    """Of each column that is read the host's names; the first of them whose cell is not empty counts."""
    signs: tuple[tuple[str, ...], ...]
    """What such a file's header has, each by one of its names: by these it is recognised."""
    statuses: Mapping[str, Standing] = field(default_factory=dict)
    """By the host's word, in lower case."""
    taxes: Mapping[str, NamedTax] = field(default_factory=dict)
    """By the name of the tax, in lower case. Names with one percentage in them need not be here."""
    constants: Mapping[str, str] = field(default_factory=dict)
    """What holds for all invoices of which the file does not say otherwise, by column."""
    documents: tuple[str, ...] = ()
    """The kinds of document that are invoices, in lower case; empty: all."""
    dates: str = ""
    """How dates are written, for `strptime`; empty: the file must prove it."""
    decimal_mark: str = ""
    left_out: frozenset[str] = frozenset()
    """Columns that are known and not needed, so that no note names them."""
    kept_names: Mapping[str, str] = field(default_factory=dict)
    """Of kept columns the names under which they are kept, by column."""

    def standing(self, word: str) -> Standing | None:
        """Return what a status means; None for a word that is not known."""
        return self.statuses.get(" ".join(word.split()).casefold())
