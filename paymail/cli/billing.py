"""`paymail invoices`, put together: each room adds its commands to the group."""

from paymail.cli import links, money, reminders
from paymail.cli.invoices import group

group.command("link")(links.link)

__all__ = ["group", "money", "reminders"]
