"""Options before the command, for those commands that read them."""

from contextvars import ContextVar

show_database: ContextVar[bool] = ContextVar("show_database", default=False)
"""Whether to say on stderr which database is used."""
