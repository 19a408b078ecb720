"""Customers of one file with the same name: two addresses are then two customers, not one that moved."""

from paymail.models import name_key


class Namesakes:
    """The names of a file and their addresses. Hashes, so that a million names take little."""

    def __init__(self) -> None:
        self._addresses: dict[int, int] = {}
        self._several: set[int] = set()

    def add(self, name: str, address: str) -> None:
        """Note that the file gives a customer of this name this address."""
        key, one = hash(name_key(name)), hash(address.strip().casefold())
        if self._addresses.setdefault(key, one) != one:
            self._several.add(key)

    def has(self, name: str) -> bool:
        """Whether the file gives the name more than one address."""
        return hash(name_key(name)) in self._several
