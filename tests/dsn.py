"""Delivery reports of several servers, as files; all are about one message and its recipient."""

from pathlib import Path

DSN = Path(__file__).resolve().parent / "data" / "dsn"
TOKEN = "0123456789abcdef01234567"


def sample(name: str) -> bytes:
    """Return a report by the name of its file."""
    return (DSN / f"{name}.eml").read_bytes()
