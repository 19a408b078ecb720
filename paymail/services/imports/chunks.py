"""Some invoices of a file in one transaction: compared, and written where somebody asked for that."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from paymail.db import take_turns
from paymail.errors import Conflict
from paymail.models import Customer, Invoice
from paymail.services.core.customers import TURN
from paymail.services.customers import addresses
from paymail.services.imports import host_customers, updates
from paymail.services.imports.comparison import Difference, contact, difference, merger_notes, second_customer
from paymail.services.imports.faults import Fault, Result, shown
from paymail.services.imports.file_progress import FileProgress
from paymail.services.imports.given_tokens import refused_tokens
from paymail.services.imports.host_customers import KnownCustomers
from paymail.services.imports.host_holds import HostHolds
from paymail.services.imports.import_record import ChunkRecord
from paymail.services.imports.invoice_check import HostInvoice
from paymail.services.imports.known_invoices import (
    KnownInvoices,
    load_locked,
    new_ids,
    with_open_payment,
)
from paymail.services.imports.namesakes import Namesakes
from paymail.services.imports.new_invoices import create, lines_of
from paymail.services.imports.pairs import Pair, told_customers
from paymail.services.imports.row_agreement import LINK
from paymail.services.imports.sources import Refused
from paymail.services.imports.unsaid_columns import filled_in, unfounded
from paymail.services.ledger import open_intent


class Chunk:
    """What there is to do, or was done, about some invoices of a file."""

    def __init__(self, session: Session, issuer_id: int, earlier: FileProgress, file: Namesakes) -> None:
        self.refused: list[Refused] = []
        self.results: list[Result] = []
        self.kept: list[Fault] = []
        self.concluded: list[tuple[Result, Pair]] = []
        """The results that are not refused, with what was compared."""
        self.told: set[int] = set()
        """The customers who are told that their invoice is cancelled, where this was only compared."""
        self.earlier = earlier
        self._session, self._issuer_id, self._file = session, issuer_id, file

    def refuse(self, found: Iterable[Refused]) -> None:
        """Note what cannot come in whatever is known here."""
        self.refused += (some := list(found))
        self.results += [Result(one.faults[0].line, one.number, "refused") for one in some]

    def compare(self, hosts: Sequence[HostInvoice]) -> None:
        """Compare without a lock, and write nothing."""
        for pair in self._pairs(hosts):
            self._conclude(pair)
        self.told = told_customers(self._session, [pair for _result, pair in self.concluded])

    def write(self, hosts: Sequence[HostInvoice], record: ChunkRecord, *, actor: str, now: datetime) -> None:
        """Take over what may be, and create what is new."""
        self._record = record
        take_turns(self._session, TURN)  # nobody else makes or merges customers, or gives out ids
        pairs = self._pairs(hosts)
        held = HostHolds(self._session, self._issuer_id, self.refused, pairs, now)
        self._lock(pairs, held.ids)
        fresh = []
        # Known ones first: a customer that they rename or move is then found by the new ones.
        for pair in sorted(pairs, key=lambda pair: pair.invoice.invoice_id if pair.invoice else 0):
            if pair.invoice is None:
                fresh.append(pair)
            else:
                # Anew: a payment may have come since, and the file may say twice what changes of a customer.
                updated = self._understood(pair.given, pair.invoice)
                self._update(updated, pair.invoice, actor, now)
                held.look_at(pair.invoice, updated)
        self._create(fresh, actor, now)
        self.kept += held.write(actor=actor)

    def _pairs(self, hosts: Sequence[HostInvoice]) -> list[Pair]:
        invoices = KnownInvoices(self._session, hosts, self._issuer_id)
        self._customers = KnownCustomers(self._session, hosts, self._issuer_id, self._file)
        known = [(host, invoices.find(host)) for host in hosts]
        owing = [one for host, one in known if isinstance(one, Invoice) and host.paid > one.amount_paid]
        self._open = with_open_payment(self._session, owing)
        self._tokens = refused_tokens(
            self._session, hosts, {host.at: one for host, one in known if isinstance(one, Invoice)}
        )
        found = []
        for host, invoice in known:
            if isinstance(invoice, Fault):
                self._refuse(host, [invoice])
            elif invoice is not None and (line := self._met(host, invoice.invoice_id)) != host.at:
                column = "external_ref" if host.external_ref else "invoice_id"
                reason = f"invoice {host.number} is the same here as the one on line {line}"
                self._refuse(host, [Fault(host.at, column, reason)])
            else:
                found.append(self._understood(host, invoice))
        return found

    def _understood(self, given: HostInvoice, invoice: Invoice | None) -> Pair:
        """Return what an invoice means as things stand now."""
        own = invoice.customer if invoice else None
        said = filled_in(given, invoice, self._customers)
        host = self._customers.as_merged(said, own)
        customer = self._customers.find(host, own)
        difference = self._compared(host, invoice, customer)
        difference.kept += merger_notes(said, host, customer)
        return Pair(given, host, invoice, customer, difference)

    def _met(self, host: HostInvoice, invoice_id: int) -> int:
        """Return the line on which the file first said something of an invoice."""
        return self.earlier.met.setdefault(invoice_id, host.at)

    def _compared(self, host: HostInvoice, invoice: Invoice | None, customer: Customer | None) -> Difference:
        if (found := unfounded(host)).faults:
            return found
        if invoice is not None:
            found = difference(invoice, host, customer, payment_open=invoice.invoice_id in self._open)
        elif customer is not None:
            contact(found, host, customer)
        elif not (host.namesake or host.customer_ref) and self._customers.named(host):
            found.kept.append(second_customer(host))
        if invoice is None or found.changes:
            self._check_twin(found, host, customer)
        if (reason := self._tokens.get(host.at)) and invoice is not None:
            found.kept.append(Fault(host.at, LINK, f"kept yours: invoice {host.number}: {reason}"))
        elif reason:
            found.refuse(host, LINK, reason)
        if invoice is not None and found.money_alone(invoice, host):
            reason = f"invoice {host.number}: what it was paid is recorded, though the rest is refused"
            found.kept.append(Fault(host.at, "amount_paid", reason))
        return found

    def _check_twin(self, found: Difference, host: HostInvoice, customer: Customer | None) -> None:
        moved = customer is None or {"customer_name", "customer_email"} & found.changes.keys()
        email = (
            host.customer_email if customer is None or "customer_email" in found.changes else customer.email
        )
        if moved and (twin := self._customers.twin(host, customer, email)) is not None:
            who = f"customer {twin.customer_id}"
            if twin.external_ref:
                who += f" (customer_ref {shown(twin.external_ref)})"
            found.refuse(host, "customer_name", f"{who} already has this name and address")

    def _lock(self, pairs: Sequence[Pair], held: Iterable[int]) -> None:
        """Lock all that will be written, in the order of ids: each address change takes many."""
        ids = set(held)
        for pair in pairs:
            if pair.invoice is not None and (pair.difference.changes or pair.difference.faults):
                ids.add(pair.invoice.invoice_id)
            if pair.customer is not None and pair.difference.of_customer:
                ids.update(*addresses.invoices_concerned(self._session, pair.customer.customer_id))
        if ids:
            locked = load_locked(self._session, ids)
            self._open = with_open_payment(self._session, locked.values())

    def _update(self, pair: Pair, invoice: Invoice, actor: str, now: datetime) -> None:
        self._record.look_at(invoice, pair.difference)
        if pair.difference.changes and not pair.difference.faults:
            self._take_over(pair, invoice, actor, now)
        if pair.difference.money_alone(invoice, pair.host):
            updates.enter_money(self._session, invoice, pair.host, actor=actor, now=now)
        if pair.difference.waits_for_payment:
            open_intent.mark_for_cancellation(self._session, invoice_id=invoice.invoice_id, now=now)
        self._conclude(pair)
        if pair.difference.void_against_money:
            updates.tell_of_void(self._session, invoice, now)

    def _take_over(self, pair: Pair, invoice: Invoice, actor: str, now: datetime) -> None:
        customer = pair.customer or invoice.customer
        try:
            if pair.customer is None and pair.difference.of_customer:
                customer = self._new_customer(pair.host, now)
            if pair.difference.of_customer:
                self._record.look_at_customer(customer)
                updates.update_customer(self._session, customer, pair.host, actor=actor, now=now)
        except Conflict as error:
            pair.difference.refuse(pair.host, "customer_email", str(error))
            return
        updates.update_invoice(
            self._session,
            invoice,
            pair.host,
            changes=pair.difference.changes,
            customer=customer,
            lines=lines_of(pair.host),
            actor=actor,
            now=now,
        )

    def _create(self, pairs: list[Pair], actor: str, now: datetime) -> None:
        sound: list[tuple[HostInvoice, Customer]] = []
        for before in pairs:
            pair = self._understood(before.given, None)
            if not pair.difference.faults:
                try:
                    customer = pair.customer = pair.customer or self._new_customer(pair.host, now)
                    self._record.look_at_customer(customer)
                    updates.update_customer(self._session, customer, pair.host, actor=actor, now=now)
                    sound.append((pair.host, customer))
                except Conflict as error:
                    pair.difference.refuse(pair.host, "customer_email", str(error))
            self._conclude(pair)
        ids = new_ids(self._session, [host for host, _customer in sound])
        for (host, _customer), invoice_id in zip(sound, ids, strict=True):
            self._met(host, invoice_id)
        if sound:
            create(
                self._session,
                sound,
                ids,
                issuer_id=self._issuer_id,
                import_id=self._record.begin(),
                actor=actor,
                now=now,
            )

    def _new_customer(self, host: HostInvoice, now: datetime) -> Customer:
        made = host_customers.make(self._session, host, self._issuer_id, self._record.begin(), now)
        self._customers.add(made)
        return made

    def _conclude(self, pair: Pair) -> None:
        """Note what becomes of an invoice."""
        self.kept += pair.difference.kept
        if pair.difference.faults:
            self._refuse(pair.host, pair.difference.faults)
            return
        fields = tuple(column for column in pair.difference.changes if self._is_news(pair, column))
        what = "created" if pair.invoice is None else "updated" if fields else "unchanged"
        result = Result(pair.host.at, pair.host.number, what, fields)
        self.results.append(result)
        self.concluded.append((result, pair))

    def _is_news(self, pair: Pair, column: str) -> bool:
        """Whether no earlier invoice of the file has said this of its customer."""
        if not column.startswith("customer_") or pair.customer is None:
            return True
        known = (pair.customer.customer_id, column) in self.earlier.said
        self.earlier.said.add((pair.customer.customer_id, column))
        return not known

    def _refuse(self, host: HostInvoice, faults: list[Fault]) -> None:
        self.refused.append(Refused(tuple(faults), host.number))
        self.results.append(Result(host.at, host.number, "refused"))
