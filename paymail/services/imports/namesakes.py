"""Whom a file means by its names: two addresses of one name are two customers, not one that moved."""

from paymail.models import name_key
from paymail.services.imports.fields import Row, addresses_in
from paymail.services.imports.optional_fields import invoice_key


class Namesakes:
    """The names of a file, their addresses and invoices. Hashes, so that a million names take little."""

    def __init__(self) -> None:
        self._addresses: dict[int, int] = {}
        self._several: set[int] = set()
        self._invoices: set[int] = set()

    def add_row(self, row: Row) -> None:
        """Note to whom the file gives an invoice, by its first row."""
        number, name, address = row["invoice_id"], row["customer_name"], row["customer_email"]
        ref = row.get("customer_ref", "")
        if not ref.strip():
            key, one = hash(name_key(name)), hash(_first(address))
            if self._addresses.setdefault(key, one) != one:
                self._several.add(key)
        self._invoices.add(_hash(number, name, address, ref))

    def has(self, name: str) -> bool:
        """Whether the file gives the name more than one address."""
        return hash(name_key(name)) in self._several

    def gives(self, number: str, name: str, address: str, ref: str) -> bool:
        """Whether the file says that this invoice is that customer's, at this address."""
        return _hash(number, name, address, ref) in self._invoices


def _hash(number: str, name: str, address: str, ref: str) -> int:
    return hash((invoice_key(number), name_key(name), _first(address), ref.strip()))


def _first(address: str) -> str:
    """Return the customer's own address of a cell; the others are contacts."""
    return next(iter(addresses_in(address)), "").casefold()
