"""A host's PostgreSQL: reading the view that it offers, and telling it of payments."""

from paymail.host_database.postgresql import HostConfig, PostgresqlHost

__all__ = ["HostConfig", "PostgresqlHost"]
