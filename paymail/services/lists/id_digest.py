"""A short text that stands for a set of invoices: whether those found now are those that a page showed."""

import hashlib
from collections.abc import Iterable


def id_digest(ids: Iterable[int]) -> str:
    """Return the digest of some ids, in any order; others have another one, also if they are as many."""
    return hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()
