"""What a transaction has read for many rows at once, so that asking for one of them costs no statement.

It is kept with the session, so it ends with its transaction: nothing is remembered from one to the next.
"""

from collections.abc import Hashable, Mapping
from typing import Any

from sqlalchemy.orm import Session

_KEY = "paymail_read_ahead"


def keep(session: Session, what: str, found: Mapping[Any, Any]) -> None:
    """Add what was found, by its key, to what is known of a kind of row."""
    session.info.setdefault(_KEY, {}).setdefault(what, {}).update(found)


def known(session: Session, what: str) -> Mapping[Hashable, Any]:
    """Return what is known of a kind of row, by key; nothing where nobody has read ahead."""
    found: Mapping[Hashable, Any] = session.info.get(_KEY, {}).get(what, {})
    return found


def forget(session: Session, what: str) -> None:
    """Have a kind of row asked for again."""
    session.info.get(_KEY, {}).pop(what, None)
