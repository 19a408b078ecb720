"""Every check of `paymail doctor`, in the order of its lines."""

from paymail.checks import broker, database, house, mail, records, stripe, work
from paymail.checks.findings import Check

CHECKS = (
    Check("settings", house.settings),
    Check("data folder", house.data_folder),
    Check("pdf", house.pdf, seconds=40.0),
    Check("database", database.database),
    Check("broker", broker.broker),
    Check("workers", work.workers, needs=("database",)),
    Check("outbox", work.outbox, needs=("database",)),
    Check("stripe events", work.events, needs=("database",)),
    Check("reconciliation", work.reconciliation, needs=("database",)),
    Check("mail", mail.transport, seconds=40.0),
    Check("stripe key", stripe.key),
    Check("stripe accounts", stripe.accounts, needs=("database", "stripe key"), seconds=40.0),
    Check("stripe webhook", stripe.webhook, needs=("stripe key",)),
    Check("dns records", records.records, needs=("database",), seconds=40.0),
    Check("public address", house.public_address),
)
