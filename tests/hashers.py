"""Hashers of passwords for tests: quick ones, and ones that the test holds up."""

import threading
from collections.abc import Callable

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from paymail.services.access.password_hasher import PasswordHasher

_WEAK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
_NOBODY = _WEAK.hash("nobody has this password")


def quick_hasher() -> PasswordHasher:
    """Return Argon2 at its weakest: what real passwords cost is tested by itself."""
    return PasswordHasher(_WEAK, _NOBODY)


class WatchedHasher(PasswordHasher):
    """Notes what is checked, and calls the test while a password is checked."""

    def __init__(self, meanwhile: Callable[[], None] = lambda: None) -> None:
        super().__init__(_WEAK, _NOBODY)
        self.meanwhile = meanwhile
        self.checked: list[str | None] = []

    def matches(self, password: str, kept: str | None) -> bool:
        self.checked.append(kept)
        self.meanwhile()
        return super().matches(password, kept)


class HeldHasher(PasswordHasher):
    """Checks nothing until it is let go, and knows how many checks there were at once."""

    def __init__(self) -> None:
        super().__init__(_WEAK, _NOBODY)
        self.go = threading.Event()
        self.most = 0
        self._now = 0
        self._change = threading.Condition()

    def wait_for(self, checks: int) -> None:
        """Return when so many checks are being made at once."""
        with self._change:
            assert self._change.wait_for(lambda: self._now >= checks, timeout=30)

    def matches(self, password: str, kept: str | None) -> bool:
        self._count(1)
        try:
            assert self.go.wait(60)
            return super().matches(password, kept)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        with self._change:
            self._now += change
            self.most = max(self.most, self._now)
            self._change.notify_all()
