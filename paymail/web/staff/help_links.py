"""Which section of the user guide belongs to a staff page: by the beginning of its address."""

from collections.abc import Mapping

from paymail.web.staff.help_pages import HERE

HOME = "/staff/"
SECTIONS: Mapping[str, str] = {
    HOME: "staff-pages#home",
    "/staff/account": "staff-pages#your-account",
    "/staff/account/second-factor": "security#second-factor",
    "/staff/acts/": "staff-pages#many-invoices-at-once",
    "/staff/audit": "security#audit-log",
    "/staff/bulk": "staff-pages#many-invoices-at-once",
    "/staff/companies": "issuer-settings#the-company-pages",
    "/staff/customers": "customers#find-one",
    "/staff/customers/": "customers#correct-what-is-known",
    "/staff/events": "reconciliation#events",
    "/staff/exports": "exports#lists",
    "/staff/forecast": "staff-pages#going-out",
    "/staff/help": "staff-pages#help",
    "/staff/imports": "import-a-month#1-choose-the-file",
    "/staff/imports/files/": "import-a-month#2-check",
    "/staff/imports/": "import#look-back-at-an-import",
    "/staff/invoices": "find-invoices#find-invoices",
    "/staff/invoices/": "invoice-page#one-badge-five-steps",
    "/staff/invoices/new": "invoice-page#write-an-invoice-by-hand",
    "/staff/keys": "staff-pages#keys",
    "/staff/mailbox": "staff-pages#test-mailbox",
    "/staff/messages": "staff-pages#emails",
    "/staff/people": "security#people",
    "/staff/received": "money#payments-made-outside-stripe",
    "/staff/reconciliation": "reconciliation#differences-drift",
    "/staff/refunds": "money#refunds",
    "/staff/reminders": "issuer-settings#issuer-settings",
    "/staff/start": "staff-pages#first-steps",
    "/staff/suppressions": "staff-pages#block-list",
    "/staff/unknown": "bounces#unknown-messages",
}
"""The longest beginning counts; Home's is only its own."""


def help_of(path: str) -> str:
    """Return the address of the guide's section for a staff page; of any other address, the index."""
    found = [beginning for beginning in SECTIONS if path.startswith(beginning) and beginning != HOME]
    found += [HOME] if path == HOME else []
    return f"{HERE}/{SECTIONS[max(found, key=len)]}" if found else HERE
