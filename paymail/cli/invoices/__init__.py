"""`paymail invoices`: each file adds its commands to the group."""

from paymail.cli.invoices import copies, create, invoice_list, link, money, reminders, show
from paymail.cli.invoices.group import group

__all__ = ["copies", "create", "group", "invoice_list", "link", "money", "reminders", "show"]
