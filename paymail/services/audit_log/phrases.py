"""What somebody did, in the words that stand behind their name: `{it}` is what it was done to.

An act is named by the event of an invoice's history, by a note of a service, or by the route of its form or
request (`web/http/act_names.py`); each has a line here, and so a topic by which the log is filtered.
"""

from collections.abc import Mapping
from enum import StrEnum


class Topic(StrEnum):
    """What the log can be filtered by."""

    SIGN_INS = "sign-ins"
    PEOPLE = "people"
    COMPANIES = "companies"
    CUSTOMERS = "customers"
    INVOICES = "invoices"
    EMAILS = "emails"
    REMINDERS = "reminders"
    MONEY = "money"
    IMPORTS = "imports"


_SIGN_INS = {
    "signed in": "signed in",
    "signed in with code": "signed in with the second factor",
    "signed in with recovery code": "signed in with a recovery code",
    "sign-in failed": "failed to sign in: wrong password",
    "code refused": "failed to sign in: wrong code of the second factor",
    "logout": "signed out",
    "account sign-out": "signed out everywhere",
}
_PEOPLE = {
    "role": "changed the role of {it}",
    "removed": "removed {it}, which ended their sessions",
    "second factor": "changed the second factor of {it}",
    "password link": "made a link by which {it} can set a password",
    "password": "set the password of {it}, which ended their sessions",
    "password by link": "set a password by the link of an admin, which ended their sessions",
    "account password": "changed their password, which ended their other sessions",
    "account second-factor": "turned their second factor on",
    "account second-factor begin": "began to set up a second factor",
    "account second-factor off": "turned their second factor off",
    "people": "invited somebody",
    "people link": "made a link by which {it} can set a password",
    "people remove": "removed {it}",
    "people role": "changed the role of {it}",
    "people second-factor": "changed the second factor of {it}",
    "views": "saved a view of the invoices",
    "views remove": "removed a saved view",
    "company": "chose a company",
    "keys": "switched the keyboard shortcuts on or off",
    "key issued": "made the API key {it}",
    "key revoked": "revoked the API key {it}",
}
_COMPANIES = {
    "setting": "changed {name} of {it}",
    "companies": "saved {it}",
    "companies new": "added a company",
    "companies bank": "asked for other bank details of {it}",
    "companies bank cancel": "stopped the change of the bank details of {it}",
    "companies bank confirm": "applied the change of the bank details of {it} without the wait",
    "companies colour": "looked at a colour for {it}",
    "companies preview": "previewed {it}",
    "companies sender": "checked the DNS records of {it}",
    "companies stripe": "connected {it} to Stripe",
    "companies wording": "changed the words of emails of {it}",
    "companies wording back": "brought earlier words of emails of {it} back",
    "companies wording preview": "previewed words of emails of {it}",
    "companies wording test": "had a test email of {it} sent to themselves",
    "companies test": "had a test email of {it} sent to themselves",
    "reminders": "changed the reminder settings of a company",
    "reminders bank cancel": "stopped a change of bank details",
    "PATCH issuers": "changed {it}",
    "issuers bank-change cancel": "stopped the change of the bank details of {it}",
    "issuers links": "ended the pay links of {it}",
}
_CUSTOMERS = {
    "customers contacts": "added a contact to {it}",
    "customers contacts remove": "removed a contact of a customer",
    "DELETE customers contacts": "removed a contact of a customer",
    "customers details": "changed the details of {it}",
    "customers email": "changed the email address of {it}",
    "customers erase": "erased the personal data of {it}",
    "customers hold": "held all reminders of {it}",
    "customers locale": "changed the language of {it}",
    "customers merge": "merged {it} into another customer",
    "customers release": "released the reminders of {it}",
    "customers reminders": "changed how {it} is reminded",
    "customers statement": "emailed a statement to {it}",
    "customer address changed": "changed the email address of the customer of {it}",
    "customer erased": "erased the personal data of the customer of {it}",
    "customer merged": "merged the customer of {it} into another",
    "customer updated": "changed the customer of {it}",
    "PUT customers": "added or changed a customer",
}
_INVOICES = {
    "drafted": "drafted {it}",
    "imported": "imported {it}",
    "updated": "changed {it}",
    "issued": "issued {it}",
    "voided": "voided {it}",
    "invoices new": "drafted an invoice",
    "invoices edit": "edited the draft of {it}",
    "invoices issue": "issued {it}",
    "invoices void": "voided {it}",
    "invoices copy": "duplicated {it}",
    "invoices link": "replaced or ended the pay link of {it}",
    "invoices objection": "answered what the customer says is wrong with {it}",
    "invoices objections close": "answered what the customer says is wrong with {it}",
    "objection closed": "answered what the customer says is wrong with {it}",
    "link made": "gave {it} a pay link",
    "link regenerated": "replaced the pay link of {it}",
    "link replaced": "replaced the pay link of {it}",
    "link renewed": "renewed the pay link of {it}",
    "link revoked": "ended the pay link of {it}",
    "DELETE invoices link": "ended the pay link of {it}",
    "PUT invoices": "added or changed an invoice",
    "acts void": "voided several invoices",
}
_EMAILS = {
    "email queued": "had an email about {it} sent",
    "email cancelled": "cancelled an email about {it}",
    "email rescheduled": "moved an email about {it} to another time",
    "email resent": "sent an email about {it} again",
    "email resolved": "settled whether an email about {it} arrived",
    "invoices send": "emailed {it}",
    "invoices copies": "sent a copy of {it} to a further address",
    "invoices correct-address": "corrected the address of {it} and emailed it again",
    "messages cancel": "cancelled {it}",
    "messages reschedule": "moved {it} to another time",
    "messages resolve": "settled whether {it} arrived",
    "bulk": "started a batch of emails",
    "bulk cancel": "cancelled {it}",
    "bulk pause": "paused {it}",
    "bulk resume": "resumed {it}",
    "bulk failed-again": "sent what failed of {it} again",
    "bounces": "reported a bounce",
    "suppressions": "put an address on the block list",
    "suppressions lift": "took an address off the block list",
}
_REMINDERS = {
    "reminders held": "held the reminders of {it}",
    "reminders released": "released the reminders of {it}",
    "reminders set": "changed the reminders of {it}",
    "invoices hold": "held the reminders of {it}",
    "invoices release": "released the reminders of {it}",
    "invoices remind": "reminded the customer of {it}",
    "invoices reminders": "changed the reminders of {it}",
    "invoices customer-reminders": "changed how the customer of {it} is reminded",
    "acts remind": "reminded the customers of several invoices",
    "acts hold": "held the reminders of several invoices",
}
_MONEY = {
    "payment received": "recorded a payment of {it}",
    "payment canceled": "ended a payment under way of {it}",
    "refund proposed": "asked for a refund of a payment of {it}",
    "refund approved": "approved a refund of {it}",
    "refund refused": "refused a refund of {it}",
    "refund withdrawn": "withdrew a refund of {it} that waited for approval",
    "invoices refunds approve": "approved a refund",
    "invoices refunds refuse": "refused a refund",
    "invoices refunds withdraw": "withdrew a refund that waited for approval",
    "refunds withdraw": "withdrew a refund that waited for approval",
    "invoices credit": "credited a part of {it}",
    "invoices credit-notes": "credited a part of {it}",
    "credited": "credited a part of {it}",
    "refund requested": "refunded a payment of {it}",
    "refund pending": "started a refund of {it}",
    "refund succeeded": "recorded a refund of {it}",
    "refund failed": "tried to refund a payment of {it}, which failed",
    "overpaid": "recorded that more was paid than {it} asks for",
    "written off": "wrote off what is owed on {it}",
    "write off undone": "took back the write-off of {it}",
    "part payments": "changed whether {it} can be paid in parts",
    "plan agreed": "agreed a payment plan for {it}",
    "plan ended": "ended the payment plan of {it}",
    "method removed": "removed a saved payment method of the customer of {it}",
    "event reprocessed": "had what Stripe told of {it} processed again",
    "events reprocess": "had an event of Stripe processed again",
    "invoices part-payments": "changed whether {it} can be paid in parts",
    "invoices payments": "recorded a payment of {it}",
    "invoices payments receipt": "sent the receipt of a payment again",
    "invoices payments refund": "refunded a payment",
    "invoices plan": "agreed a payment plan for {it}",
    "invoices plan end": "ended the payment plan of {it}",
    "invoices undo-write-off": "took back the write-off of {it}",
    "invoices write-off": "wrote off what is owed on {it}",
    "payments receipt": "sent the receipt of a payment again",
    "payments refunds": "refunded a payment",
    "PUT invoices part-payments": "changed whether {it} can be paid in parts",
    "PUT invoices plan": "agreed a payment plan for {it}",
    "DELETE invoices plan": "ended the payment plan of {it}",
    "DELETE invoices write-off": "took back the write-off of {it}",
}
_IMPORTS = {
    "imports": "gave a file to import",
    "imports files": "imported {it}",
    "imports files read": "changed how {it} is read",
    "imports files rows": "corrected a row of {it}",
    "imports files remove": "removed {it}",
    "imports send": "emailed the invoices of {it}",
    "imports take-back": "took {it} back",
}
TOPICS: Mapping[Topic, Mapping[str, str]] = {
    Topic.SIGN_INS: _SIGN_INS,
    Topic.PEOPLE: _PEOPLE,
    Topic.COMPANIES: _COMPANIES,
    Topic.CUSTOMERS: _CUSTOMERS,
    Topic.INVOICES: _INVOICES,
    Topic.EMAILS: _EMAILS,
    Topic.REMINDERS: _REMINDERS,
    Topic.MONEY: _MONEY,
    Topic.IMPORTS: _IMPORTS,
}
PHRASES: Mapping[str, str] = {act: phrase for acts in TOPICS.values() for act, phrase in acts.items()}


def phrase_of(act: str) -> str:
    """Return the words of an act; of one that has none, its name as a use of paymail."""
    if act in PHRASES:
        return PHRASES[act]
    first, *more = act.split(", ")
    if more:
        return "did many things at once: " + "; ".join(_plain(one) for one in (first, *more))
    return f"used “{act}”"


def _plain(act: str) -> str:
    return PHRASES.get(act, f"used “{act}”").replace("{it}", "invoices").replace("{name}", "settings")
