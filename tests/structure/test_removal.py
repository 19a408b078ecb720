"""What refers to something that an import made goes with it, or keeps the import from being taken back."""

from paymail.models import Base, PaymentAttempt
from paymail.services.imports import obstacles, removal

REMOVED = {"invoices", "messages", "payments", "customers"}
"""Tables whose rows go with the import that made them."""
SETTLED = {
    "messages.invoice_id": "removed first, unless one was handed over; statements move to another",
    "messages.payment_id": "removed with the payment",
    "payments.invoice_id": "removed, unless somebody but the host saw the money",
    "invoices.customer_id": "keeps the customer",
    "contacts.customer_id": "removed with the customer; one that staff added keeps it",
    "saved_methods.customer_id": "keeps the customer",
    "gateway_customers.customer_id": "keeps the customer",
    "customer_changes.customer_id": "keeps the customer: staff changed it",
    "refunds.payment_id": "keeps the invoice, and so the import",
    "disputes.payment_id": "keeps the invoice, and so the import",
    "import_changes.invoice_id": "a record that stays",
    "import_changes.customer_id": "a record that stays",
}


def _considered() -> set[str]:
    columns = (*removal.OF_MESSAGES, *removal.FORGET_MESSAGES, *removal.OF_PAYMENTS, *removal.OF_INVOICES)
    columns += tuple(column for column, _reason in obstacles.IN_THE_WAY)
    return {f"{column.class_.__tablename__}.{column.key}" for column in columns} | set(SETTLED)


def _referring() -> set[str]:
    names = {"invoice_id", "message_id", "payment_id", "customer_id"}
    found = set()
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            points = {key.column.table.name for key in column.foreign_keys} & REMOVED
            if points or (column.name in names and not column.primary_key):
                found.add(str(column))
    return found


def test_every_column_that_refers_to_what_is_removed_is_considered() -> None:
    missing = _referring() - _considered()
    assert not missing, f"services/imports/removal.py or obstacles.py must say what becomes of {missing}"


def test_nothing_is_considered_that_is_not_there() -> None:
    assert _considered() - _referring() == set()


def test_a_payment_that_was_begun_keeps_the_import() -> None:
    assert PaymentAttempt.invoice_id in [column for column, _reason in obstacles.IN_THE_WAY]
