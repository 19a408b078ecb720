"""`paymail invoices`: each file adds its commands to the group."""

from paymail.cli.invoices import link, listing, money, reminders, show
from paymail.cli.invoices.group import group

__all__ = ["group", "link", "listing", "money", "reminders", "show"]
