"""Every check of `paymail doctor`, in the order of its lines."""

from paymail.checks import (
    broker,
    database,
    dns_records,
    host_database,
    installation,
    issuers,
    mail,
    payment_domains,
    relay_log,
    stripe,
    workload,
)
from paymail.checks.findings import Check

CHECKS = (
    Check("settings", installation.settings),
    Check("data folder", installation.data_folder),
    Check("pdf", installation.pdf, seconds=40.0),
    Check("database", database.database),
    Check("broker", broker.broker),
    Check("workers", workload.workers, needs=("database",)),
    Check("restore", workload.restore, needs=("database",)),
    Check("outbox", workload.outbox, needs=("database",)),
    Check("stripe events", workload.events, needs=("database",)),
    Check("reconciliation", workload.reconciliation, needs=("database",)),
    Check("issuers", issuers.identities, needs=("database",)),
    Check("host database", host_database.agreement, needs=("database",), seconds=60.0),
    Check("mail", mail.transport, seconds=40.0),
    Check("relay log", relay_log.log),
    Check("stripe key", stripe.key),
    Check("stripe accounts", stripe.accounts, needs=("database", "stripe key"), seconds=40.0),
    Check("payment domains", payment_domains.domains, needs=("database", "stripe key"), seconds=40.0),
    Check("stripe webhook", stripe.webhook, needs=("database", "stripe key")),
    Check("dns records", dns_records.records, needs=("database",), seconds=40.0),
    Check("public address", installation.public_address),
)
