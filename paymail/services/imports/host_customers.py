"""Which customer of ours one of a host's file is, and what the host has changed about it.

By the host's id; else by a known invoice, of the file, of a customer of that name; else by name and address.
A name alone proves nothing: a new invoice for a namesake is nobody's reason to mail a customer elsewhere.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from paymail.models import ContactOrigin, Customer, Invoice, name_key
from paymail.services.customers.contacts import own_addresses
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.namesakes import Namesakes
from paymail.services.outbox.suppressions import normalised

FIELDS = {
    "external_ref": "customer_ref",
    "name": "customer_name",
    "tax_id": "customer_tax_id",
    "address": "customer_address",
    "country": "customer_country",
    "attention": "customer_attention",
}
"""What is taken over at any time: our column, and the file's."""


class HostParty(Protocol):
    """What a host says of a customer, with an invoice or without; None: nothing."""

    @property
    def customer_ref(self) -> str | None: ...
    @property
    def customer_name(self) -> str: ...
    @property
    def customer_email(self) -> str: ...
    @property
    def customer_tax_id(self) -> str | None: ...
    @property
    def customer_address(self) -> str | None: ...
    @property
    def customer_country(self) -> str | None: ...
    @property
    def customer_attention(self) -> str | None: ...
    @property
    def more_emails(self) -> tuple[str, ...] | None: ...
    @property
    def namesake(self) -> bool: ...


class KnownCustomers:
    """The customers of an issuer that those of some invoices could be."""

    def __init__(self, session: Session, hosts: Sequence[HostParty], issuer_id: int, file: Namesakes) -> None:
        names = {host.customer_name for host in hosts}
        refs = {host.customer_ref for host in hosts if host.customer_ref}
        keys = {name_key(name) for name in names}
        # Code of before writes no key.
        unkeyed = and_(Customer.name_key == "", Customer.name.in_(names))
        statement = select(Customer).options(selectinload(Customer.contacts))
        statement = statement.where(
            Customer.issuer_id == issuer_id,
            Customer.erased_at.is_(None),
            or_(Customer.name_key.in_(keys), Customer.external_ref.in_(refs), unkeyed),
        )
        self._all = list(session.scalars(statement.order_by(Customer.customer_id)))
        self._all += _merged_with(session, self._all)
        self._session, self._file = session, file
        self._numbers: dict[int, list[str]] = {}

    def add(self, customer: Customer) -> None:
        """Note a customer that was just made."""
        self._all.append(customer)

    def as_merged(self, host: HostInvoice, own: Customer | None) -> HostInvoice:
        """Return what the host says as if about the customer that staff merged its one into, if they did.

        Of that one it says nothing then: the host has two records of it, and they would take turns.
        """
        meant = self.find(host, own)
        if meant is None or meant.merged_into is None:
            return host
        kept = next(one for one in self._all if one.customer_id == meant.merged_into)
        return replace(
            host,
            customer_name=kept.name,
            customer_email=kept.email,
            customer_ref=kept.external_ref,
            customer_tax_id=None,
            customer_address=None,
            customer_country=None,
            customer_attention=None,
            more_emails=tuple(one.email for one in kept.contacts if one.origin is ContactOrigin.HOST),
            namesake=False,
        )

    def find(self, host: HostParty, own: Customer | None = None) -> Customer | None:
        """Return the customer that is meant; `own` is the one that a known invoice has. None: a new one.

        It may be one that was merged into another, unless the host speaks `as_merged`.
        """
        if host.customer_ref:
            return self._by_ref(host, own)
        return self._by_name(host, self.named(host), own)

    def _by_ref(self, host: HostParty, own: Customer | None) -> Customer | None:
        for one in self._all:
            if one.external_ref == host.customer_ref:
                return one
        # The host gives its id for the first time.
        return self._by_name(host, [one for one in self.named(host) if one.external_ref is None], own)

    def _by_name(self, host: HostParty, named: Sequence[Customer], own: Customer | None) -> Customer | None:
        at = next((one for one in named if _is_at(one, host.customer_email)), None)
        # An address of one that was merged into the known invoice's customer is no new address of that one.
        if own is not None and own in named and not (at and at.merged_into == own.customer_id):
            return own
        if at is not None:
            return at
        if host.namesake and not host.customer_ref:
            return None
        return next((one for one in named if self._is_moved(one, host)), None)

    def _is_moved(self, customer: Customer, host: HostParty) -> bool:
        """Whether the file also gives a known invoice of the customer this name and address."""
        customer_id = customer.merged_into or customer.customer_id
        if customer_id not in self._numbers:
            mine = select(Invoice.number).where(Invoice.customer_id == customer_id)
            self._numbers[customer_id] = list(self._session.scalars(mine))
        who = (host.customer_name, host.customer_email, host.customer_ref or "")
        return any(self._file.gives(number, *who) for number in self._numbers[customer_id])

    def named(self, host: HostParty) -> list[Customer]:
        """Return the customers of the name that the host gives, those that were merged last."""
        key = name_key(host.customer_name)
        found = [one for one in self._all if (one.name_key or name_key(one.name)) == key]
        return sorted(found, key=lambda one: one.merged_into is not None)

    def twin(self, host: HostParty, of: Customer | None, email: str) -> Customer | None:
        """Return another customer who has the same name and address to the letter, which two cannot.

        One that was merged into this customer gives way.
        """
        for one in self._all:
            ours = of is not None and one.merged_into == of.customer_id
            if one is not of and not ours and (one.name, one.email) == (host.customer_name, email):
                return one
        return None


def _merged_with(session: Session, found: Sequence[Customer]) -> list[Customer]:
    """Return the customers that some of those found were merged into, where they are not found themselves."""
    into = {one.merged_into for one in found if one.merged_into} - {one.customer_id for one in found}
    if not into:
        return []
    statement = select(Customer).where(Customer.customer_id.in_(into), Customer.erased_at.is_(None))
    return list(session.scalars(statement.options(selectinload(Customer.contacts))))


def changed_fields(customer: Customer, host: HostParty) -> dict[str, tuple[str, str]]:
    """Return what the host says otherwise, but for the address, by our column: before and after."""
    given = {
        "external_ref": host.customer_ref or None,
        "name": host.customer_name,
        "tax_id": host.customer_tax_id,
        "address": host.customer_address,
        "country": host.customer_country,
        "attention": host.customer_attention,
    }
    found = {}
    for column, theirs in given.items():
        ours = getattr(customer, column) or ""
        if theirs is not None and theirs != ours:
            found[column] = (ours, theirs)
    return found


def new_address(customer: Customer, host: HostParty) -> str | None:
    """Return the address to take over: one that is neither ours nor the one that staff put right."""
    if _is_at(customer, host.customer_email):
        return None
    return host.customer_email


def keeps_ours(customer: Customer, host: HostParty) -> bool:
    """Whether the host still gives the address that staff put right."""
    return (
        customer.host_email is not None
        and normalised(customer.host_email) == normalised(host.customer_email)
        and normalised(customer.email) != normalised(host.customer_email)
    )


def further_addresses(customer: Customer, host: HostParty) -> tuple[set[str], set[str]]:
    """Return the contacts that the host gave before, and those that it gives now; without what staff set."""
    ours = own_addresses(customer)
    ours |= {normalised(one.email) for one in customer.contacts if one.origin is not ContactOrigin.HOST}
    before = {normalised(one.email) for one in customer.contacts if one.origin is ContactOrigin.HOST}
    if host.more_emails is None:
        return before, before
    return before, {normalised(email) for email in host.more_emails} - ours


def make(session: Session, host: HostParty, issuer_id: int, import_id: int | None, now: datetime) -> Customer:
    """Write a new customer, which an import made; None: no import."""
    customer = Customer(
        issuer_id=issuer_id,
        external_ref=host.customer_ref or None,
        name=host.customer_name,
        email=host.customer_email,
        tax_id=host.customer_tax_id or "",
        address=host.customer_address or "",
        country=host.customer_country or "",
        attention=host.customer_attention or "",
        import_id=import_id,
        created_at=now,
    )
    session.add(customer)
    session.flush()
    set_committed_value(customer, "contacts", [])
    return customer


def _is_at(customer: Customer, address: str) -> bool:
    return normalised(address) in own_addresses(customer)
